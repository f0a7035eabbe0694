import { SEARCH_ATTRIBUTES } from '../../model/messages.js';
import type { DevServerOptions } from './dev-server.js';
import { typeName } from './search-attributes.js';
import { isOlder } from './temporal-binary.js';

/** `--ui-disable-news-fetch` came with this release of the CLI. */
const NEWS_FLAG_SINCE = '1.9.0';

/** The dev server's address: it skips security checks, so it is never offered to the network. */
export const HOST = '127.0.0.1';

/** The command line of `temporal server start-dev`; `uiPort` null serves no web UI. */
export function serverFlags(
  options: Omit<DevServerOptions, 'log' | 'binary'>,
  cliVersion: string,
  port: number,
  uiPort: number | null,
): string[] {
  const flags = ['server', 'start-dev', '--ip', HOST, '--port', String(port)];
  if (uiPort === null) flags.push('--headless');
  else {
    flags.push('--ui-port', String(uiPort));
    if (!isOlder(cliVersion, NEWS_FLAG_SINCE)) flags.push('--ui-disable-news-fetch');
  }
  if (options.namespace !== undefined) flags.push('--namespace', options.namespace);
  // Waiting for the disk protects runs that are meant to last; those of a server in memory are not.
  if (options.dbFile == null) flags.push('--sqlite-pragma', 'synchronous=0');
  else flags.push('--db-filename', options.dbFile);
  for (const [name, type] of Object.entries(SEARCH_ATTRIBUTES)) {
    flags.push('--search-attribute', `${name}=${typeName(type)}`);
  }
  for (const [key, value] of Object.entries(options.dynamicConfig ?? {})) {
    flags.push('--dynamic-config-value', `${key}=${JSON.stringify(value)}`);
  }
  return [...flags, ...(options.extra ?? [])];
}

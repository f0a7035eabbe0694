import { isIP } from 'node:net';
import { openSources } from '../../client/intake/sources.js';
import type { Config } from '../../config/schema.js';
import { ConfigError, loadConfig, type LoadedConfig, type LoadOptions } from '../../config/load.js';
import { count } from '../../report/format.js';
import { failed, ok, warning, type Finding } from './finding.js';

const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost']);

/** Reads the configuration; what is wrong with it becomes findings, one for each problem. */
export async function examineConfiguration(
  options: LoadOptions,
): Promise<{ loaded: LoadedConfig | null; findings: Finding[] }> {
  try {
    const loaded = await loadConfig(options);
    return { loaded, findings: [fileFinding(loaded), ...openDoor(loaded.config)] };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const findings = error.problems.map(({ path, problem, remedy, line }): Finding => {
      const place = [error.file, line].filter((part) => part !== null).join(':');
      return {
        area: 'configuration',
        subject: [place, path].filter(Boolean).join(' ') || 'settings',
        ...failed(problem, remedy || 'see docs/configuration.md for what each setting may be'),
      };
    });
    return { loaded: null, findings };
  }
}

function fileFinding({ file, config }: LoadedConfig): Finding {
  const sources = openSources(config.webhook).map(({ title }) => title);
  const seen = `valid; environment '${config.environment}', alerts from ${sources.join(', ')}, ${count(config.sinks.length, 'sink')}`;
  return { area: 'configuration', subject: file ?? 'environment variables', ...ok(seen) };
}

/** A receiver that the network reaches should ask who posts: for each source by itself, or for all. */
function openDoor({ webhook }: Config): Finding[] {
  const { host, auth } = webhook;
  if (LOOPBACK.has(host)) return [];
  const where = isIP(host) === 6 ? `[${host}]` : host;
  const told = (subject: string, who: string): Finding => ({
    area: 'configuration',
    subject,
    ...warning(
      `anybody who reaches ${where} can raise incidents${who}`,
      `set ${subject} to bearer, basic or header`,
    ),
  });
  const open = openSources(webhook).filter(
    ({ credentials, authenticate }) => credentials?.type === 'none' && !authenticate,
  );
  return [
    ...(auth.type === 'none' ? [told('webhook.auth', '')] : []),
    ...open.map(({ title, path, name }) => told(`auth of /v1/${path ?? name}`, ` as ${title}`)),
  ];
}

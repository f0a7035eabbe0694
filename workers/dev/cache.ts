import { homedir } from 'node:os';
import { join } from 'node:path';

/** Folder for what Faultline fetches once and keeps, by the XDG base directory rules (`~/.cache/faultline`). */
export function cacheDirectory(env: NodeJS.ProcessEnv = process.env): string {
  const base = env['XDG_CACHE_HOME'];
  return join(base == null || base === '' ? join(homedir(), '.cache') : base, 'faultline');
}

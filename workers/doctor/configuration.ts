import { isIP } from 'node:net';
import type { Config } from '../../config/schema.js';
import { ConfigError, loadConfig, type LoadedConfig, type LoadOptions } from '../../config/load.js';
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
        ...failed(problem, remedy || 'docs/configuration.md tells what each setting may be'),
      };
    });
    return { loaded: null, findings };
  }
}

function fileFinding({ file, config }: LoadedConfig): Finding {
  const seen = `valid; environment '${config.environment}', ${config.sinks.length} sink(s)`;
  return { area: 'configuration', subject: file ?? 'environment variables', ...ok(seen) };
}

/** A receiver that the network reaches should ask who posts. */
function openDoor({ webhook: { host, auth } }: Config): Finding[] {
  if (auth.type !== 'none' || LOOPBACK.has(host)) return [];
  const where = isIP(host) === 6 ? `[${host}]` : host;
  return [
    {
      area: 'configuration',
      subject: 'webhook.auth',
      ...warning(`anyone who reaches ${where} may raise incidents`, 'set webhook.auth to bearer or basic'),
    },
  ];
}

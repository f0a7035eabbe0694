import { isIP } from 'node:net';
import { openSources } from '../../client/intake/sources.js';
import { isLoopback, openToAnyone } from '../../config/exposure.js';
import type { Config } from '../../config/schema.js';
import { ConfigError, loadConfig, type LoadedConfig, type LoadOptions } from '../../config/load.js';
import { count } from '../../model/wording.js';
import { failed, ok, warning, type Finding } from './finding.js';

/** Reads the configuration; what is wrong with it becomes findings, one for each problem. */
export async function examineConfiguration(
  options: LoadOptions,
): Promise<{ loaded: LoadedConfig | null; findings: Finding[] }> {
  try {
    const loaded = await loadConfig(options);
    return { loaded, findings: [fileFinding(loaded), ...openToOthers(loaded.config)] };
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

/** What of the receiver asks nobody for credentials, where others reach it: it starts so only when that is allowed. */
function openToOthers({ webhook }: Config): Finding[] {
  if (isLoopback(webhook.host)) return [];
  const where = isIP(webhook.host) === 6 ? `[${webhook.host}]` : webhook.host;
  return openToAnyone(webhook).map(({ path, risk, remedy }): Finding => {
    const subject = `webhook.${path.join('.')}`;
    return { area: 'configuration', subject, ...warning(`anyone who reaches ${where} ${risk}`, remedy) };
  });
}

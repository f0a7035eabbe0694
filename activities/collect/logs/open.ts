import type { Config } from '../../../config/schema.js';
import type { LogSourceConfig } from '../../../config/logs.js';
import { NotASource } from '../metrics/source/errors.js';
import { ElasticsearchLogs } from './elasticsearch.js';
import { FileLogs } from './file.js';
import { LokiLogs } from './loki.js';
import type { LogSource } from './source.js';
import { VictoriaLogs } from './victorialogs.js';

/** The configured source of that name. @throws NotASource when there is none: the configuration has changed */
export function openLogSource({ logs }: Pick<Config, 'logs'>, name: string): LogSource {
  const config = logs.find((one) => one.name === name);
  if (config !== undefined) return logSourceOf(config);
  throw new NotASource({ operation: 'logs', endpoint: name }, 'logs in the configuration has no such source');
}

export function logSourceOf(config: LogSourceConfig): LogSource {
  switch (config.type) {
    case 'victorialogs':
      return new VictoriaLogs(config);
    case 'loki':
      return new LokiLogs(config);
    case 'elasticsearch':
      return new ElasticsearchLogs(config);
    case 'file':
      return new FileLogs(config);
  }
}

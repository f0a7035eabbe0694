import type { MetricsSourceConfig } from '../../../../config/metrics.js';
import { PrometheusSource } from './prometheus-source.js';
import { RecordingSource } from './recording-source.js';
import { SeveralSources } from './several-sources.js';
import type { MetricsSource } from './source.js';

/** The configured sources as one. A recording is read at once, and `NotASource` is thrown when it cannot be. */
export async function openSource(configs: readonly MetricsSourceConfig[]): Promise<MetricsSource> {
  const sources = await Promise.all(
    configs.map(async (config) =>
      config.type === 'prometheus' ? new PrometheusSource(config) : RecordingSource.open(config),
    ),
  );
  return sources.length === 1 ? sources[0]! : new SeveralSources(sources);
}

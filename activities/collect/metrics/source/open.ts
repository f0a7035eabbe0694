import type { MetricsSourceConfig } from '../../../../config/schema.js';
import { PrometheusSource } from './prometheus-source.js';
import { RecordingSource } from './recording-source.js';
import type { MetricsSource } from './source.js';

/** The configured source. A recording is read at once, and `NotASource` is thrown when it cannot be. */
export async function openSource(config: MetricsSourceConfig): Promise<MetricsSource> {
  return config.type === 'prometheus' ? new PrometheusSource(config) : RecordingSource.open(config);
}

import type { MetricsSourceConfig } from '../config/schema.js';
import { redact, type LoadedConfig, type LoadOptions } from '../config/load.js';
import { examineChanges } from './doctor/changes.js';
import { examineConfiguration } from './doctor/configuration.js';
import { AREAS, type Finding } from './doctor/finding.js';
import { examineMetrics, type MetricsDeps } from './doctor/metrics.js';
import { examineSinks } from './doctor/sinks.js';
import { examineStore } from './doctor/store.js';
import { examineTemporal } from './doctor/temporal.js';

export type { Finding } from './doctor/finding.js';
export { exitCodeFor, renderFindings } from './doctor/render.js';

export interface DoctorOptions extends LoadOptions {
  /** Opens the metrics source; closed again when it was looked at. */
  openMetrics: (loaded: LoadedConfig) => Promise<MetricsDeps>;
  /** A server that is known already, such as the embedded one. */
  server?: { address: string; namespace: string };
}

/**
 * Looks at everything that Faultline needs, all at the same time and each within seconds, and changes nothing:
 * the configuration, Temporal, the metrics source, logs of changes, sinks, the store. A broken configuration
 * leaves Temporal alone to look at. Secrets are masked.
 */
export async function examine(options: DoctorOptions): Promise<Finding[]> {
  const { loaded, findings } = await examineConfiguration(options);
  const temporal = examineTemporal({
    env: options.env,
    server: options.server,
    profile: loaded?.config.temporal.profile,
  });
  if (loaded === null) return [...findings, ...(await temporal)];

  const { config, secrets } = loaded;
  const parts = await Promise.all([
    temporal,
    metrics(config.metrics, () => options.openMetrics(loaded)),
    examineChanges(config.changes),
    examineSinks(config.sinks),
    examineStore(config.store.directory),
  ]);
  return [...findings, ...parts.flat()]
    .sort((a, b) => AREAS.indexOf(a.area) - AREAS.indexOf(b.area))
    .map((finding) => masked(finding, secrets));
}

async function metrics(config: MetricsSourceConfig, open: () => Promise<MetricsDeps>): Promise<Finding[]> {
  const deps = await open();
  try {
    return await examineMetrics(config, deps);
  } finally {
    deps.source.close();
  }
}

function masked(finding: Finding, secrets: readonly string[]): Finding {
  return {
    ...finding,
    subject: redact(finding.subject, secrets),
    seen: redact(finding.seen, secrets),
    remedy: finding.remedy === null ? null : redact(finding.remedy, secrets),
  };
}

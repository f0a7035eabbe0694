import { redact, type LoadedConfig, type LoadOptions } from '../config/load.js';
import { examineChecks } from './doctor/checks.js';
import { examineChanges } from './doctor/changes.js';
import { examineLogs } from './doctor/logs.js';
import { examineConfiguration } from './doctor/configuration.js';
import { examineKubernetes } from './doctor/kubernetes.js';
import { AREAS, failed, reasonOf, type Area, type Finding } from './doctor/finding.js';
import { examineSources, type MetricsDeps } from './doctor/metrics.js';
import { examineSinks } from './doctor/sinks.js';
import { examineStatus } from './doctor/status.js';
import { examineStore } from './doctor/store.js';
import { examineTemporal } from './doctor/temporal.js';
import { examineTraces } from './doctor/traces.js';
import { examineWatches } from './doctor/watches.js';

export type { Finding } from './doctor/finding.js';
export { exitCodeFor, renderFindings } from './doctor/render.js';

export interface DoctorOptions extends LoadOptions {
  /** Opens the metrics source; closed again after its checks. */
  openMetrics: (loaded: LoadedConfig) => Promise<MetricsDeps>;
  /** A server that is known already, such as the embedded one. */
  server?: { address: string; namespace: string };
  /** Areas to check; all when left out. A configuration that cannot be read is always reported. */
  only?: readonly Area[];
}

/**
 * Checks everything that Faultline needs, all at the same time and each within seconds, and changes nothing: the
 * configuration, Temporal, the metrics source and the watches, sources of logs, traces and changes, clusters, checks
 * and runbooks, sinks, the store. With a broken configuration only Temporal can be checked. Secrets are masked.
 */
export async function examine(options: DoctorOptions): Promise<Finding[]> {
  const { loaded, findings } = await examineConfiguration(options);
  const { only = AREAS } = options;
  const checks: Record<Area, () => Promise<Finding[]>> = {
    configuration: () => Promise.resolve(findings),
    temporal: () =>
      examineTemporal({
        env: options.env,
        server: options.server,
        profile: loaded?.config.temporal.profile,
        config: loaded?.config,
      }),
    ...(loaded === null ? UNKNOWN : checksWith(loaded, options)),
  };
  const areas = AREAS.filter((area) => only.includes(area) || (area === 'configuration' && loaded === null));
  const parts = await Promise.all(areas.map((area) => checks[area]()));
  return parts.flat().map((finding) => masked(finding, loaded?.secrets ?? []));
}

type Configured = Exclude<Area, 'configuration' | 'temporal'>;

/** Without a configuration there is nothing known to check. */
const UNKNOWN: Record<Configured, () => Promise<Finding[]>> = {
  metrics: () => Promise.resolve([]),
  watches: () => Promise.resolve([]),
  logs: () => Promise.resolve([]),
  traces: () => Promise.resolve([]),
  changes: () => Promise.resolve([]),
  kubernetes: () => Promise.resolve([]),
  checks: () => Promise.resolve([]),
  sinks: () => Promise.resolve([]),
  store: () => Promise.resolve([]),
};

function checksWith(
  loaded: LoadedConfig,
  { openMetrics }: DoctorOptions,
): Record<Configured, () => Promise<Finding[]>> {
  const { config } = loaded;
  const open = () => openMetrics(loaded);
  return {
    metrics: () => withMetrics(open, 'metrics', (deps) => examineSources(config.metrics, deps)),
    watches: () =>
      config.watches.length === 0
        ? Promise.resolve([])
        : withMetrics(open, 'watches', (deps) => examineWatches(config.watches, deps)),
    logs: () => examineLogs(config.logs),
    traces: () => examineTraces(config.traces),
    changes: async () => [
      ...(await examineChanges(config, () => knownServices(open))),
      ...(await examineStatus(config.status)),
    ],
    kubernetes: () => examineKubernetes(config.kubernetes),
    checks: () => examineChecks(config),
    sinks: () => examineSinks(config.sinks),
    store: () => examineStore(config.store),
  };
}

/** Null where nothing of it can be read: the findings on metrics say why. */
async function knownServices(open: () => Promise<MetricsDeps>): Promise<string[] | null> {
  try {
    const { source, survey } = await open();
    try {
      return (await survey(source)).services.map(({ name }) => name);
    } finally {
      source.close();
    }
  } catch {
    return null;
  }
}

/** Opens the source for one check and closes it again. */
async function withMetrics(
  open: () => Promise<MetricsDeps>,
  area: Area,
  check: (deps: MetricsDeps) => Promise<Finding[]>,
): Promise<Finding[]> {
  let deps: MetricsDeps;
  try {
    deps = await open();
  } catch (error) {
    const what = failed(reasonOf(error), 'correct the file that it names (packs.files, metrics.file)');
    return [{ area, subject: 'source and packs', ...what }];
  }
  try {
    return await check(deps);
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

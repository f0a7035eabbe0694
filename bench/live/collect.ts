import { inputOf } from '../../activities/analyse/analyse.js';
import { readTold } from '../../activities/analyse/told.js';
import { runChecks } from '../../activities/check/run-checks.js';
import {
  collectChanges,
  collectLogs,
  collectMetrics,
  collectTraces,
  planScope,
  type CollectDeps,
} from '../../activities/collect/index.js';
import { createReadPolicy } from '../../activities/policy.js';
import type { DiagnosisInput } from '../../analysis/input.js';
import type { Anomaly } from '../../model/anomaly.js';
import type { CheckResult } from '../../model/check.js';
import type { Gap } from '../../model/gap.js';
import { NO_LIMITS } from '../../test/support/scopes.js';
import { checksOf } from '../../test/support/suspects.js';

/** All that one investigation may read: the input without checks, and the checks of every service. */
export interface Collected {
  input: DiagnosisInput;
  checks: { service: string; checks: CheckResult[]; gaps: Gap[] }[];
}

/**
 * Reads what an investigation at `now` (unix seconds) reads, by the activities' own functions: nothing after `now` is
 * seen, since no query is evaluated later. Which services are checked depends on the analysis, so all of them are.
 */
export async function collectAt(deps: CollectDeps, anomalies: Anomaly[], now: number): Promise<Collected> {
  const { environment, service, severity } = anomalies[0]!;
  const scope = await planScope(deps, { environment, anomalies, now }, NO_LIMITS);
  const { readPolicy } = createReadPolicy({ config: deps.config, productVersion: '' });
  const { families, sources } = await readPolicy({ environment, service, severity });
  const read = await Promise.all([
    ...families.map((family) => collectMetrics(deps, scope, family, NO_LIMITS)),
    ...sources.logs.map((source) => collectLogs(deps, { scope, source }, NO_LIMITS)),
    ...sources.traces.map((source) => collectTraces(deps, { scope, source }, NO_LIMITS, now)),
  ]);
  const { changes, gaps } = await collectChanges(deps, scope, NO_LIMITS);
  const told = await readTold(
    deps.store,
    read.map(({ evidence }) => evidence),
  );
  const checks = [];
  for (const suspect of scope.services) {
    const result = await runChecks(deps, { scope, ...checksOf(suspect) }, NO_LIMITS);
    // They ran at the time of the look, so that two runs keep the same.
    const run = result.checks.map((check) => ({ ...check, ranAt: now, tookMs: 0 }));
    checks.push({ service: suspect, checks: run, gaps: result.gaps });
  }
  const allGaps = [...scope.gaps, ...read.flatMap((one) => one.gaps), ...gaps];
  return { input: { ...inputOf({ scope, changes, checks: [], gaps: allGaps }), ...told }, checks };
}

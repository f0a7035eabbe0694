import { runChecks } from '../../activities/check/run-checks.js';
import { collectChanges, collectMetrics, planScope } from '../../activities/collect/index.js';
import type { CollectDeps } from '../../activities/collect/deps.js';
import { diagnose } from '../../analysis/index.js';
import type { DiagnosisInput } from '../../analysis/input.js';
import type { Anomaly } from '../../model/anomaly.js';
import type { CheckResult } from '../../model/check.js';
import type { Diagnosis } from '../../model/diagnosis.js';
import type { Gap } from '../../model/gap.js';
import type { Scope } from '../../model/incident.js';
import { checksOf } from './suspects.js';

const FAMILIES = ['golden', 'edges', 'resources', 'hosts'] as const;
const CHECKED_SUSPECTS = 3;

/** An incident as a worker reads it from a metrics source. */
export interface ReadIncident {
  scope: Scope;
  /** What the first analysis gets; no checks were made. */
  input: DiagnosisInput;
  /** What could not be read. */
  gaps: Gap[];
  /** Runs the checks of one service. */
  check(service: string): Promise<CheckResult[]>;
}

/** A look that nothing ends. */
const look = () => ({ signal: new AbortController().signal });

/** Reads what the source holds of an incident, as it is known at `now`. */
export async function readIncident(
  deps: CollectDeps,
  environment: string,
  anomalies: Anomaly[],
  now: number,
): Promise<ReadIncident> {
  const scope = await planScope(deps, { environment, anomalies, now }, look());
  const collected = await Promise.all(FAMILIES.map((family) => collectMetrics(deps, scope, family, look())));
  const series = await Promise.all(collected.map(({ evidence }) => deps.store.get(evidence.uri)));
  const { changes } = await collectChanges(deps, scope, look());
  return {
    scope,
    input: { ...inputOf(scope), series: series.flat(), changes },
    gaps: [...scope.gaps, ...collected.flatMap(({ gaps }) => gaps)],
    check: async (service) => (await runChecks(deps, { scope, ...checksOf(service) }, look())).checks,
  };
}

function inputOf({ service, symptom, anomalyTime, window, graph }: Scope): DiagnosisInput {
  return {
    anomaly: { service, symptom, time: anomalyTime },
    window,
    graph,
    series: [],
    changes: [],
    checks: [],
    spans: null,
    logs: null,
    conditions: null,
    gaps: [],
  };
}

/** Diagnoses, checks the leading suspects and diagnoses again, as a look of the workflow does. */
export async function diagnoseRead({
  input,
  check,
}: Pick<ReadIncident, 'input' | 'check'>): Promise<Diagnosis> {
  const first = diagnose(input);
  const leading = first.suspects.filter(({ status }) => status !== 'ruled-out').slice(0, CHECKED_SUSPECTS);
  const checks = await Promise.all(leading.map(({ service }) => check(service)));
  return diagnose({ ...input, checks: checks.flat() });
}

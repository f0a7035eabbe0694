import { max, min } from 'd3-array';
import type { CheckResult } from '../../model/check.js';
import type { FaultKind } from '../../model/diagnosis.js';
import type { Gap } from '../../model/gap.js';
import type { Scope } from '../../model/incident.js';
import type { Binding } from '../../model/reading.js';
import type { InvestigationSteps } from '../contract.js';
import { runAttempt, type Limits } from '../collect/attempt.js';
import type { CollectDeps } from '../collect/deps.js';
import { gapOf, merged } from '../collect/gaps.js';
import { queryFor } from '../collect/metrics/packs/binding.js';
import type { CheckSpec, Pack } from '../collect/metrics/packs/schema.js';
import { fill } from '../collect/metrics/packs/template.js';
import { askEach, partFor, servicesCovered } from '../collect/metrics/source/parts.js';
import { ServiceNames } from '../collect/scope/service-names.js';
import { packsInUse } from '../collect/scope/topology.js';
import { spansOf } from '../collect/scope/window.js';
import { quantity } from '../../model/wording.js';
import { runProbes } from './probes/run-probes.js';

/** A check is one small query: what takes longer is given up, and says so. */
const TIMEOUT_SECONDS = 10;

type Deps = Pick<CollectDeps, 'source' | 'packs' | 'config'>;

/** The `runChecks` activity. A check that cannot run is a result of its own; it fails only when it is cancelled. */
export function createRunChecks(deps: CollectDeps): Pick<InvestigationSteps, 'runChecks'> {
  return {
    runChecks: (input) => runAttempt(({ signal }) => runChecks(deps, input, { signal })),
  };
}

interface Planned {
  pack: Pack;
  binding: Binding;
  spec: CheckSpec;
  /** Service or host that is checked. */
  name: string;
}

/**
 * Runs the checks of the packs in use on one suspect and the hosts it runs on, and those that the configuration has for
 * it. All that fit it are run, those that speak for the suspected kind first: what passes speaks against, and another
 * kind may be the true one.
 */
export async function runChecks(
  deps: Deps,
  { scope, service, faultKind }: { scope: Scope; service: string; faultKind: FaultKind },
  { signal }: Limits,
): Promise<{ checks: CheckResult[]; gaps: Gap[] }> {
  const gaps: Gap[] = [];
  const planned = plannedFor(deps, scope, service, faultKind);
  const { checks: settings, services } = deps.config;
  const names = new ServiceNames(scope.services, services.aliases);
  const own = settings.list.filter((check) => names.resolve(check.service) === service);
  const [ofPacks, ofUsers] = await Promise.all([
    askEach(
      planned,
      ({ binding }) => binding,
      (one) => run(deps, scope, service, one, gaps, signal),
    ),
    runProbes({ allow: settings.allow, list: own }, { service, faultKind }, signal),
  ]);
  return { checks: [...onceEach(planned, ofPacks), ...ofUsers], gaps: merged(gaps) };
}

/** A check that several packs have counts once: the first that could be run, as packs are believed. */
function onceEach(planned: readonly Planned[], checks: readonly CheckResult[]): CheckResult[] {
  const best = new Map<string, CheckResult>();
  for (const [i, { spec, name }] of planned.entries()) {
    const key = JSON.stringify([spec.id, spec.of, name]);
    const ran = checks[i]!.outcome !== 'could-not-run';
    if (!best.has(key) || (ran && best.get(key)!.outcome === 'could-not-run')) best.set(key, checks[i]!);
  }
  return [...best.values()];
}

function plannedFor({ source, packs }: Deps, scope: Scope, service: string, faultKind: FaultKind): Planned[] {
  const isExternal = scope.graph.external.includes(service);
  const hosts = scope.graph.placements.filter((one) => one.service === service).map(({ host }) => host);
  const inUse = packsInUse(packs, scope.reading?.packs ?? []).filter(
    ({ binding }) => servicesCovered(partFor(source, binding), [service]).length > 0,
  );
  const all = inUse.flatMap(({ pack, binding }) =>
    pack.checks
      .filter(({ onlyExternal }) => onlyExternal === isExternal)
      .flatMap((spec) =>
        (spec.of === 'host' ? hosts : [service]).map((name) => ({ pack, binding, spec, name })),
      ),
  );
  const first = all.filter(({ spec }) => spec.speaksFor === faultKind);
  return [...first, ...all.filter(({ spec }) => spec.speaksFor !== faultKind)];
}

async function run(
  deps: Deps,
  scope: Scope,
  service: string,
  { pack, binding, spec, name }: Planned,
  gaps: Gap[],
  signal: AbortSignal,
): Promise<CheckResult> {
  const source = partFor(deps.source, binding);
  const query = queryFor(spec, pack, binding, [name], spansOf(scope, deps.config.diagnosis));
  const started = Date.now();
  const result = (outcome: CheckResult['outcome'], statement: string): CheckResult => ({
    check: spec.id,
    service,
    outcome,
    statement,
    speaksFor: spec.speaksFor,
    query,
    source: source.name,
    ranAt: started / 1000,
    tookMs: Date.now() - started,
  });
  try {
    // A part of the targets or pods would pass, or fail, for the whole.
    const options = { signal, timeoutSeconds: TIMEOUT_SECONDS, complete: true };
    const { series } = await source.instant(query, scope.window.end, options);
    const values = series.flatMap(({ values }) => [...values]);
    // The value nearest to failing.
    const value = spec.failsWhen.op.startsWith('>') ? max(values) : min(values);
    if (value === undefined) return result('could-not-run', `the source has no data on this for ${name}`);
    const failed = compares(value, spec);
    const words = failed ? spec.statement.failed : spec.statement.passed;
    const numbers = {
      name,
      value: quantity(value, spec.unit),
      limit: quantity(spec.failsWhen.value, spec.unit),
    };
    return result(failed ? 'failed' : 'passed', fill(words, numbers));
  } catch (error) {
    const gap = gapOf(error, { signal }, source.name, `the check ${spec.id} of ${name}`);
    gaps.push(gap);
    return result('could-not-run', gap.reason);
  }
}

function compares(value: number, { failsWhen: { op, value: limit } }: CheckSpec): boolean {
  switch (op) {
    case '>':
      return value > limit;
    case '>=':
      return value >= limit;
    case '<':
      return value < limit;
    case '<=':
      return value <= limit;
  }
}

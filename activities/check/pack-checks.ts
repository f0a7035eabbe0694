import { max, min } from 'd3-array';
import type { CheckConfig } from '../../config/checks.js';
import type { CheckResult } from '../../model/check.js';
import type { FaultKind } from '../../model/diagnosis.js';
import type { Gap } from '../../model/gap.js';
import type { Scope } from '../../model/incident.js';
import { quantity } from '../../model/wording.js';
import type { CollectDeps } from '../collect/deps.js';
import { gapOf } from '../collect/gaps.js';
import { queryFor } from '../collect/metrics/packs/binding.js';
import type { CheckSpec } from '../collect/metrics/packs/schema.js';
import { fill } from '../collect/metrics/packs/template.js';
import { partFor, servicesCovered } from '../collect/metrics/source/parts.js';
import type { MetricsSource } from '../collect/metrics/source/source.js';
import { packsInUse } from '../collect/scope/topology.js';
import { spansOf } from '../collect/scope/window.js';
import type { PlannedCheck } from './planned.js';

/** A check is one small query: what takes longer is given up, and says so. */
const TIMEOUT_SECONDS = 10;

export type PackCheckDeps = Pick<CollectDeps, 'source' | 'packs' | 'config'>;

/** One query, and what its value says. */
interface Asked extends Pick<CheckSpec, 'id' | 'speaksFor' | 'failsWhen' | 'unit'> {
  query: string;
  /** Where it is asked. */
  source: MetricsSource;
  /** Service or host that is checked. */
  name: string;
  words: (value: { value: string; limit: string }, failed: boolean) => string;
  timeoutSeconds: number;
}

/**
 * The checks that the packs in use have for one suspect and the hosts it runs on. One that several packs have is one
 * check: the first that has data on the service, as packs are believed. What cannot be read is added to `gaps`.
 */
export function packChecks(deps: PackCheckDeps, scope: Scope, service: string, gaps: Gap[]): PlannedCheck[] {
  const isExternal = scope.graph.external.includes(service);
  const hosts = scope.graph.placements.filter((one) => one.service === service).map(({ host }) => host);
  const spans = spansOf(scope, deps.config.diagnosis);
  const same = new Map<string, Asked[]>();
  for (const { pack, binding } of packsInUse(deps.packs, scope.reading?.packs ?? [])) {
    const source = partFor(deps.source, binding);
    if (servicesCovered(source, [service]).length === 0) continue;
    for (const spec of pack.checks.filter(({ onlyExternal }) => onlyExternal === isExternal))
      for (const name of spec.of === 'host' ? hosts : [service]) {
        const { id, speaksFor, failsWhen, unit, statement } = spec;
        const key = JSON.stringify([id, spec.of, name]);
        const asked: Asked = {
          ...{ id, speaksFor, failsWhen, unit, source, name, timeoutSeconds: TIMEOUT_SECONDS },
          query: queryFor(spec, pack, binding, [name], spans),
          words: (numbers, failed) =>
            fill(failed ? statement.failed : statement.passed, { ...numbers, name }),
        };
        same.set(key, [...(same.get(key) ?? []), asked]);
      }
  }
  return [...same.values()].map((asked) => ({
    ...{ service, by: 'query', zone: null, isGeneral: false, seconds: TIMEOUT_SECONDS },
    tells: kindsOf(asked[0]!.speaksFor),
    run: (signal) => firstWithData(asked, (one) => run(scope, service, one, gaps, signal)),
  }));
}

/** A query that the configuration has for one suspect. */
export function queryCheck(
  deps: PackCheckDeps,
  scope: Scope,
  service: string,
  check: Extract<CheckConfig, { type: 'promql' }>,
  gaps: Gap[],
): PlannedCheck {
  const { id, failsWhen, unit, timeoutSeconds, speaksFor = null, zone = null } = check;
  const asked: Asked = {
    ...{ id, speaksFor, failsWhen, unit, timeoutSeconds, source: deps.source, name: service },
    query: fill(check.query, { name: service }),
    words: ({ value, limit }, failed) =>
      failed
        ? `${value} is ${WORDS[failsWhen.op]} ${limit}`
        : `${value} is not ${WORDS[failsWhen.op]} ${limit}`,
  };
  return {
    ...{ service, by: 'query', zone, isGeneral: speaksFor === null, seconds: timeoutSeconds },
    tells: kindsOf(speaksFor),
    run: async (signal) => [await run(scope, service, asked, gaps, signal)],
  };
}

const WORDS = { '>': 'above', '>=': 'at or above', '<': 'below', '<=': 'at or below' } as const;

function kindsOf(kind: FaultKind | null): FaultKind[] {
  return kind === null ? [] : [kind];
}

async function firstWithData(
  asked: readonly Asked[],
  ask: (one: Asked) => Promise<CheckResult>,
): Promise<CheckResult[]> {
  let first: CheckResult | null = null;
  for (const one of asked) {
    const result = await ask(one);
    if (result.outcome !== 'could-not-run') return [result];
    first ??= result;
  }
  return first === null ? [] : [first];
}

async function run(
  scope: Scope,
  service: string,
  { id, speaksFor, failsWhen, unit, query, source, name, words, timeoutSeconds }: Asked,
  gaps: Gap[],
  signal: AbortSignal,
): Promise<CheckResult> {
  const started = Date.now();
  const result = (outcome: CheckResult['outcome'], statement: string): CheckResult => ({
    ...{ check: id, service, outcome, statement, speaksFor, query },
    source: source.name,
    ranAt: started / 1000,
    tookMs: Date.now() - started,
  });
  try {
    // A part of the targets or pods would pass, or fail, for the whole.
    const options = { signal, timeoutSeconds, complete: true };
    const { series } = await source.instant(query, scope.window.end, options);
    const values = series.flatMap(({ values: all }) => [...all]);
    // The value nearest to failing.
    const value = failsWhen.op.startsWith('>') ? max(values) : min(values);
    if (value === undefined) return result('could-not-run', `the source has no data on this for ${name}`);
    const failed = compares(value, failsWhen);
    const numbers = { value: quantity(value, unit), limit: quantity(failsWhen.value, unit) };
    return result(failed ? 'failed' : 'passed', words(numbers, failed));
  } catch (error) {
    const gap = gapOf(error, { signal }, source.name, `the check ${id} of ${name}`);
    gaps.push(gap);
    return result('could-not-run', gap.reason);
  }
}

function compares(value: number, { op, value: limit }: CheckSpec['failsWhen']): boolean {
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

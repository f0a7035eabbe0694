import type { FaultKind } from '../model/diagnosis.js';
import type { SeriesMeta, SignalKind } from '../model/series.js';
import type { Absent } from './checks/evidence.js';
import { isHeldOpen, scarcity } from './evidence/finding.js';
import type { Facts } from './facts.js';
import type { Baseline } from './series/baseline.js';
import { valueAt } from './accounts/losses.js';
import { isOwnLatency } from './sight.js';
import { rise } from './story.js';
import { doublings, quietness, seesFailures, slowdown, type ServiceFacts } from './service-facts.js';
import { quantileSorted } from './stats/order.js';
import { KIND, RANK } from './weights.js';
import { SERIES } from './series/weights.js';

/** What trouble of each resource is called. */
const RESOURCES: [SignalKind, FaultKind][] = [
  ['cpu', 'cpu'],
  ['memory', 'memory'],
  ['disk', 'disk'],
  ['connections', 'pool-saturation'],
  ['saturation', 'pool-saturation'],
];

/** The kind of fault that trouble of a resource is; null for signals that are no resource. */
export function kindOfResource(signal: SignalKind): FaultKind | null {
  return RESOURCES.find(([resource]) => resource === signal)?.[1] ?? null;
}

/**
 * What kind of fault it is if it began at this service, and because of `causalChange` if there is one. `told` is what
 * single pieces of evidence speak for; added is what only their combination says: which resource grew most, whether the
 * delay is on the way rather than within, and what is left when the resources are seen and calm. `absent` are kinds
 * that passed checks make less likely. The result sums to 1, likeliest first.
 */
export function faultKinds(
  facts: Facts,
  service: number,
  told: Map<FaultKind, number>,
  causalChange: CausalChange | null,
  absent: readonly Absent[],
): { kind: FaultKind; probability: number }[] {
  const votes = new Map(told);
  const vote = (kind: FaultKind, weight: number): void => {
    if (weight > 0) votes.set(kind, (votes.get(kind) ?? 0) + weight);
  };
  const own = facts.services[service]!;
  let most = 0;
  for (const [signal, kind] of RESOURCES) {
    const growth = growthOf(facts, service, signal) * (isWorkedOff(signal) ? waiting(own) : 1);
    most = Math.max(most, growth);
    vote(kind, KIND.resource * growth);
  }
  // CPU load and disk traffic hardly grow memory; memory pressure burns CPU and reads from disk again.
  const filled = growthOf(facts, service, 'memory');
  if (filled >= KIND.filled) {
    const burnt = growthOf(facts, service, 'cpu');
    pass(votes, filled >= KIND.filledBesideCpu * burnt ? ['cpu', 'disk'] : ['disk'], 'memory', 1);
  }
  // Who takes all of a host from its neighbours, or lacks what somebody else takes: it is the host's trouble either
  // way.
  pass(votes, ['cpu', 'memory', 'disk'], 'host', isHostFull(facts, service) ? KIND.ofTheHost : 0);
  const outside = callersDelay(facts, service);
  // Where requests fail and the service itself sees them fail, what callers wait longer is beside the point.
  const beside = !facts.story.signals.includes('latency') && seesFailures(own) ? RANK.otherKind : 1;
  vote('network', beside * KIND.onTheWay * (outside === null ? 0 : outside.strength * outside.onTheWay));
  // A service that is short of a resource also lets calls wait at its door: that is no network fault.
  const calm = 1 - Math.min(1, most / KIND.shortOf);
  votes.set('network', (votes.get('network') ?? 0) * calm);
  if (facts.graph.external.has(service)) vote('external-provider', KIND.external);
  const [symptom] = own.symptoms;
  // All of this may be beside the point: the unknown always keeps a share.
  let unknown = KIND.unknown;
  if (symptom !== undefined) {
    const seesResources = RESOURCES.some(([signal]) => own.seen.has(signal));
    const waits = symptom.series.signal === 'latency';
    // Where nothing of the machine is seen, work that changes without a known deploy was told to behave so.
    if (!seesResources) vote('configuration', KIND.leftover);
    // Slower while no resource is short: it waits. What it measures itself it waits for inside or below, for
    // something that has no metric; only what its callers alone measure may pass on the way to it.
    else if (waits && measuresDelay(own)) unknown += (KIND.leftover * calm) / 2;
    else if (waits) vote('network', KIND.leftover * calm);
    vote('code-change', waits ? KIND.leftover / 2 : KIND.leftover);
  }
  if (own.quieter?.series.signal === 'traffic' && quietness(own.quieter) >= KIND.gone) {
    vote('dependency-down', KIND.leftover);
  }
  vote('dependency-down', KIND.refused * refused(own));
  // That it is down follows from why none of its instances runs.
  const [why] = WHY_NONE_RUNS.filter((kind) => (told.get(kind) ?? 0) > 0).sort(
    (a, b) => told.get(b)! - told.get(a)!,
  );
  if (why !== undefined) pass(votes, ['dependency-down'], why, 1);
  if (facts.graph.external.has(service)) foldIntoProvider(votes);
  // What somebody did is the cause, and what the machine shows of it the effect.
  if (causalChange !== null) {
    for (const [kind, weight] of votes) {
      if (!causalChange.kinds.includes(kind) && !OF_PLATFORM.has(kind))
        votes.set(kind, weight * (1 - causalChange.probability));
    }
  }
  for (const { kind, factor } of absent) votes.set(kind, (votes.get(kind) ?? 0) * factor);
  const ordered = [...votes]
    .filter(([, weight]) => weight > 0)
    .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  const total = ordered.reduce<number>((sum, [, weight]) => sum + weight, unknown);
  return [
    ...ordered.map(([kind, weight]) => ({ kind, probability: weight / total })),
    { kind: 'unknown' as const, probability: unknown / total },
  ].sort((a, b) => b.probability - a.probability);
}

/** Faults that a platform tells itself: how a change does its harm, and more exact than that it was a change. */
const OF_PLATFORM = new Set<FaultKind>([
  'start-failure',
  'scheduling',
  'probe',
  'quota',
  'routing',
  'certificate',
]);

/** ... and those of them that leave a service without instances. */
const WHY_NONE_RUNS: FaultKind[] = ['start-failure', 'scheduling', 'quota'];

/** A change of the service that is likely the trigger, and touches what fails. */
export interface CausalChange {
  kinds: FaultKind[];
  probability: number;
}

/**
 * How far calls fail before they arrive, 0..1: callers see failures that the service does not, and it has less to do.
 */
function refused({ symptoms, quieter }: ServiceFacts): number {
  const failures = symptoms.filter(
    ({ series, strength }) =>
      series.signal !== 'latency' && series.perspective !== 'self' && strength >= RANK.leastStrength,
  );
  const unseen = failures.every(({ series }) => series.subject.kind === 'edge');
  return failures.length > 0 && unseen ? Math.min(1, quietness(quieter) / RANK.lostCalls) : 0;
}

/** What is short because it is worked off one after another: being short of it is waiting for it. */
function isWorkedOff(signal: SignalKind): boolean {
  return signal === 'cpu' || signal === 'disk';
}

/** How far a service is slower, `KIND.unwaited`..1; 1 where nobody measures its latency. */
export function waiting(own: ServiceFacts): number {
  if (!own.seen.has('latency')) return 1;
  // Who measures itself waits as long as it says; else as its callers do.
  const symptoms = own.symptoms.filter(
    ({ series, strength }) => strength >= RANK.leastStrength && (!own.measuresItself || isOfItsOwn(series)),
  );
  return KIND.unwaited + (1 - KIND.unwaited) * Math.min(1, slowdown({ symptoms }) / KIND.waits);
}

function isOfItsOwn({ subject, signal, perspective }: SeriesMeta): boolean {
  return subject.kind === 'service' && signal === 'latency' && perspective === 'server';
}

/** Gives a share of what speaks for some kinds of fault to the one that brings them about. */
function pass(votes: Map<FaultKind, number>, from: FaultKind[], to: FaultKind, share: number): void {
  for (const kind of from) {
    const weight = Math.max(0, votes.get(kind) ?? 0);
    votes.set(kind, weight * (1 - share));
    votes.set(to, (votes.get(to) ?? 0) + weight * share);
  }
}

/**
 * Whether a host that the service runs on is used up since the incident began, and another service on it is affected.
 */
function isHostFull({ graph, hosts, services }: Facts, service: number): boolean {
  return [...graph.hosts].some(([host, tenants]) => {
    const isFull = hosts
      .get(host)
      ?.some(
        ({ series, after, strength, sign }) =>
          sign === 1 && series.unit === '1' && after >= KIND.full && strength >= RANK.hostStrength,
      );
    const suffers = (tenant: number): boolean =>
      tenant !== service && services[tenant]!.loudness >= RANK.leastStrength;
    return isFull === true && tenants.includes(service) && tenants.some(suffers);
  });
}

/** Of a service that is not ours nobody here can tell, or mend, what is wrong within it or on the way to it. */
function foldIntoProvider(votes: Map<FaultKind, number>): void {
  for (const kind of ['network', 'dependency-down', 'code-change', 'configuration'] as const) {
    const weight = votes.get(kind) ?? 0;
    votes.delete(kind);
    votes.set('external-provider', (votes.get('external-provider') ?? 0) + Math.max(0, weight));
  }
}

/**
 * How much more of a resource the service takes, in doublings, as the mean over the metrics of that resource:
 * contention for one resource moves others too, but less.
 */
function growthOf(facts: Facts, service: number, signal: SignalKind): number {
  const { moves, graph, services, material } = facts;
  const name = graph.names[service]!;
  const slower = slowdown(services[service]!);
  const growths = moves
    .filter(
      ({ series }) =>
        series.signal === signal && series.subject.kind === 'service' && series.subject.service === name,
    )
    .map(
      (move) =>
        Math.max(0, doublings(move) - (isHeldOpen(move) ? slower : 0)) *
        Math.min(1, move.strength / KIND.clearStrength) *
        scarcity(move) *
        material(move),
    );
  const slowly = signal === 'memory' ? filledUp(facts, name) : 0;
  if (growths.length === 0 && slowly === 0) return 0;
  const traffic = services[service]!.traffic;
  const load = traffic?.sign === 1 && traffic.strength >= 1 ? Math.max(0, doublings(traffic)) : 0;
  const mean = growths.reduce((sum, growth) => sum + growth, 0) / Math.max(1, growths.length);
  return Math.min(KIND.mostDoublings, Math.max(0, slowly + mean - load));
}

/**
 * Doublings of a service's memory from the first part of the baseline to its end: it may fill up long before it hurts.
 */
function filledUp({ baselines, grid }: Facts, name: string): number {
  const grown = baselines.flatMap((level) => {
    const { series, baselineEnd } = level;
    if (series.signal !== 'memory' || series.subject.kind !== 'service' || series.subject.service !== name)
      return [];
    const before = middleOf(level, 0, Math.ceil(baselineEnd * KIND.firstPart));
    const after = middleOf(level, baselineEnd - SERIES.minCalm, Math.min(baselineEnd, grid.incidentStart));
    return before > 0 && after > before ? [Math.log2(after / before)] : [];
  });
  return Math.max(0, ...grown);
}

/** Median of a series in some bins, in its unit; NaN where it has no sample there. */
function middleOf(level: Baseline, from: number, to: number): number {
  const bins = Array.from({ length: Math.max(0, to - from) }, (_, index) => from + index);
  const values = bins.map((bin) => valueAt(level, bin)).filter((value) => !Number.isNaN(value));
  return quantileSorted(Float64Array.from(values).sort(), 0.5);
}

/** The latency that the callers of a service measure, beside its own. */
export interface CallersDelay {
  /** How strongly the callers' latency moved. */
  strength: number;
  /** Seconds by which the callers' latency rose, and those of them that the service itself measures. */
  seconds: number;
  measuredInside: number;
  /** Share of the callers' rise that the service does not measure: it passed on the way to it, 0..1. */
  onTheWay: number;
}

/**
 * Where the time passes by which the callers of a service wait longer: what the service itself measures passed inside
 * it or below it, and only the rest on the way to it. Compares the same statistic on both sides. Null where the
 * callers do not wait longer, or the service has no such series of its own.
 */
export function callersDelay({ services, baselines, graph }: Facts, service: number): CallersDelay | null {
  const { symptoms } = services[service]!;
  const latencies = symptoms.filter(({ series }) => series.signal === 'latency');
  const name = graph.names[service]!;
  for (const outside of latencies.filter(({ series }) => series.perspective === 'client')) {
    const isSame = (series: SeriesMeta) => isOwnLatency(series, name) && series.name === outside.series.name;
    if (!baselines.some(({ series }) => isSame(series))) continue;
    const inside = latencies.find(({ series }) => isSame(series));
    const seconds = rise(outside);
    if (seconds <= 0) continue;
    const measuredInside = inside === undefined ? 0 : Math.min(seconds, Math.max(0, rise(inside)));
    return { strength: outside.strength, seconds, measuredInside, onTheWay: 1 - measuredInside / seconds };
  }
  return null;
}

/** Whether the service itself measures that it takes longer. */
function measuresDelay({ symptoms }: ServiceFacts): boolean {
  return symptoms.some(
    ({ series, strength }) =>
      series.signal === 'latency' && series.perspective === 'server' && strength >= RANK.leastStrength,
  );
}

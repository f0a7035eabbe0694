import type { SignalKind } from '../model/series.js';
import type { CallGraph } from './graph/call-graph.js';
import { doublings, type ServiceFacts } from './service-facts.js';
import type { DiagnosisInput } from './input.js';
import type { Grid } from './series/grid.js';
import type { Baseline } from './series/baseline.js';
import type { Deviation } from './series/deviation.js';
import { correlation } from './stats/correlation.js';
import { RANK } from './weights.js';
import { SERIES } from './series/weights.js';

/**
 * The alert's own story: which signals tell it, and how they went. Other moves are part of the story as far as
 * they are of its kind and rise and fall with it.
 */
export interface Story {
  signals: SignalKind[];
  /** Deviations of the alert's loudest symptom from shortly before the beginning on; null when it shows none. */
  shape: Float64Array | null;
  /** First bin of `shape`. */
  from: number;
}

/** The signals that tell the same story as the alert. */
export function signalsOfAlert(symptom: DiagnosisInput['anomaly']['symptom']): SignalKind[] {
  switch (symptom) {
    case 'latency':
      return ['latency'];
    case 'errors':
    case 'availability':
      return ['errors', 'availability'];
    case 'traffic':
      return ['traffic'];
    case 'saturation':
    case 'other':
      return ['latency', 'errors', 'availability'];
  }
}

export function storyOf(
  input: DiagnosisInput,
  alerting: ServiceFacts,
  begin: number | null,
  grid: Grid,
): Story {
  const signals = signalsOfAlert(input.anomaly.symptom);
  const from = Math.max(0, (begin ?? grid.alert) - SERIES.referenceBins);
  const own = alerting.symptoms.find(
    ({ series, strength }) => signals.includes(series.signal) && strength >= RANK.leastStrength,
  );
  return { signals, shape: own ? magnitude(own).subarray(from) : null, from };
}

/** How much a move belongs to the story, 0..1. */
export function partOfStory(move: Deviation, { signals, shape, from }: Story): number {
  const kind = signals.includes(move.series.signal) ? 1 : RANK.otherSymptom;
  if (shape === null) return kind;
  const alike = correlation(magnitude(move).subarray(from), shape);
  return kind * (RANK.shapeless + (1 - RANK.shapeless) * Math.max(0, alike));
}

function magnitude({ deviations, sign }: Deviation): Float64Array {
  return sign === 1 ? deviations : deviations.map((deviation) => -deviation);
}

/** How many requests a service serves while it is calm, in the unit of its traffic metric; null when unknown. */
export function trafficBaselines(baselines: Baseline[], graph: CallGraph): (number | null)[] {
  const traffic = graph.names.map((): number | null => null);
  for (const { series, centre } of baselines) {
    if (series.signal !== 'traffic' || series.perspective !== 'server' || series.subject.kind !== 'service')
      continue;
    const index = graph.indexOf.get(series.subject.service);
    if (index !== undefined) traffic[index] = Math.max(traffic[index] ?? 0, centre);
  }
  return traffic;
}

/** Share of the calls that a statistic looks at: 0.01 for a 99th percentile, 1 for a mean, 0.5 for a median. */
export function tailOf(metric: string): number {
  const digits = /(?:^|[^a-z0-9])(?:p|q|quantile)?-?(50|75|90|95|99|999)$/iu.exec(metric)?.[1];
  if (digits === undefined) return 1;
  // Without the dust of binary fractions: whether two statistics are the same is asked of it.
  return Math.round((1 - Number(digits) / 10 ** digits.length) * 1000) / 1000;
}

/** By how much a move counts, in the unit of its series. */
export function grown({ weighed: { before, after } }: Deviation): number {
  return after - before;
}

/** How far a move went, in the unit of its series, as it was measured: what a callee lost, its callers lost. */
export function rise({ before, after }: Deviation): number {
  return after - before;
}

/**
 * Errors from slowness and the other way round: callers give up on calls that take many times as long, so the more
 * doublings of its time, the more failures a slow callee accounts for.
 */
function acrossKinds(theirs: Deviation): number {
  if (theirs.series.signal !== 'latency') return RANK.otherKind;
  const slow = Math.min(1, Math.max(0, doublings(theirs) - RANK.endured) / RANK.givenUp);
  return RANK.otherKind + (1 - RANK.otherKind) * slow;
}

/**
 * How far a slow callee holds the workers of its caller, 0..1: as many as were at work in its calm make everybody wait
 * (Little 1961), in that caller as long as in the callee and longer. In the same statistic on both sides.
 */
function heldBy(theirs: Deviation, mine: Deviation, asked: number): number {
  const isSame = tailOf(mine.series.name) === tailOf(theirs.series.name);
  if (theirs.series.signal !== 'latency' || !isSame || mine.sign !== 1 || mine.before <= 0) return 0;
  const grown = doublings(theirs) / Math.max(1e-9, doublings(mine));
  return Math.min(1, Math.max(0, rise(theirs) * asked) / mine.before) * Math.min(1, Math.max(0, grown));
}

/**
 * How much of a caller's symptom a callee's symptom can account for, 0..1: errors come from errors and seconds
 * from seconds (a call that takes very long may fail, so a little passes between the kinds); not more seconds
 * than the callee lost; and not for more requests than the callee is asked by.
 */
export function accountsFor(
  theirs: Deviation[],
  mine: Deviation,
  traffic: { theirs: number | null; mine: number | null },
): { share: number; move: Deviation } | null {
  const asked =
    traffic.theirs === null || traffic.mine === null || traffic.mine <= 0 ? 1 : traffic.theirs / traffic.mine;
  let best: { share: number; move: Deviation } | null = null;
  for (const move of theirs) {
    const late = Math.max(0, move.from - mine.from - RANK.onsetSlackBins);
    const sameKind = (move.series.signal === 'latency') === (mine.series.signal === 'latency');
    let share = Math.min(1, move.strength / mine.strength) / (1 + late);
    if (!sameKind) share *= acrossKinds(move);
    else if (move.series.unit === mine.series.unit && rise(mine) !== 0) {
      const size = Math.abs(rise(move) / rise(mine));
      const reaches = Math.min(1, asked / tailOf(mine.series.name));
      share *= Math.max(heldBy(move, mine, asked), Math.min(1, (size * reaches) / RANK.enoughSize));
    }
    if (share > (best?.share ?? 0)) best = { share, move };
  }
  return best;
}

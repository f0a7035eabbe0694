import { sum } from 'd3-array';
import type { Slice, SlicedRequests, SliceFinding } from '../../model/slices.js';
import { SLICES } from '../weights.js';

/** Which bins are before the incident, and which within it. */
export interface Bins {
  before: number[];
  during: number[];
}

export type SliceMeasure = SliceFinding['measure'];

/** What one slice lost since the incident began. */
export interface SliceLoss {
  value: string;
  /** Since then. */
  requests: number;
  /** Seconds by request, or share of them that failed; null where there were no requests. */
  before: number | null;
  after: number | null;
  /** By how much each request got worse than it was to be expected, and its standard error; null where unknown. */
  rise: { amount: number; error: number } | null;
  /** Seconds, or requests, that were lost; 0 where nothing was. */
  loss: number;
  /** Whether it got worse beyond doubt and by more than nothing. */
  isWorse: boolean;
}

export interface Comparison {
  measure: SliceMeasure;
  outcome: SliceFinding['outcome'];
  slices: SliceLoss[];
  /** The slices in which the loss is, where it is concentrated. */
  bad: SliceLoss[];
  requests: number;
  loss: number;
}

/**
 * Bins that lie wholly after the beginning, and before it by a bin at least: it may have begun a little earlier than is
 * known, and what is between belongs to neither.
 */
export function binsAround(times: Float64Array, binSeconds: number, begin: number): Bins {
  const all = Array.from(times, (end, bin) => ({ bin, start: end - binSeconds, end }));
  return {
    before: all.filter(({ end }) => end <= begin - binSeconds).map(({ bin }) => bin),
    during: all.filter(({ start }) => start >= begin).map(({ bin }) => bin),
  };
}

/**
 * Whether what the requests of a service lost is in a few of its slices. The means of bins of time are the sample
 * (batch means: they hold whatever correlation and burstiness the requests have), a mean by request is a ratio of two
 * of their sums with the standard error of one (Cochran, Sampling Techniques, 1977, 6.4), and before, during, and the
 * slices among each other are compared by Welch's statistic. Requests of one service at one time differ in nothing but
 * the slice, as those of a canary and its control do.
 *
 * @returns null where no slice got worse, or nothing tells
 */
export function compareSlices(
  { dimension, slices }: Pick<SlicedRequests, 'dimension' | 'slices'>,
  measure: SliceMeasure,
  bins: Bins,
): Comparison | null {
  const ordered = [...slices].sort((a, b) => (a.value < b.value ? -1 : 1));
  const counted = ordered.flatMap((slice) => {
    const lost = measure === 'time' ? slice.seconds : slice.failed;
    return lost === null ? [] : [{ slice, lost }];
  });
  if (counted.length < 2) return null;
  // A new version or pod is to do what the others did; an endpoint is like no other.
  const anyBefore = dimension === 'endpoint' ? null : ratioOf(counted, bins.before, measure);
  const losses = counted.map((one) => lossOf(one, anyBefore, measure, bins));
  const requests = sum(losses, (one) => one.requests);
  const loss = sum(losses, (one) => one.loss);
  const given = { measure, slices: losses, requests, loss };
  const isShort =
    bins.before.length < SLICES.leastBins.before || bins.during.length < SLICES.leastBins.during;
  if (requests < SLICES.leastRequests || isShort) {
    return requests > 0 && loss > 0 ? { ...given, outcome: 'unknown', bad: [] } : null;
  }
  const worse = losses.filter((one) => one.isWorse);
  if (worse.length === 0) return null;
  const bad = concentratedIn(given);
  if (bad !== null) return { ...given, outcome: 'concentrated', bad };
  return { ...given, outcome: isAlike(given) ? 'alike' : 'mixed', bad: [] };
}

/**
 * The same comparisons, those of what merely holds the bad part for no more than that: all requests of a bad instance
 * are bad, and so are a few of the version that it runs. What is concentrated in one dimension is diluted in another,
 * where each request of the bad slices got less worse.
 */
export function undiluted(compared: readonly Comparison[]): Comparison[] {
  const riseOf = ({ bad }: Comparison): number => meanRise(bad).amount;
  return compared.map((one) => {
    const worst = Math.max(...compared.filter(({ measure }) => measure === one.measure).map(riseOf));
    const isDiluted = one.outcome === 'concentrated' && riseOf(one) < SLICES.undiluted * worst;
    return isDiluted ? { ...one, outcome: 'mixed', bad: [] } : one;
  });
}

interface CountedSlice {
  slice: Slice;
  /** Seconds or failures in each bin. */
  lost: Float64Array;
}

interface Ratio {
  mean: number;
  requests: number;
  /** Standard error of the mean. */
  error: number;
}

/** Mean by request over some bins of some slices together; null where there were no requests. */
function ratioOf(
  counted: readonly CountedSlice[],
  bins: readonly number[],
  measure: SliceMeasure,
): Ratio | null {
  const sums = bins.map((bin) => {
    const requests = sum(counted, ({ slice }) => finite(slice.requests[bin]));
    return { requests, lost: sum(counted, ({ lost }) => finite(lost[bin])) };
  });
  const requests = sum(sums, (one) => one.requests);
  if (requests <= 0) return null;
  const mean = Math.max(0, sum(sums, (one) => one.lost) / requests);
  const squares = sum(sums, (one) => (one.lost - mean * one.requests) ** 2);
  const used = sums.filter((one) => one.requests > 0).length;
  const ofBins = used < 2 ? Infinity : (squares / requests ** 2) * (used / (used - 1));
  // Failures are at least as uncertain as independent ones would be: one more than were seen might have been.
  const share = Math.min(0.5, Math.max(mean, 1 / requests));
  const ofCounts = measure === 'failures' ? (share * (1 - share)) / requests : 0;
  return { mean, requests, error: Math.sqrt(Math.max(ofBins, ofCounts)) };
}

function lossOf(one: CountedSlice, anyBefore: Ratio | null, measure: SliceMeasure, bins: Bins): SliceLoss {
  const own = ratioOf([one], bins.before, measure);
  const expected = own !== null && own.requests >= SLICES.leastRequests ? own : (anyBefore ?? own);
  const now = ratioOf([one], bins.during, measure);
  const seen = { value: one.slice.value, before: own?.mean ?? null, after: now?.mean ?? null };
  if (now === null || expected === null) {
    return { ...seen, requests: now?.requests ?? 0, rise: null, loss: 0, isWorse: false };
  }
  const amount = now.mean - expected.mean;
  const rise = { amount, error: Math.hypot(now.error, expected.error) };
  const least = measure === 'time' ? SLICES.leastSlower * expected.mean : SLICES.leastFailing;
  const isMuch = amount > 0 && amount >= least;
  return {
    ...seen,
    requests: now.requests,
    rise,
    loss: isMuch ? amount * now.requests : 0,
    isWorse: isMuch && now.requests >= SLICES.leastOfSlice && amount >= SLICES.clear * rise.error,
  };
}

type Given = Omit<Comparison, 'outcome' | 'bad'>;

/** The slices that are as bad as the worst, when they have nearly all of the loss and the others are as before. */
function concentratedIn({ measure, slices, requests, loss }: Given): SliceLoss[] | null {
  const riseOf = (one: SliceLoss): number => one.rise?.amount ?? 0;
  const worst = Math.max(...slices.filter(({ isWorse }) => isWorse).map(riseOf));
  const bad = slices.filter((one) => one.isWorse && riseOf(one) >= SLICES.likeWorst * worst);
  const rest = slices.filter((one) => !bad.includes(one) && one.rise !== null);
  const restRequests = sum(rest, (one) => one.requests);
  const isEnough = restRequests >= SLICES.leastRequests;
  const hasLoss = sum(bad, (one) => one.loss) >= SLICES.lossShare * loss;
  const isPart = sum(bad, (one) => one.requests) <= SLICES.requestShare * requests;
  if (!isEnough || !hasLoss || !isPart) return null;
  const [ofBad, ofRest] = [meanRise(bad), meanRise(rest)];
  const isApart = ofBad.amount - ofRest.amount >= SLICES.clear * Math.hypot(ofBad.error, ofRest.error);
  // A request that always took long gains more when all take twice as long.
  const isInProportion =
    measure === 'failures' || inProportion(rest, ofRest) <= SLICES.others * inProportion(bad, ofBad);
  return isApart && ofRest.amount <= SLICES.others * ofBad.amount && isInProportion ? bad : null;
}

/** A rise as a share of what was usual. */
function inProportion(slices: readonly SliceLoss[], { amount }: { amount: number }): number {
  const known = slices.filter(({ before }) => before !== null);
  const usual = sum(known, (one) => one.before! * one.requests) / sum(known, (one) => one.requests);
  return usual > 0 ? amount / usual : amount > 0 ? Infinity : 0;
}

/**
 * Nearly all requests are in slices that got worse, none of them by much less than the mean: in amount or in
 * proportion.
 */
function isAlike({ slices, requests }: Given): boolean {
  const compared = slices.filter((one) => one.requests >= SLICES.leastOfSlice && one.rise !== null);
  const worse = compared.filter((one) => one.isWorse);
  if (worse.length < 2 || sum(worse, (one) => one.requests) < SLICES.alikeShare * requests) return false;
  const mean = meanRise(worse).amount;
  const relative = (one: SliceLoss): number => (one.before ? one.rise!.amount / one.before : Infinity);
  const least = Math.min(...worse.map(relative));
  const usual =
    sum(worse, (one) => Math.min(1e6, relative(one)) * one.requests) / sum(worse, (one) => one.requests);
  return (
    worse.every((one) => one.rise!.amount >= SLICES.alikeRise * mean) || least >= SLICES.alikeRise * usual
  );
}

/** By how much requests of these slices got worse on average, and its standard error. */
function meanRise(slices: readonly SliceLoss[]): { amount: number; error: number } {
  const requests = sum(slices, (one) => one.requests);
  if (requests <= 0) return { amount: 0, error: Infinity };
  const weighted = (of: (one: SliceLoss) => number): number => sum(slices, (one) => of(one) * one.requests);
  return {
    amount: weighted((one) => one.rise?.amount ?? 0) / requests,
    error: Math.sqrt(sum(slices, (one) => ((one.rise?.error ?? 0) * one.requests) ** 2)) / requests,
  };
}

function finite(value: number | undefined): number {
  return value !== undefined && Number.isFinite(value) ? value : 0;
}

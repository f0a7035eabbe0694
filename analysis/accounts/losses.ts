import { max, mean, median, quantileSorted } from 'd3-array';
import type { Series } from '../../model/series.js';
import type { CallGraph } from '../graph/call-graph.js';
import type { Baseline } from '../series/baseline.js';
import type { Grid } from '../series/grid.js';
import { isGolden, referenceBefore } from '../series/onset.js';
import { tailOf } from '../story.js';
import { ACCOUNTS } from '../weights.js';

/** What is booked: seconds that requests took longer, or requests that failed, each per second. */
export type Currency = 'seconds' | 'requests';

/** What one service or one call lost, as one side measured it. */
export interface Loss {
  /** Seconds lost per second, or requests lost per second; never negative. Where no traffic is known: per request. */
  amount: number;
  /** The series that it was read from; of several the one nearest to a mean. */
  series: Series;
  before: number;
  after: number;
}

/** The losses of an incident in one currency. Where something is measured and lost nothing there is a zero. */
export interface Losses {
  /** By service, as it measures its own work. */
  served: Map<number, Loss>;
  /** By caller, of all its calls together. */
  called: Map<number, Loss>;
  /** By caller and callee (`pairKey`), as the caller measures. */
  waited: Map<string, Loss>;
  /** The same as the callee measures. */
  answered: Map<string, Loss>;
}

/** Bins of the incident that count, with weights that sum to 1. */
export interface Moments {
  bins: number[];
  shares: number[];
}

export function pairKey(caller: number, callee: number): string {
  return `${caller}>${callee}`;
}

function calleeOf(pair: string): number {
  return Number(pair.split('>')[1]);
}

/** Requests per second of services and calls: in the calm, or in the incident where that is more. */
export interface Rates {
  service: (number | null)[];
  pair: Map<string, number>;
}

/**
 * Requests that hang are demand all the same: a rate that fell is taken as it was. A service without traffic of its own
 * has that of the calls to it, else the least of its callers'; null where nothing is known.
 */
export function ratesOf(baselines: Baseline[], graph: CallGraph, moments: Moments): Rates {
  const service = graph.names.map((): number | null => null);
  const pair = new Map<string, number>();
  for (const level of baselines) {
    const { subject, signal, perspective } = level.series;
    if (signal !== 'traffic') continue;
    const rate = Math.max(level.centre, during(level, moments) ?? 0);
    if (subject.kind === 'service' && perspective !== 'client') {
      const index = graph.indexOf.get(subject.service);
      if (index !== undefined) service[index] = Math.max(service[index] ?? 0, rate);
    } else if (subject.kind === 'edge') {
      const [caller, callee] = [graph.indexOf.get(subject.caller), graph.indexOf.get(subject.callee)];
      if (caller === undefined || callee === undefined) continue;
      const key = pairKey(caller, callee);
      pair.set(key, Math.max(pair.get(key) ?? 0, rate));
    }
  }
  const known = service.some((rate) => rate !== null && rate > 0);
  for (const [index, rate] of service.entries()) {
    if (rate !== null && rate > 0) continue;
    const calls = graph.callers[index]!.flatMap((caller) => pair.get(pairKey(caller, index)) ?? []);
    if (calls.length > 0) service[index] = calls.reduce((sum, one) => sum + one, 0);
    else if (known) {
      const callers = graph.callers[index]!.flatMap((caller) => service[caller] ?? []);
      service[index] = callers.length > 0 ? Math.min(...callers) : null;
    }
  }
  return { service, pair };
}

/** Reads what everybody lost in one currency. Linear in series. */
export function lossesOf(
  baselines: Baseline[],
  graph: CallGraph,
  grid: Grid,
  question: { currency: Currency; begin: number; moments: Moments; rates: Rates },
): Losses {
  const { currency, rates } = question;
  const places = new Map<string, { where: Where; levels: Baseline[] }>();
  for (const level of baselines) {
    if (!isGolden(level.series.signal) || currencyOf(level.series) !== currency) continue;
    const where = placeOf(level.series, graph);
    if (where === null) continue;
    const place = places.get(where.key) ?? { where, levels: [] };
    place.levels.push(level);
    places.set(where.key, place);
  }
  const losses: Losses = { served: new Map(), called: new Map(), waited: new Map(), answered: new Map() };
  for (const { where, levels } of places.values()) {
    const rate =
      where.pair === null
        ? rates.service[where.service]
        : (rates.pair.get(where.pair) ?? rateOfPair(where, rates));
    const loss = lossOf(levels, rate ?? 1, grid, question);
    if (loss === null) continue;
    if (where.side === 'served' || where.side === 'called') losses[where.side].set(where.service, loss);
    else losses[where.side].set(where.pair!, loss);
  }
  if (currency === 'seconds') bookWorkInFlight(losses, baselines, graph, grid, question);
  return losses;
}

/**
 * How many are in flight is how many come times how long each stays (Little 1961): their rise is seconds lost per
 * second, for services whose answers nobody times.
 */
function bookWorkInFlight(
  { served, answered, waited }: Losses,
  baselines: Baseline[],
  graph: CallGraph,
  grid: Grid,
  { begin, moments }: { begin: number; moments: Moments },
): void {
  const timed = new Set(served.keys());
  for (const pair of [...answered.keys(), ...waited.keys()]) timed.add(calleeOf(pair));
  for (const level of baselines) {
    const { series } = level;
    if (series.subject.kind !== 'service' || !isInFlight(series)) continue;
    const service = graph.indexOf.get(series.subject.service);
    if (service === undefined || timed.has(service)) continue;
    const reading = read(level, begin, moments, grid);
    // What stays below one is the share of a pool.
    if (reading === null || (series.unit === '1' && reading.after <= 1)) continue;
    const { before, after, isReal } = reading;
    const amount = isReal ? Math.max(0, after - before) : 0;
    if (amount >= (served.get(service)?.amount ?? 0)) served.set(service, { amount, series, before, after });
  }
}

/** Threads, queues, open connections: what is in work or waits for it. */
export function isInFlight({ signal }: Series): boolean {
  return signal === 'saturation' || signal === 'connections';
}

interface Where {
  key: string;
  side: keyof Losses;
  service: number;
  caller: number | null;
  pair: string | null;
}

function placeOf({ subject, perspective }: Series, graph: CallGraph): Where | null {
  if (subject.kind === 'host') return null;
  if (subject.kind === 'service') {
    const service = graph.indexOf.get(subject.service);
    if (service === undefined) return null;
    const side = perspective === 'client' ? 'called' : 'served';
    return { key: `${side} ${service}`, side, service, caller: null, pair: null };
  }
  const [caller, service] = [graph.indexOf.get(subject.caller), graph.indexOf.get(subject.callee)];
  if (service === undefined) return null;
  // A caller that is no service looks from outside: what it sees, the service serves.
  if (caller === undefined)
    return { key: `served ${service}`, side: 'served', service, caller: null, pair: null };
  const side = perspective === 'server' ? 'answered' : 'waited';
  const pair = pairKey(caller, service);
  return { key: `${side} ${pair}`, side, service, caller, pair };
}

/** A call whose rate nobody measures is made as often as the rarer of its two ends is asked. */
function rateOfPair({ service, caller }: Where, { service: rates }: Rates): number | null {
  const ends = [rates[service], caller === null ? null : rates[caller]].flatMap((rate) => rate ?? []);
  return ends.length === 0 ? null : Math.min(...ends);
}

/** Null for what is no loss in any currency: a rate of errors is, a number of replicas is not. */
function currencyOf({ signal, unit }: Series): Currency | null {
  if (signal === 'latency') return unit === 's' ? 'seconds' : null;
  return unit === '1' || unit === 'req/s' || unit === '' ? 'requests' : null;
}

interface Reading {
  level: Baseline;
  tail: number;
  before: number;
  after: number;
  isReal: boolean;
}

/**
 * The loss that these statistics of one thing tell: of a mean its rise; of the 50th and 90th percentile the rise of the
 * mean that they leave room for; else that of the lowest percentile. Zero where the rise is not real.
 */
function lossOf(
  levels: Baseline[],
  rate: number,
  grid: Grid,
  { currency, begin, moments }: { currency: Currency; begin: number; moments: Moments },
): Loss | null {
  const readings = levels
    .flatMap((level) => read(level, begin, moments, grid) ?? [])
    .sort((a, b) => b.tail - a.tail || (a.level.series.id < b.level.series.id ? -1 : 1));
  const [best] = readings;
  if (best === undefined) return null;
  const { series } = best.level;
  const shown = { series, before: best.before, after: best.after };
  if (currency === 'requests') {
    const sign = series.worse === 'down' ? -1 : 1;
    const rise = Math.max(0, sign * (best.after - best.before));
    return { amount: best.isReal ? rise * (series.unit === 'req/s' ? 1 : rate) : 0, ...shown };
  }
  const isReal = readings.some(({ tail, isReal: real }) => real && tail >= ACCOUNTS.leastTail) || best.isReal;
  const [p50, p90] = [0.5, 0.1].map((tail) => readings.find((one) => Math.abs(one.tail - tail) < 1e-6));
  const rise =
    best.tail < 1 && p50 !== undefined && p90 !== undefined
      ? meanOf(p50.after, p90.after) - meanOf(p50.before, p90.before)
      : best.after - best.before;
  // A percentile far out speaks of few requests.
  const share = best.tail >= ACCOUNTS.leastTail ? 1 : best.tail / ACCOUNTS.leastTail;
  return { amount: isReal ? Math.max(0, rise) * share * rate : 0, ...shown };
}

/** The mean that a median and a 90th percentile leave room for: half below the median, then an exponential tail. */
function meanOf(p50: number, p90: number): number {
  const low = Math.max(p50, 1e-6);
  const high = Math.max(p90, low * 1.0001);
  return 0.5 * low + (0.4 * (high - low)) / Math.log(high / low) + 0.1 * high;
}

/**
 * A series before and during the incident. The level before is the nearer to the incident's of the baseline's and of
 * the one right before it began: what was as bad before is no loss. Without a baseline it is the best moment of all.
 */
function read(level: Baseline, begin: number, moments: Moments, grid: Grid): Reading | null {
  const after = during(level, moments);
  if (after === null) return null;
  const { series, centre, scale } = level;
  const tail = tailOf(series.name);
  const sign = series.worse === 'down' ? -1 : 1;
  if (level.baselineEnd === 0) {
    const seen = moments.bins.map((bin) => valueAt(level, bin)).filter((value) => !Number.isNaN(value));
    const before = sign === 1 ? Math.min(...seen) : Math.max(...seen);
    return { level, tail, before, after, isReal: true };
  }
  const recent = centre + referenceBefore(level.deviations, begin) * scale;
  const before = sign * recent > sign * centre && sign * recent < sign * after ? recent : centre;
  const rise = sign * (after - centre);
  // How far the calm strays need not be known of what did not rise.
  const isReal =
    sign * (after - before) > 0 &&
    rise > ACCOUNTS.leastRise * Math.abs(centre) &&
    rise > ACCOUNTS.realSigmas * spreadOfMeans(level, moments.bins.length, grid);
  return { level, tail, before, after, isReal };
}

/** How far means of stretches of the calm as long as the incident stray, in the unit of the series. */
export function spreadOfMeans(level: Baseline, length: number, grid: Grid): number {
  const calm: number[] = [];
  for (let bin = 0; bin < Math.min(level.baselineEnd, grid.incidentStart); bin += 1) {
    const value = valueAt(level, bin);
    if (!Number.isNaN(value)) calm.push(value);
  }
  const size = Math.max(1, Math.min(calm.length >> 2, length));
  const means: number[] = [];
  for (let from = 0; from + size <= calm.length; from += Math.max(1, size >> 1)) {
    means.push(mean(calm.slice(from, from + size))!);
  }
  const middle = median(means) ?? 0;
  const apart = means.map((value) => Math.abs(value - middle));
  const sorted = calm.sort((a, b) => a - b);
  const width = (quantileSorted(sorted, 0.9) ?? 0) - (quantileSorted(sorted, 0.1) ?? 0);
  // 2.56 sigmas lie between the 10th and the 90th percentile of a normal distribution.
  return Math.max(
    (max(apart) ?? 0) / 2,
    width / 2.56 / Math.sqrt(size),
    ACCOUNTS.leastRise * Math.abs(level.centre),
    1e-9,
  );
}

/** Mean over the moments that have a sample; null where none has. */
export function during(level: Baseline, moments: Moments): number | null {
  let sum = 0;
  let weight = 0;
  const { bins, shares } = moments;
  for (let at = 0; at < bins.length; at += 1) {
    const value = valueAt(level, bins[at]!);
    if (Number.isNaN(value)) continue;
    sum += shares[at]! * value;
    weight += shares[at]!;
  }
  return weight <= 0 ? null : sum / weight;
}

/** The mean of a bin in the series' unit; NaN where there is no sample. */
export function valueAt({ actual, deviations, centre, scale }: Baseline, bin: number): number {
  return actual === null ? centre + deviations[bin]! * scale : actual[bin]!;
}

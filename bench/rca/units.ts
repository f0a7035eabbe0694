import type { Column } from './read-series.js';
import { wordsOf } from './vocabulary.js';

/** No service answers in more than these many seconds as a rule: what reads so is in a smaller unit. */
const IMPLAUSIBLE_LATENCY_SECONDS = 10;
/**
 * No process lives on less: what reads so is in MiB, and processors beside it in thousandths, as `kubectl top` prints.
 */
const IMPLAUSIBLE_MEMORY_BYTES = 1e6;
/** A share that reads higher is a percentage. */
const HIGHEST_SHARE = 1.5;

/** Brings columns to base units, judging those whose name tells no unit by all columns of their kind together. */
export interface Units {
  inBase(column: Column, times: Float64Array, stepSeconds: number): Float64Array;
}

export function unitsOf(columns: Column[]): Units {
  const latency = latencyScaleOf(typicalOf(columns, 'latency', 's'));
  const inMebibytes = typicalOf(columns, 'memory', 'bytes') < IMPLAUSIBLE_MEMORY_BYTES;
  const percentages = percentagesIn(columns);
  const bareScale = ({ metric, meaning: { signal, unit } }: Column): number => {
    if (percentages.has(metric)) return 0.01;
    if (signal === 'latency' && unit === 's') return latency;
    if (signal === 'memory' && unit === 'bytes') return inMebibytes ? 1024 ** 2 : 1;
    return signal === 'cpu' && unit === 'cores' && inMebibytes ? 1e-3 : 1;
  };
  return {
    inBase(column, times, stepSeconds) {
      const { meaning, metric, values } = column;
      if (meaning.counterLike && onlyRises(values)) return rateOf(times, values);
      const isAmount =
        meaning.unit === 'req/s' && / (?:sum|count|total) $/u.test(` ${wordsOf(metric).join(' ')} `);
      if (isAmount) return scaled(values, 1 / stepSeconds);
      return scaled(values, meaning.scale ?? bareScale(column));
    },
  };
}

/** The median over the columns of a kind, of those whose name tells no unit; NaN without any. */
function typicalOf(columns: Column[], signal: string, unit: string): number {
  const medians = columns
    .filter(({ meaning }) => meaning.signal === signal && meaning.unit === unit && meaning.scale === null)
    .map(({ values }) => medianOf(values))
    .filter((value) => value > 0);
  return medianOf(Float64Array.from(medians));
}

function latencyScaleOf(typical: number): number {
  if (typical > IMPLAUSIBLE_LATENCY_SECONDS * 1e3) return 1e-6;
  return typical > IMPLAUSIBLE_LATENCY_SECONDS ? 1e-3 : 1;
}

/** Metrics that are shares by their name and go up to 100. What fails per second is none. */
function percentagesIn(columns: Column[]): Set<string> {
  const tops = new Map<string, number>();
  for (const { metric, meaning, values } of columns) {
    const { signal, unit } = meaning;
    if (unit !== '1' || !['cpu', 'memory', 'availability'].includes(signal)) continue;
    tops.set(
      metric,
      values.reduce((top, value) => (value > top ? value : top), tops.get(metric) ?? 0),
    );
  }
  return new Set(
    [...tops].filter(([, top]) => top > HIGHEST_SHARE && top <= 100.5).map(([metric]) => metric),
  );
}

/**
 * What fails as a share of the requests, as packs deliver it: of a share that succeeds the rest, of failures per second
 * those of the requests per second. A share that succeeds which is never above 0 measures nothing, and is left out.
 */
export function withShares(columns: Column[]): Column[] {
  return columns.flatMap((column) => {
    const { entity, metric, meaning, values } = column;
    if (meaning.signal === 'availability' && meaning.perspective !== 'self' && meaning.unit === '1') {
      if (!values.some((value) => value > 0)) return [];
      const failing = { ...meaning, signal: 'errors', worse: 'up' } as const;
      return [{ ...column, meaning: failing, values: values.map((value) => 1 - value) }];
    }
    if (meaning.signal !== 'errors' || meaning.unit !== '1' || isShare(metric, values)) return [column];
    const requests = columns.find((one) => one.entity === entity && one.meaning.unit === 'req/s');
    // A count of failures without the requests is no share.
    if (!requests) return [{ ...column, meaning: { ...meaning, unit: 'errors' } }];
    const shares = values.map((value, row) =>
      requests.values[row]! > 0 ? value / requests.values[row]! : NaN,
    );
    return [{ ...column, values: shares }];
  });
}

function isShare(metric: string, values: Float64Array): boolean {
  const words = ` ${wordsOf(metric).join(' ')} `;
  if (/ (?:ratio|share|percent|pct) /u.test(words)) return true;
  return / rate /u.test(words) && values.every((value) => !(value > 1));
}

function scaled(values: Float64Array, factor: number): Float64Array {
  return factor === 1 ? values : values.map((value) => value * factor);
}

/** Rises, and falls at most at restarts of its process. */
function onlyRises(values: Float64Array): boolean {
  let rises = 0;
  let falls = 0;
  let last = NaN;
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    if (value > last) rises += 1;
    if (value < last) falls += 1;
    last = value;
  }
  return rises > 0 && falls * 20 <= rises;
}

/** Per second, from one sample to the next; a fall is a restart from zero. The first sample has no rate. */
function rateOf(times: Float64Array, values: Float64Array): Float64Array {
  const rates = new Float64Array(values.length).fill(NaN);
  let previous = -1;
  for (let row = 0; row < values.length; row += 1) {
    const value = values[row]!;
    if (Number.isNaN(value)) continue;
    if (previous >= 0) {
      const before = values[previous]!;
      const rise = value >= before ? value - before : value;
      rates[row] = rise / (times[row]! - times[previous]!);
    }
    previous = row;
  }
  return rates;
}

/** Median of the finite values; NaN when there is none. */
export function medianOf(values: Float64Array): number {
  const finite = values.filter((value) => Number.isFinite(value)).sort();
  if (finite.length === 0) return NaN;
  const middle = finite.length >> 1;
  return finite.length % 2 === 1 ? finite[middle]! : (finite[middle - 1]! + finite[middle]!) / 2;
}

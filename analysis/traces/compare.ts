import { larger } from '../stats/exact.js';
import { quantileSorted } from '../stats/order.js';
import { TRACES } from './weights.js';

/** What one kind of measurement was before and during the incident. */
export interface Comparison {
  before: number;
  after: number;
  /** -log10 of the chance of a rank sum like this where nothing changed. */
  decades: number;
  /** The difference is more than calm stretches differ by among themselves, and more than is worth telling. */
  isClear: boolean;
  /** Number of measurements during the incident. */
  count: number;
}

/**
 * Compares two samples: by their ranks whether the later one is larger, which seven values against seven can decide;
 * and by their typical value, the mean of five quantiles, how much: it follows a slow tail of one in ten but not a
 * single outlier. Where the calm is long enough it is cut into blocks, in the order of its values' times: what they
 * differ by among themselves is no difference. Null when there is too little to compare.
 */
export function compare(calm: number[], incident: number[]): Comparison | null {
  if (calm.length < TRACES.leastSample || incident.length === 0) return null;
  const before = typical(calm);
  const after = typical(incident);
  const size = Math.floor(calm.length / TRACES.blocks);
  let widest = 0;
  if (size >= TRACES.minSpans) {
    for (let block = 0; block < TRACES.blocks; block += 1) {
      const value = typical(calm.slice(block * size, (block + 1) * size));
      widest = Math.max(widest, Math.abs(value - before));
    }
  }
  const noise = Math.max(TRACES.clear * widest, TRACES.relativeFloor * before, TRACES.leastSeconds);
  const isClear = after - before > noise;
  return { before, after, decades: isClear ? larger(calm, incident) : 0, isClear, count: incident.length };
}

function typical(values: number[]): number {
  const sorted = Float64Array.from(values).sort();
  let sum = 0;
  for (const q of TRACES.quantiles) sum += quantileSorted(sorted, q);
  return sum / TRACES.quantiles.length;
}

import { quantileSorted } from '../stats/order.js';
import { TRACES } from '../weights.js';

/** What one kind of measurement was before and during the incident. */
export interface Comparison {
  before: number;
  after: number;
  /** Difference in units of what calm stretches differ by among themselves. */
  sigmas: number;
  /** Number of measurements during the incident. */
  count: number;
}

/**
 * Compares two samples by their typical value, the mean of five quantiles: it follows a slow tail of one in ten
 * but not a single outlier. The calm is cut into blocks, in the order of its values' times; how far the blocks
 * differ is the noise. Null when there is too little to compare.
 */
export function compare(calm: number[], incident: number[]): Comparison | null {
  if (calm.length < TRACES.minSpans || incident.length < TRACES.minSpans) return null;
  const before = typical(calm);
  const after = typical(incident);
  const size = Math.floor(calm.length / TRACES.blocks);
  let widest = 0;
  let sum = 0;
  let squares = 0;
  let blocks = 0;
  if (size >= TRACES.minSpans) {
    for (let block = 0; block < TRACES.blocks; block += 1) {
      const value = typical(calm.slice(block * size, (block + 1) * size));
      widest = Math.max(widest, Math.abs(value - before));
      sum += value;
      squares += value * value;
      blocks += 1;
    }
  }
  const deviation = blocks > 1 ? Math.sqrt(Math.max(0, squares / blocks - (sum / blocks) ** 2)) : 0;
  const noise = Math.max(deviation, widest, TRACES.relativeFloor * Math.abs(before), TRACES.leastSeconds);
  return { before, after, sigmas: (after - before) / noise, count: incident.length };
}

function typical(values: number[]): number {
  const sorted = Float64Array.from(values).sort();
  let sum = 0;
  for (const q of TRACES.quantiles) sum += quantileSorted(sorted, q);
  return sum / TRACES.quantiles.length;
}

import { SERIES } from './weights.js';

/** The stretch of a standardised series that stands out most in one direction. */
export interface Excursion {
  /** Sum of the clipped deviations above the drift within the stretch, in sigmas. */
  height: number;
  /** First and last bin of the stretch. */
  from: number;
  to: number;
}

/**
 * The largest cumulative sum (Page, Biometrika 1954) of `sign * deviations - drift` within `[begin, end)`: one
 * pass finds whether, where and how strongly the series left its level, wherever in the range that was.
 * Gaps are passed over.
 */
export function excursion(deviations: Float64Array, begin: number, end: number, sign: 1 | -1): Excursion {
  const { clip, drift } = SERIES;
  let height = 0;
  let bestFrom = -1;
  let bestTo = -1;
  let sum = 0;
  let from = -1;
  for (let bin = begin; bin < end; bin += 1) {
    const deviation = sign * deviations[bin]!;
    if (Number.isNaN(deviation)) continue;
    if (sum <= 0) {
      sum = 0;
      from = bin;
    }
    sum += (deviation > clip ? clip : deviation < -clip ? -clip : deviation) - drift;
    if (sum > height) {
      height = sum;
      bestFrom = from;
      bestTo = bin;
    }
  }
  return { height, from: bestFrom, to: bestTo };
}

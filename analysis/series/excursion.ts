import { SERIES } from '../weights.js';

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
  let best: Excursion = { height: 0, from: -1, to: -1 };
  let sum = 0;
  let from = -1;
  for (let bin = begin; bin < end; bin += 1) {
    const deviation = sign * deviations[bin]!;
    if (!Number.isFinite(deviation)) continue;
    const clipped =
      deviation > SERIES.clip ? SERIES.clip : deviation < -SERIES.clip ? -SERIES.clip : deviation;
    if (sum <= 0) {
      sum = 0;
      from = bin;
    }
    sum += clipped - SERIES.drift;
    if (sum > best.height) best = { height: sum, from, to: bin };
  }
  return best;
}

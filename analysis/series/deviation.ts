import type { Series } from '../../model/series.js';
import { BEGIN, SERIES } from './weights.js';
import { departures, referenceBefore } from './onset.js';
import { excursion } from './excursion.js';
import type { Grid } from './grid.js';
import type { Baseline } from './baseline.js';
import { surprise } from './surprise.js';

/** What one series did during the incident, against both its baseline and its level right before. */
export interface Deviation {
  series: Series;
  sign: 1 | -1;
  /** -log10 of the chance that baseline data do this. */
  surprise: number;
  /** Mean deviation within the stretch, in sigmas of the baseline. */
  sigmas: number;
  /**
   * log2(1 + sigmas), less where baseline data often do the same or it was a single spike: how loud it is, on one scale
   * for all metrics.
   */
  strength: number;
  /** In the series' unit, as measured: for words. */
  before: number;
  after: number;
  /** The same as it is weighed: how far a metric goes that had never moved says little, so it is cut. */
  weighed: { before: number; after: number };
  /** Bins of the stretch. */
  from: number;
  to: number;
  /** Unix seconds. */
  onset: number;
  onsetUncertainty: number;
  /** Deviations by bin of the grid. */
  deviations: Float64Array;
}

/** The move of a series in an incident that began at bin `begin`; null when it did not move. */
export function deviationOf(level: Baseline, begin: number, grid: Grid): Deviation | null {
  const { series, centre, scale, deviations, actual } = level;
  const own = ownBegin(level, begin, grid);
  const from = Math.max(grid.incidentStart, own - 1);
  const reference = referenceBefore(deviations, own);
  const local = departures(level, own, from);
  const up = excursion(local, from, grid.bins, 1);
  const down = excursion(local, from, grid.bins, -1);
  if (up.from < 0 && down.from < 0) return null;
  const sign = up.height >= down.height ? 1 : -1;
  const stretch = sign === 1 ? up : down;
  let sum = 0;
  let standing = 0;
  let after = 0;
  let count = 0;
  for (let bin = stretch.from; bin <= stretch.to; bin += 1) {
    if (Number.isNaN(local[bin]!)) continue;
    sum += local[bin]!;
    standing += deviations[bin]!;
    after += actual === null ? 0 : actual[bin]!;
    count += 1;
  }
  const sigmas = Math.abs(sum / count);
  const size = Math.log2(1 + sigmas);
  // What nobody will look at need not be judged against the baseline.
  if (size < SERIES.leastSize) return null;
  const rarity = surprise(deviations, level.baselineEnd, grid.bins - from, sign, stretch.height);
  const weighed = {
    before: withoutDust(centre + reference * scale, scale),
    after: withoutDust(centre + (standing / count) * scale, scale),
  };
  return {
    series,
    sign,
    surprise: rarity,
    sigmas,
    strength: size * (1 - Math.exp(-rarity / SERIES.rarityScale)) * (count > 1 ? 1 : SERIES.spike),
    before: actual === null ? weighed.before : referenceBefore(actual, own, centre),
    after: actual === null ? weighed.after : after / count,
    weighed,
    from: stretch.from,
    to: stretch.to,
    onset: grid.start + stretch.from * grid.width,
    onsetUncertainty: grid.width,
    deviations,
  };
}

/**
 * Causes come before what they do: traffic rises and then queues grow, a callee is slow and then its callers are. So a
 * series may begin a little before the incident does: where within the lead it steps away most from where it was.
 */
function ownBegin({ deviations }: Baseline, begin: number, grid: Grid): number {
  let sharpest = begin;
  let most = 0;
  for (let bin = begin; bin >= Math.max(grid.incidentStart, begin - grid.lead); bin -= 1) {
    const step = Math.abs(
      referenceBefore(deviations, bin + BEGIN.stepBins) - referenceBefore(deviations, bin),
    );
    if (step > most) [sharpest, most] = [bin, step];
  }
  return sharpest;
}

/** Zero where only the rounding of sums is left. */
function withoutDust(value: number, scale: number): number {
  return Math.abs(value) < 1e-9 * scale ? 0 : value;
}

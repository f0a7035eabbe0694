import type { Series } from '../../model/series.js';
import { compact, quantileSorted, spread } from '../stats/order.js';
import { SERIES } from './weights.js';
import { binned, type Grid } from './grid.js';
import { withoutSeason } from './season.js';

/** A series in units of its own calm: where it usually is, how far it strays, and how far off it was when. */
export interface Baseline {
  series: Series;
  /** Median of the baseline, in the series' unit. */
  centre: number;
  /** One sigma of the baseline, never less than what is worth telling apart, in the series' unit. */
  scale: number;
  /** The calm had no variance at all. */
  flat: boolean;
  /** (value - centre) / scale by bin of the grid, cut for a flat series; NaN where there is no sample. */
  deviations: Float64Array;
  /**
   * Means by bin in the series' unit, where deviations are cut or the season is taken; null where they tell the same.
   */
  actual: Float64Array | null;
  /** Bins before this one are calm; 0 when the series has none of its own. */
  baselineEnd: number;
  /** Share of the baseline's bins that have a sample. */
  filledBefore: number;
}

/** Below these absolute sizes a difference is of no consequence, by unit. */
const TRIVIAL: Record<string, number> = { s: 0.0005, '1': 0.002 };

/**
 * Null when the series has too few samples to have a level. `earlier` is the same series on earlier days (season.ts):
 * what they did at this hour too is no deviation.
 */
export function baselineOf(series: Series, grid: Grid, earlier: readonly Series[] = []): Baseline | null {
  const measured = binned(series.times, series.values, grid);
  const { sample } = grid.scratch;
  const calm = compact(measured, 0, grid.incidentStart, sample);
  const enough = calm >= SERIES.minCalm;
  // Without a calm of its own its best moment stands in.
  const size = enough ? calm : compact(measured, 0, measured.length, sample);
  if (size < 3) return null;
  const { centre, sigma } = enough
    ? spread(sample.subarray(0, size))
    : bestMoment(sample.subarray(0, size), series.worse);
  const usual = enough ? withoutSeason(measured, centre, earlier, grid) : null;
  // An availability of 0.99 is a failure ratio of 0.01: what counts is the distance from perfect.
  const amount = series.unit === '1' && series.worse === 'down' ? Math.abs(1 - centre) : Math.abs(centre);
  const scale = Math.max(sigma, SERIES.relativeFloor * amount, TRIVIAL[series.unit] ?? 0, 1e-9);
  const flat = sigma === 0;
  // Measured values are kept only where deviations do not tell them; else they are turned into them in place.
  const deviations = usual ?? (flat ? measured.slice() : measured);
  const cap = flat ? SERIES.flatSigmas : Infinity;
  for (let bin = 0; bin < deviations.length; bin += 1) {
    const deviation = (deviations[bin]! - centre) / scale;
    deviations[bin] = deviation > cap ? cap : deviation < -cap ? -cap : deviation;
  }
  return {
    series,
    centre,
    scale,
    flat,
    actual: flat || usual !== null ? measured : null,
    deviations,
    baselineEnd: enough ? grid.incidentStart : 0,
    filledBefore: grid.incidentStart === 0 ? 0 : calm / grid.incidentStart,
  };
}

/**
 * The best of some values in the order of time (the first where neither direction is worse), and the noise as
 * neighbours show it: a step is far from what it came from, however long it lasts.
 */
function bestMoment(values: Float64Array, worse: Series['worse']): { centre: number; sigma: number } {
  const steps = values.subarray(1).map((value, index) => Math.abs(value - values[index]!));
  const sigma = (1.4826 * quantileSorted(steps.sort(), 0.5)) / Math.SQRT2;
  if (worse === 'either') return { centre: values[0]!, sigma };
  const best =
    worse === 'up' ? values.reduce((a, b) => Math.min(a, b)) : values.reduce((a, b) => Math.max(a, b));
  return { centre: best, sigma };
}

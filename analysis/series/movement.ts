import type { Series } from '../../model/series.js';
import { spread } from '../stats/order.js';
import { SERIES } from '../weights.js';
import { excursion } from './excursion.js';
import { binned, type Grid } from './grid.js';
import { surprise } from './surprise.js';

/** What one series did around the anomaly, compared with its own calm. */
export interface Move {
  series: Series;
  sign: 1 | -1;
  /** -log10 of the chance that calm data do this, 0..8. */
  surprise: number;
  /** Mean deviation within the stretch, in sigmas of the calm, clipped. */
  sigmas: number;
  before: number;
  after: number;
  /** |after - before| in units of the larger of |before| and the smallest level that matters. */
  change: number;
  from: number;
  to: number;
  /** Unix seconds, with half the distance to where it might as well have begun. */
  onset: number;
  onsetUncertainty: number;
  /** Deviations in the watch, for comparing shapes; NaN for gaps. */
  shape: Float64Array;
  /** Share of the watch's bins that have no sample, less the share in the calm. */
  missing: number;
  calmBins: number;
}

/** Below these absolute sizes a change is of no consequence, by unit. */
const TRIVIAL: Record<string, number> = { s: 0.001, '1': 0.01 };

export function moveOf(series: Series, grid: Grid): Move | null {
  const values = binned(series.times, series.values, grid);
  const calm = calmOf(values, grid);
  if (calm === null) return null;
  const { centre, sigma, end } = calm;
  const trivial = TRIVIAL[series.unit] ?? 0;
  const scale = Math.max(sigma, SERIES.relativeFloor * Math.abs(centre), trivial / 2);
  const deviations = new Float64Array(values.length);
  let peak = 0;
  for (let bin = 0; bin < values.length; bin += 1) {
    const deviation = values[bin]! - centre;
    deviations[bin] = deviation;
    if (bin >= grid.watch && Math.abs(deviation) > peak) peak = Math.abs(deviation);
  }
  if (peak === 0) return null;
  // A calm without any variance knows no sigma: the peak then counts as the clip and no more.
  const unit = Math.max(scale, peak / 1e6);
  for (let bin = 0; bin < values.length; bin += 1) deviations[bin] = deviations[bin]! / unit;

  const up = excursion(deviations, grid.watch, grid.bins, 1);
  const down = excursion(deviations, grid.watch, grid.bins, -1);
  const length = grid.bins - grid.watch;
  const upSurprise = surprise(deviations, end, length, 1, up.height);
  const downSurprise = surprise(deviations, end, length, -1, down.height);
  const sign =
    upSurprise > downSurprise || (upSurprise === downSurprise && up.height >= down.height) ? 1 : -1;
  const stretch = sign === 1 ? up : down;
  if (stretch.from < 0) return null;

  let sum = 0;
  let count = 0;
  for (let bin = stretch.from; bin <= stretch.to; bin += 1) {
    if (!Number.isFinite(deviations[bin]!)) continue;
    sum += deviations[bin]!;
    count += 1;
  }
  const mean = sum / count;
  const after = centre + mean * unit;
  const level = Math.max(Math.abs(centre), trivial, 1e-12);
  return {
    series,
    sign,
    surprise: sign === 1 ? upSurprise : downSurprise,
    sigmas: Math.abs(mean),
    before: centre,
    after,
    change: Math.abs(after - centre) / level,
    from: stretch.from,
    to: stretch.to,
    onset: grid.start + stretch.from * grid.width,
    onsetUncertainty: grid.width,
    shape: deviations.subarray(grid.watch),
    missing: 0,
    calmBins: end,
  };
}

interface Calm {
  centre: number;
  sigma: number;
  /** Bins before this one are calm. */
  end: number;
}

function calmOf(values: Float64Array, grid: Grid): Calm | null {
  const calm = values.subarray(0, grid.watch).filter(Number.isFinite);
  if (calm.length >= SERIES.minCalm) return { ...spread(calm), end: grid.watch };
  // Without a calm stretch the whole is taken for calm: its median holds while the trouble covers less than half.
  const all = values.filter(Number.isFinite);
  if (all.length < 3) return null;
  return { ...spread(all), end: 0 };
}

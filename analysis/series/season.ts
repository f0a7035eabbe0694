import type { Series } from '../../model/series.js';
import { compact, spread } from '../stats/order.js';
import { SERIES } from './weights.js';
import { binned, type Grid } from './grid.js';

/** The series of the incident, and by the id of each what it was at the same hour of earlier days. */
export interface Seasons {
  now: Series[];
  earlier: ReadonlyMap<string, readonly Series[]>;
}

export function bySeason(series: readonly Series[]): Seasons {
  const now: Series[] = [];
  const earlier = new Map<string, Series[]>();
  for (const one of series) {
    if (!one.earlier) {
      now.push(one);
      continue;
    }
    const known = earlier.get(one.earlier.of);
    if (known) known.push(one);
    else earlier.set(one.earlier.of, [one]);
  }
  return { now, earlier };
}

/**
 * `values` (means by bin) less what the season explains: where every earlier day departed from its baseline in the same
 * direction, the smallest of these departures, as far as it brings the value nearer to `centre`. So the season can
 * only excuse, never accuse, and one bad yesterday excuses nothing that last week did not do too. Null when no
 * earlier day is known.
 */
export function withoutSeason(
  values: Float64Array,
  centre: number,
  earlier: readonly Series[],
  grid: Grid,
): Float64Array | null {
  const days = earlier.flatMap((series) => departuresOf(series, centre, grid) ?? []);
  if (days.length === 0) return null;
  return values.map((value, bin) => {
    const departure = value - centre;
    let excused = Math.abs(departure);
    for (const day of days) {
      const then = day[bin]! * Math.sign(departure);
      excused = Math.min(excused, then > 0 ? then : 0);
    }
    return value - Math.sign(departure) * excused;
  });
}

/** How far an earlier day was from its own calm, by bin, at the level of today; null when it had no calm. */
function departuresOf(series: Series, centreNow: number, grid: Grid): Float64Array | null {
  const means = binned(series.times, series.values, grid);
  const { sample } = grid.scratch;
  const calm = compact(means, 0, grid.incidentStart, sample);
  if (calm < SERIES.minCalm) return null;
  const { centre } = spread(sample.subarray(0, calm));
  const ratio = centre > 0 && centreNow > 0 ? centreNow / centre : 1;
  const growth = Math.min(SERIES.seasonGrowth, Math.max(1 / SERIES.seasonGrowth, ratio));
  return means.map((mean) => (mean - centre) * growth);
}

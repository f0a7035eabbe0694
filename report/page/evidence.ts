import type { SeriesMeta } from '../../model/series.js';

/** A stored series as it is plotted: cut to the window, with at most some hundred points. */
export interface PlottedSeries {
  meta: SeriesMeta;
  /** Unix seconds, ascending; as long as `values`. */
  times: readonly number[];
  /** In the series' unit; null begins a gap. */
  values: readonly (number | null)[];
  /** Where nine of ten samples of the calm stretch lie; null where it has none. */
  usual: { low: number; high: number } | null;
}

/** What the page knows beside the record: the samples behind what is said. */
export interface PageEvidence {
  series: readonly PlottedSeries[];
  /** Why some or all of it is not there, one clean sentence each without its full stop. */
  missing: readonly string[];
}

/** The page of a record whose evidence is not at hand. */
export function noEvidence(why: string): PageEvidence {
  return { series: [], missing: [why] };
}

/** One series as a watch sees it, on an even grid. */
export interface Watched {
  /** Unix seconds, ascending, one step apart. */
  times: Float64Array;
  /** NaN where there is no sample. */
  values: Float64Array;
  /** How much each value counts in a mean, such as its requests; null when all count alike. */
  weights: Float64Array | null;
  /** The same hours of earlier days, on the same grid. Empty when nobody asked for them. */
  earlier: Float64Array[];
  /** `s`, `1` (a ratio), `req/s`, ...; empty when it is not known. */
  unit: string;
}

/** What a watch thinks of one moment. */
export interface Judgement {
  /** `unknown`: there is nothing to judge by, which is evidence of nothing. */
  state: 'bad' | 'well' | 'unknown';
  /** When the present stretch began, as far as the method can tell. */
  since: number | null;
  /** One sentence with the numbers that decided. */
  statement: string;
}

/** Seconds between two points of a grid; 0 for fewer than two. */
export function stepOf(times: Float64Array): number {
  return times.length < 2 ? 0 : times[1]! - times[0]!;
}

/** Index after the last point that is not later than `time`. */
export function endAt(times: Float64Array, time: number): number {
  const step = stepOf(times);
  if (times.length === 0 || time < times[0]!) return 0;
  if (step === 0) return 1;
  return Math.min(times.length, Math.floor((time - times[0]!) / step + 1e-6) + 1);
}

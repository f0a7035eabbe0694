/** Order statistics on small scratch arrays. NaN must be removed first; see `compact`. */

/** Copies the finite values of `values[from, to)` into `scratch` and returns how many there are. */
export function compact(values: Float64Array, from: number, to: number, scratch: Float64Array): number {
  let count = 0;
  for (let index = from; index < to; index += 1) {
    const value = values[index]!;
    if (Number.isFinite(value)) {
      scratch[count] = value;
      count += 1;
    }
  }
  return count;
}

/**
 * Quantile `q` (0..1) of ascending `sorted`, linear between neighbours (type 7 of Hyndman and Fan, 1996).
 * NaN for no values.
 */
export function quantileSorted(sorted: Float64Array, q: number): number {
  const last = sorted.length - 1;
  if (last < 0) return NaN;
  const position = q * last;
  const low = Math.floor(position);
  const below = sorted[low]!;
  const above = sorted[Math.min(low + 1, last)]!;
  return below + (above - below) * (position - low);
}

/** Turns a median absolute deviation into the standard deviation that a normal distribution would have. */
const MAD_TO_SIGMA = 1.4826;
/** The same for the distance between the quartiles, and between the 2nd and 98th percentile. */
const IQR_TO_SIGMA = 1 / 1.349;
const WIDE_TO_SIGMA = 1 / 4.108;

/** With fewer values the outer percentiles are just the extremes. */
const WIDE_NEEDS = 25;

/** A robust centre and width of a sample; `values` is sorted in place. */
export interface Spread {
  centre: number;
  /**
   * The largest of three widths, each as the standard deviation of a normal sample that has it: the median
   * absolute deviation, which is blind to a metric that sits on one value for half of the time; the distance of
   * the quartiles; and the width but for one in fifty on each side, which sees a metric that now and then jumps.
   */
  sigma: number;
}

/** Sorts `values` in place, which hold no NaN; O(n log n) for the sort and linear for the rest. */
export function spread(values: Float64Array): Spread {
  values.sort();
  const centre = quantileSorted(values, 0.5);
  const iqr = quantileSorted(values, 0.75) - quantileSorted(values, 0.25);
  const wide = quantileSorted(values, 0.98) - quantileSorted(values, 0.02);
  return {
    centre,
    sigma: Math.max(
      MAD_TO_SIGMA * medianDeviationSorted(values, centre),
      IQR_TO_SIGMA * iqr,
      values.length >= WIDE_NEEDS ? WIDE_TO_SIGMA * wide : 0,
    ),
  };
}

/**
 * Median of the distances from `centre`. The values are sorted, so the distances grow away from the centre on
 * both sides: merging the two sides up to the middle takes one pass and no second sort.
 */
function medianDeviationSorted(sorted: Float64Array, centre: number): number {
  const { length } = sorted;
  let right = 0;
  while (right < length && sorted[right]! < centre) right += 1;
  let left = right - 1;
  let last = 0;
  let previous = 0;
  for (let taken = 0; taken <= length >> 1; taken += 1) {
    previous = last;
    const below = left >= 0 ? centre - sorted[left]! : Infinity;
    const above = right < length ? sorted[right]! - centre : Infinity;
    if (below < above) {
      last = below;
      left -= 1;
    } else {
      last = above;
      right += 1;
    }
  }
  return length % 2 === 1 ? last : (previous + last) / 2;
}

/**
 * From when to when events cover a source, but for one in five hundred on each side: a line with a broken clock is no
 * beginning. Null without events.
 */
export function coverage(times: Iterable<number>): { from: number; to: number } | null {
  const sorted = Float64Array.from(times).sort();
  if (sorted.length === 0) return null;
  return { from: quantileSorted(sorted, 0.002), to: quantileSorted(sorted, 0.998) };
}

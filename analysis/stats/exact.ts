/** Exact tests for small samples; each answers -log10 of a chance, so more is rarer. */

/**
 * How surprising it is that so few of `after` hold what `had` of `before` held, if both were alike: the lower tail of
 * the hypergeometric distribution (Fisher's exact test, one-sided), as -log10.
 */
export function fewer(had: number, before: number, has: number, after: number): number {
  const total = before + after;
  const holding = had + has;
  const least = Math.max(0, holding - before);
  // log C(n, k) by sums of logarithms: counts are bins of a window, so a few hundred at most.
  let tail = 0;
  for (let count = least; count <= has; count += 1) {
    tail += Math.exp(
      logChoose(after, count) + logChoose(before, holding - count) - logChoose(total, holding),
    );
  }
  return tail <= 0 ? MOST_DECADES : Math.min(MOST_DECADES, Math.max(0, -Math.log10(tail)));
}

/** The same for so many. */
export function more(had: number, before: number, has: number, after: number): number {
  return fewer(before - had, before, after - has, after);
}

/**
 * How surprising it is that `after` is as much larger than `before`, if both came from one source: the rank-sum test of
 * Wilcoxon (1945) and Mann and Whitney (1947), one-sided, by its normal approximation with the correction for ties, as
 * -log10. Seven against seven without overlap is 3, whatever the distribution.
 */
export function larger(before: readonly number[], after: readonly number[]): number {
  const m = before.length;
  const n = after.length;
  if (m === 0 || n === 0) return 0;
  const all = [
    ...before.map((value) => ({ value, isAfter: false })),
    ...after.map((value) => ({ value, isAfter: true })),
  ].sort((a, b) => a.value - b.value);
  let ranks = 0;
  let ties = 0;
  for (let from = 0; from < all.length;) {
    let to = from;
    while (to < all.length && all[to]!.value === all[from]!.value) to += 1;
    const size = to - from;
    ties += size ** 3 - size;
    const rank = (from + 1 + to) / 2;
    for (let at = from; at < to; at += 1) ranks += all[at]!.isAfter ? rank : 0;
    from = to;
  }
  const total = m + n;
  const variance = ((m * n) / 12) * (total + 1 - ties / (total * (total - 1)));
  if (variance <= 0) return 0;
  const z = (ranks - (n * (n + 1)) / 2 - (m * n) / 2 - 0.5) / Math.sqrt(variance);
  return z <= 0 ? 0 : Math.min(MOST_DECADES, normalTail(z));
}

/** More than this is not told apart. */
const MOST_DECADES = 12;

function logChoose(n: number, k: number): number {
  let sum = 0;
  for (let i = 1; i <= Math.min(k, n - k); i += 1) sum += Math.log((n - Math.min(k, n - k) + i) / i);
  return sum;
}

/**
 * -log10 of the chance that a normal value exceeds z > 0 (Abramowitz and Stegun 1964, 26.2.17 and, far out, 26.2.12).
 */
function normalTail(z: number): number {
  const density = -(z * z) / 2 - Math.log(Math.sqrt(2 * Math.PI));
  if (z > 5) return -(density + Math.log((1 - 1 / (z * z)) / z)) / Math.LN10;
  const t = 1 / (1 + 0.2316419 * z);
  const series =
    t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return -(density + Math.log(series)) / Math.LN10;
}

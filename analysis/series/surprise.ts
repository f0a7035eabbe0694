import { SERIES } from './weights.js';
import { excursion } from './excursion.js';

/**
 * How surprising an excursion of `height` in a range of `length` bins is, as -log10 of the chance that baseline data
 * reach it: the heights of baseline stretches of the same length are the sample (a conformal p-value, Vovk 2005),
 * continued beyond its largest by an exponential tail, since that is how maxima of cumulative sums fall off
 * (Siegmund 1985). The tail is never steeper than that of independent normal samples with the same drift, and
 * flatter when the baseline heights say so.
 */
export function surprise(
  deviations: Float64Array,
  baselineEnd: number,
  length: number,
  sign: 1 | -1,
  height: number,
): number {
  if (height <= 0) return 0;
  const heights: number[] = [];
  // Overlapping by half: twice the sample for the same calm.
  const stride = Math.max(1, length >> 1);
  for (let begin = baselineEnd - length; begin >= 0; begin -= stride) {
    heights.push(excursion(deviations, begin, begin + length, sign).height);
  }
  // What theory expects of the highest among `length` independent bins stands in for calm that is too short.
  const expected = Math.log(Math.max(2, length)) / (2 * SERIES.drift);
  heights.push(expected);
  heights.sort((a, b) => a - b);
  const count = heights.length;
  const largest = heights[count - 1]!;
  if (height <= largest) {
    const above = heights.filter((calm) => calm >= height).length;
    return -Math.log10((above + 1) / (count + 1));
  }
  const middle = heights[count >> 1]!;
  const scale = Math.max(1 / (2 * SERIES.drift), (largest - middle) / Math.log(count + 1));
  const beyond = (height - largest) / scale / Math.LN10;
  return Math.min(SERIES.maxSurprise, Math.log10(count + 1) + beyond);
}

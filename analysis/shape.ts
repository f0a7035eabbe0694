import type { DiagnosisInput } from './input.js';
import type { Series } from '../model/series.js';
import { LIMITS } from './limits.js';

/**
 * The course of a series over the window in at most `LIMITS.shape` even steps, for a sparkline: the mean of the
 * samples of each step with four significant digits, null for a step without any.
 */
export function shapeOf(
  { times, values }: Pick<Series, 'times' | 'values'>,
  { start, end, stepSeconds }: DiagnosisInput['window'],
): (number | null)[] {
  const samples = Math.floor((end - start) / stepSeconds + 1e-6) + 1;
  const steps = Math.max(1, Math.min(LIMITS.shape, samples));
  const width = (samples * stepSeconds) / steps;
  const sums = new Float64Array(steps);
  const counts = new Uint32Array(steps);
  for (let row = 0; row < values.length; row += 1) {
    const step = Math.floor((times[row]! - start) / width + 1e-6);
    if (step < 0 || step >= steps || !Number.isFinite(values[row]!)) continue;
    sums[step] = sums[step]! + values[row]!;
    counts[step] = counts[step]! + 1;
  }
  return Array.from(sums, (sum, step) =>
    counts[step] === 0 ? null : Number((sum / counts[step]!).toPrecision(4)),
  );
}

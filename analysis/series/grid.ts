import type { DiagnosisInput } from '../input.js';
import { quantileSorted } from '../stats/order.js';
import { SERIES } from './weights.js';

/**
 * The common time axis: bins of equal width from the window's start to its end, split in a calm stretch and a
 * watched one. The alert's time is imprecise, so the incident window begins before it by the slack, and the baseline
 * ends there.
 */
export interface Grid {
  start: number;
  width: number;
  bins: number;
  /** First bin of the incident window; the bins before it are the baseline. */
  incidentStart: number;
  /** The bin of the alert's time. */
  alert: number;
  /** Bins by which a cause may show before what users feel. */
  lead: number;
  /** How far the alert's time may be off, in seconds. */
  slack: number;
  /** Memory that is used again for every series: thousands of them would only feed the garbage collector. */
  scratch: { counts: Uint32Array; sample: Float64Array };
}

/**
 * `seenSince` is when the source begins to hold anything, unix seconds: a window that reaches further back is empty
 * there.
 */
export function gridOf(
  { window, anomaly }: Pick<DiagnosisInput, 'window' | 'anomaly'>,
  seenSince = window.start,
): Grid {
  const step = window.stepSeconds;
  const width = step * Math.max(1, Math.round(SERIES.binSeconds / step));
  const bins = Math.max(1, Math.floor((window.end - window.start) / width + 1e-6) + 1);
  const slack = Math.max(SERIES.slackSeconds, SERIES.slackSteps * step);
  // The nearest bin: a time that is a little early must not cost a whole sample of the baseline.
  const alert = Math.min(Math.max(Math.round((anomaly.time - window.start) / width), 0), bins - 1);
  const calm = Math.max(0, alert * width - Math.max(0, seenSince - window.start));
  // With little calm the rest must still be a baseline.
  const back = Math.max(
    Math.min(slack, SERIES.slackShare * calm),
    Math.min(slack + SERIES.lookbackSeconds, SERIES.lookbackShare * calm),
  );
  const incidentStart = Math.max(0, alert - Math.round(back / width));
  const scratch = { counts: new Uint32Array(bins), sample: new Float64Array(bins) };
  const lead = Math.max(1, Math.round(SERIES.leadSeconds / width));
  return { start: window.start, width, bins, incidentStart, alert, lead, slack, scratch };
}

/** When most series have their first sample, unix seconds; the window's start where there is none. */
export function seenSince({ series, window }: Pick<DiagnosisInput, 'series' | 'window'>): number {
  const first = series.flatMap(({ times, values }) => {
    const at = values.findIndex((value) => Number.isFinite(value));
    return at < 0 ? [] : [times[at]!];
  });
  return first.length === 0 ? window.start : quantileSorted(Float64Array.from(first).sort(), 0.5);
}

/** Mean of the samples in each bin, NaN where there is none. */
export function binned(times: Float64Array, values: Float64Array, grid: Grid): Float64Array {
  const { start, width, bins } = grid;
  const { counts } = grid.scratch;
  const means = new Float64Array(bins);
  counts.fill(0);
  for (let row = 0; row < values.length; row += 1) {
    const value = values[row]!;
    if (value - value !== 0) continue; // Neither NaN nor infinite.
    const bin = Math.floor((times[row]! - start) / width + 1e-6);
    if (bin < 0 || bin >= bins) continue;
    means[bin] = means[bin]! + value;
    counts[bin] = counts[bin]! + 1;
  }
  for (let bin = 0; bin < bins; bin += 1) {
    const count = counts[bin]!;
    if (count !== 1) means[bin] = count === 0 ? NaN : means[bin]! / count;
  }
  return means;
}

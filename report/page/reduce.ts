import type { Diagnosis } from '../../model/diagnosis.js';
import type { Series } from '../../model/series.js';
import { quantile } from 'd3-array';
import type { PlottedSeries } from './evidence.js';

/** Points of a plot: more than a screen can tell apart. */
export const MOST_POINTS = 300;

/** Two samples further apart than so many steps have a gap between them. */
const GAP_STEPS = 1.5;

interface Sample {
  time: number;
  value: number | null;
}

/**
 * A stored series, made ready to be plotted: cut to the window, gaps marked, and where it has more than `MOST_POINTS`
 * samples, the lowest and the highest of each stretch kept, so that no spike is lost.
 */
export function reduceSeries(
  { times, values, ...meta }: Series,
  { window, baseline }: Pick<Diagnosis, 'window' | 'baseline'>,
): PlottedSeries {
  const samples: Sample[] = [];
  const calm: number[] = [];
  times.forEach((time, index) => {
    if (time < window.start || time > window.end) return;
    const value = values[index]!;
    const before = samples.at(-1);
    if (before && time - before.time > GAP_STEPS * window.stepSeconds) {
      samples.push({ time: before.time + window.stepSeconds, value: null });
    }
    samples.push({ time, value: Number.isFinite(value) ? value : null });
    if (Number.isFinite(value) && time >= baseline.start && time <= baseline.end) calm.push(value);
  });
  const kept = samples.length > MOST_POINTS ? extremes(samples, MOST_POINTS / 3) : samples;
  return {
    meta,
    times: kept.map(({ time }) => time),
    values: kept.map(({ value }) => value),
    usual: calm.length === 0 ? null : { low: quantile(calm, 0.05)!, high: quantile(calm, 0.95)! },
  };
}

/** Of each stretch its lowest and its highest sample, and a gap where it has one, in their order. */
function extremes(samples: readonly Sample[], stretches: number): Sample[] {
  const size = Math.ceil(samples.length / stretches);
  return Array.from({ length: Math.ceil(samples.length / size) }, (_, index) =>
    samples.slice(index * size, (index + 1) * size),
  ).flatMap((stretch) => {
    const measured = stretch.filter(({ value }) => value !== null).sort((a, b) => a.value! - b.value!);
    const gap = stretch.find(({ value }) => value === null);
    const kept = new Set([measured[0], measured.at(-1), gap]);
    return stretch.filter((sample) => kept.has(sample));
  });
}

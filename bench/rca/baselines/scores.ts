import type { DiagnosisInput } from '../../../analysis/input.js';
import type { Series } from '../../../model/series.js';

/** The finite samples of a series before the alert's time, and from it on. */
export interface Split {
  before: Float64Array;
  after: Float64Array;
}

export function splitAt(series: Series, time: number): Split {
  const keep = (wanted: (at: number) => boolean): Float64Array =>
    series.values.filter((value, row) => Number.isFinite(value) && wanted(series.times[row]!));
  return { before: keep((at) => at < time), after: keep((at) => at >= time) };
}

/** Services that a series speaks of: its own, the callee of a call, or all that run on the host. */
export function servicesOf(series: Series, input: DiagnosisInput): string[] {
  const { subject } = series;
  switch (subject.kind) {
    case 'service':
      return [subject.service];
    case 'edge':
      return [subject.callee];
    case 'host':
      return input.graph.placements.filter(({ host }) => host === subject.host).map(({ service }) => service);
  }
}

/** The largest score of each service's series. Services without a score have 0. */
export function largestPerService(
  input: DiagnosisInput,
  score: (split: Split) => number,
): Map<string, number> {
  const scores = new Map(input.graph.services.map((service) => [service, 0]));
  for (const series of input.series) {
    const split = splitAt(series, input.anomaly.time);
    if (split.before.length === 0 || split.after.length === 0) continue;
    const value = score(split);
    for (const service of servicesOf(series, input)) {
      scores.set(service, Math.max(scores.get(service) ?? 0, value));
    }
  }
  return scores;
}

/** Best first; equal scores in the order of the names. */
export function rankingOf(scores: Map<string, number>): string[] {
  return [...scores].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)).map(([service]) => service);
}

export function meanOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Population standard deviation. */
export function deviationOf(values: Float64Array): number {
  const mean = meanOf(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}

export function largestOf(values: Float64Array): number {
  return values.reduce((max, value) => (value > max ? value : max), -Infinity);
}

/** Quantile with linear interpolation of the sorted values. */
export function quantileOf(sorted: Float64Array, share: number): number {
  const at = share * (sorted.length - 1);
  const low = sorted[Math.floor(at)]!;
  return low + (sorted[Math.ceil(at)]! - low) * (at - Math.floor(at));
}

import type { DiagnosisInput } from '../../../analysis/input.js';
import type { SpanTable } from '../../../model/telemetry.js';
import { deviationOf, meanOf, quantileOf, splitAt } from './scores.js';

const SIGMAS = 3;
const TIMES_SLOWER = 3;
const TIMES_MORE_ERRORS = 3;

/**
 * Counts alarms of plain rules, after SimpleRCA (Fang et al., "An Empirical Study of SOTA RCA Models", arXiv
 * 2510.04711): a metric whose mean leaves three standard deviations, spans whose 95th percentile is three times as
 * long, error lines that come three times as often. Most alarms first; of as many the service that is nearest to the
 * alert along the calls.
 */
export function simpleRca(input: DiagnosisInput): string[] {
  const alarms = new Map(input.graph.services.map((service) => [service, 0]));
  const raise = (service: string): void => void alarms.set(service, (alarms.get(service) ?? 0) + 1);
  for (const series of input.series) {
    if (series.subject.kind !== 'service') continue;
    const { before, after } = splitAt(series, input.anomaly.time);
    if (before.length < 2 || after.length === 0) continue;
    const moved = meanOf(after) - meanOf(before);
    const isWorse = series.worse === 'either' || (series.worse === 'up' ? moved > 0 : moved < 0);
    if (isWorse && Math.abs(moved) > SIGMAS * deviationOf(before)) raise(series.subject.service);
  }
  for (const service of slowSpans(input.spans, input.anomaly.time)) raise(service);
  for (const service of loudLogs(input)) raise(service);
  const hops = hopsFrom(input);
  const far = (service: string): number => hops.get(service) ?? Infinity;
  return [...alarms.keys()].sort(
    (a, b) =>
      alarms.get(b)! - alarms.get(a)! || (far(a) === far(b) ? 0 : far(a) - far(b)) || (a < b ? -1 : 1),
  );
}

function slowSpans(spans: SpanTable | null, time: number): string[] {
  if (spans === null) return [];
  return spans.services.filter((_, index) => {
    const p95 = (wanted: (start: number) => boolean): number => {
      const own = spans.duration.filter(
        (_, row) => spans.service[row] === index && wanted(spans.start[row]!),
      );
      return own.length === 0 ? NaN : quantileOf(own.sort(), 0.95);
    };
    return p95((start) => start >= time) > TIMES_SLOWER * p95((start) => start < time);
  });
}

function loudLogs({ logs, anomaly, window }: DiagnosisInput): string[] {
  const counts = new Map<string, { before: number; after: number }>();
  logs?.time.forEach((time, row) => {
    const { service, level } = logs.kinds[logs.kind[row]!]!;
    if (level !== 'error') return;
    const count = counts.get(service) ?? { before: 0, after: 0 };
    count[time < anomaly.time ? 'before' : 'after'] += logs.lines[row]!;
    counts.set(service, count);
  });
  const shareAfter = (window.end - anomaly.time) / Math.max(1, anomaly.time - window.start);
  return [...counts]
    .filter(([, { before, after }]) => after > TIMES_MORE_ERRORS * before * shareAfter)
    .map(([service]) => service);
}

/** Hops of each service from the alerting one, in either direction of the calls. */
function hopsFrom({ anomaly, graph }: DiagnosisInput): Map<string, number> {
  const hops = new Map([[anomaly.service, 0]]);
  for (const [service, far] of hops) {
    for (const { caller, callee } of graph.edges) {
      const other = caller === service ? callee : callee === service ? caller : null;
      if (other !== null && !hops.has(other)) hops.set(other, far + 1);
    }
  }
  return hops;
}

import type { DiagnosisInput } from '../../../analysis/input.js';
import type { Series, SignalKind } from '../../../model/series.js';
import { rankingOf, type Split } from './scores.js';

/** What the authors' data hold of each service: use of resources, requests, failures, and one latency. */
const READ: readonly SignalKind[] = ['cpu', 'memory', 'disk', 'connections', 'traffic', 'errors'];
/** Their latency is the 90th percentile; where a system does not tell it, the next best. */
const LATENCIES = ['latency-p90', 'latency-p95', 'latency-p99', 'latency-mean', 'latency-p50'];

/**
 * Services by their farthest series, as the package of BARO's authors (fse-baro) does: columns of services alone, gaps
 * filled with the sample before and then with 0, what is constant before or after the alert left out.
 */
export function farthestColumn(input: DiagnosisInput, score: (split: Split) => number): string[] {
  const scores = new Map(input.graph.services.map((service) => [service, -Infinity]));
  for (const series of columnsOf(input)) {
    // The unit counts where the time before hardly varies: theirs of memory is the megabyte.
    const unit = series.signal === 'memory' && series.unit === 'bytes' ? 1e-6 : 1;
    const values = filled(series.values).map((value) => value * unit);
    const split: Split = {
      before: values.filter((_, row) => series.times[row]! < input.anomaly.time),
      after: values.filter((_, row) => series.times[row]! >= input.anomaly.time),
    };
    if (isConstant(split.before) || isConstant(split.after)) continue;
    const { service } = series.subject as { service: string };
    scores.set(service, Math.max(scores.get(service) ?? -Infinity, score(split)));
  }
  return rankingOf(scores);
}

function columnsOf({ series }: DiagnosisInput): Series[] {
  const own = series.filter(
    ({ subject, perspective }) => subject.kind === 'service' && perspective !== 'client',
  );
  const statisticOf = ({ id }: Series): string => id.slice(id.lastIndexOf('/') + 1);
  const latencies = new Map<string, Series>();
  for (const name of LATENCIES) {
    for (const one of own) {
      const service = one.id.slice(0, one.id.lastIndexOf('/'));
      if (statisticOf(one) === name && !latencies.has(service)) latencies.set(service, one);
    }
  }
  return [...own.filter(({ signal }) => READ.includes(signal)), ...latencies.values()];
}

function filled(values: Float64Array): Float64Array {
  let last = 0;
  return values.map((value) => (last = Number.isFinite(value) ? value : last));
}

function isConstant(values: Float64Array): boolean {
  return values.every((value) => value === values[0]);
}

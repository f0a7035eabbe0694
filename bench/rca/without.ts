import type { DiagnosisInput } from '../../analysis/input.js';
import { signalKind, type Series, type SignalKind } from '../../model/series.js';
import { isCollected } from './collected.js';

/** Kinds of evidence that can be withheld, and how. */
const WITHHOLD: Record<string, (input: DiagnosisInput) => DiagnosisInput> = {
  traces: (input) => ({ ...input, spans: null }),
  logs: (input) => ({ ...input, logs: null }),
  changes: (input) => ({ ...input, changes: [] }),
  checks: (input) => ({ ...input, checks: [] }),
  graph: (input) => ({ ...input, graph: { ...input.graph, edges: [] } }),
  placements: (input) => ({ ...input, graph: { ...input.graph, placements: [] } }),
  edges: (input) => keepSeries(input, ({ subject }) => subject.kind !== 'edge'),
  hosts: (input) => keepSeries(input, ({ subject }) => subject.kind !== 'host'),
  resources: (input) => keepSeries(input, ({ perspective }) => perspective !== 'self'),
  /** Series that no metric pack delivers. */
  uncollected: (input) => keepSeries(input, isCollected),
  client: (input) => keepSeries(input, ({ perspective }) => perspective !== 'client'),
  title: (input) => {
    const { service, symptom, time } = input.anomaly;
    return { ...input, anomaly: { service, symptom, time } };
  },
  ...Object.fromEntries(
    signalKind.options.map((signal: SignalKind) => [
      signal,
      (input: DiagnosisInput) => keepSeries(input, (series) => series.signal !== signal),
    ]),
  ),
};

function keepSeries(input: DiagnosisInput, wanted: (series: Series) => boolean): DiagnosisInput {
  return { ...input, series: input.series.filter(wanted) };
}

/** What the product does not have of a case. */
export const NOT_COLLECTED = ['uncollected'];

/** What may follow --without. */
export const WITHHOLDABLE: string[] = Object.keys(WITHHOLD);

/** The input as if the kinds of evidence named had not been looked at. Throws for a name that it does not know. */
export function without(input: DiagnosisInput, kinds: string[]): DiagnosisInput {
  return kinds.reduce((left, kind) => {
    const withhold = WITHHOLD[kind];
    if (!withhold) throw new Error(`--without ${kind}: expected one of ${WITHHOLDABLE.join(', ')}`);
    return withhold(left);
  }, input);
}

/** Samples before the alert below which there is nothing to compare with. */
const LEAST_CALM = 5;

function hasCalm({ series, anomaly }: DiagnosisInput): boolean {
  return series.some(({ times }) => times.filter((time) => time < anomaly.time).length >= LEAST_CALM);
}

/** The evidence that a case carries, in a few words: `metrics, graph, traces`. */
export function evidenceIn(input: DiagnosisInput): string {
  const has: [string, boolean][] = [
    [hasCalm(input) ? 'metrics' : 'metrics without a calm', input.series.length > 0],
    ['graph', input.graph.edges.length > 0],
    ['traces', input.spans !== null],
    ['logs', input.logs !== null],
    ['changes', input.changes.length > 0],
  ];
  return has.flatMap(([name, there]) => (there ? [name] : [])).join(', ');
}

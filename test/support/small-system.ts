import type { DiagnosisInput } from '../../analysis/input.js';
import type { Series, SeriesMeta, SignalKind, Subject } from '../../model/series.js';
import { randomOf } from './random.js';

/** Unix seconds at which what goes wrong does. */
export const ALERT = 1_700_000_000;
const STEP = 15;
const BEFORE = 120;
const ROWS = 140;

const METRICS: Partial<Record<SignalKind, Pick<SeriesMeta, 'name' | 'unit' | 'worse'>>> = {
  latency: { name: 'latency-50', unit: 's', worse: 'up' },
  errors: { name: 'error-ratio', unit: '1', worse: 'up' },
  traffic: { name: 'requests', unit: 'req/s', worse: 'either' },
  cpu: { name: 'cpu', unit: 'cores', worse: 'up' },
  memory: { name: 'memory', unit: 'bytes', worse: 'up' },
  connections: { name: 'sockets', unit: '1', worse: 'up' },
};

/** What a metric was, and is from the alert on (rows of 15 s before or after it); null for no samples any more. */
interface Course {
  before: number;
  after: number | null;
  /** Rows after the alert; negative for before it. */
  delay?: number;
}

/** A series that goes from one level to another, with a twentieth of noise. */
function told(subject: Subject, signal: SignalKind, { before, after, delay = 0 }: Course): Series {
  const of = subject.kind === 'edge' ? `${subject.caller}>${subject.callee}` : JSON.stringify(subject);
  const random = randomOf(
    Array.from(of + signal).reduce((sum, letter) => 31 * sum + letter.charCodeAt(0), 0),
  );
  const golden = signal === 'latency' || signal === 'errors' || signal === 'traffic';
  return {
    id: `${of} ${signal}`,
    subject,
    signal,
    ...METRICS[signal]!,
    perspective: subject.kind === 'edge' ? 'client' : golden ? 'server' : 'self',
    query: of,
    source: 'test',
    times: Float64Array.from({ length: ROWS }, (_, row) => ALERT + (row - BEFORE) * STEP),
    values: Float64Array.from(
      { length: ROWS },
      (_, row) => (row < BEFORE + delay ? before : (after ?? NaN)) * random.between(0.95, 1.05),
    ),
  };
}

/** A metric of a service. */
export function of(
  service: string,
  signal: SignalKind,
  before: number,
  after: number | null,
  delay = 0,
): Series {
  return told({ kind: 'service', service }, signal, { before, after, delay });
}

/** A metric of a call, as the caller measures it. */
export function calls(
  caller: string,
  callee: string,
  signal: SignalKind,
  before: number,
  after: number,
): Series {
  return told({ kind: 'edge', caller, callee }, signal, { before, after });
}

/** What is known of a system with these calls when `front` alerts. */
export function inputOf(
  symptom: 'latency' | 'errors' | 'other',
  edges: [string, string][],
  series: Series[],
): DiagnosisInput {
  const services = [...new Set(edges.flat())];
  return {
    anomaly: { service: 'front', symptom, time: ALERT },
    window: { start: ALERT - BEFORE * STEP, end: ALERT + (ROWS - BEFORE - 1) * STEP, stepSeconds: STEP },
    graph: {
      services,
      edges: edges.map(([caller, callee]) => ({
        caller,
        callee,
        learntFrom: { source: 'test', seenAt: null },
      })),
      placements: [],
      external: [],
    },
    series,
    changes: [],
    checks: [],
    spans: null,
    logs: null,
    conditions: null,
    gaps: [],
  };
}

import { candidatesOf } from '../../analysis/verdict/candidates.js';
import type { Change } from '../../model/change.js';
import type { Diagnosis, Evidence, Movement, Suspect, Symptom } from '../../model/diagnosis.js';
import type { IncidentRecord } from '../../model/incident.js';
import type { SeriesMeta } from '../../model/series.js';
import { anAnomaly, T0 } from './anomalies.js';

/** First symptom of the sample incident: two minutes before its alert. */
export const ZERO = T0 - 120;

/** What the sample diagnosis looks at. */
const WINDOW = { start: T0 - 3600, end: T0 + 60, stepSeconds: 15 };

type Golden = 'latency' | 'errors' | 'traffic';
type Moved = [before: number, after: number, at: number];

const GOLDEN = {
  latency: { name: 'latency p95', unit: 's', metric: 'http_server_request_duration_seconds' },
  errors: { name: 'error ratio', unit: '1', metric: 'http_server_requests_failed:ratio' },
  traffic: { name: 'requests', unit: 'req/s', metric: 'http_server_requests:rate' },
} as const;

/** A golden signal of a service as OpenTelemetry's HTTP metrics tell it. */
export function golden(service: string, signal: Golden): SeriesMeta {
  const { name, unit, metric } = GOLDEN[signal];
  const series = `${metric}{service_name="${service}"}[2m]`;
  return {
    id: `${service}/${name.replace(' ', '-')}`,
    subject: { kind: 'service', service },
    signal,
    name,
    unit,
    worse: signal === 'traffic' ? 'either' : 'up',
    perspective: 'server',
    query:
      signal === 'latency'
        ? `histogram_quantile(0.95, sum by (le) (rate(${series})))`
        : `sum(rate(${series}))`,
    source: 'prometheus',
  };
}

/** A resource of a service. */
export function resource(
  service: string,
  signal: SeriesMeta['signal'],
  { name, unit, query }: Pick<SeriesMeta, 'name' | 'unit' | 'query'>,
): SeriesMeta {
  const id = `${service}/${name.replaceAll(' ', '-')}`;
  const subject = { kind: 'service', service } as const;
  return { id, subject, signal, name, unit, worse: 'up', perspective: 'self', query, source: 'prometheus' };
}

export function moved({ unit }: SeriesMeta, [before, after, at]: Moved): Movement {
  const onset = { time: at, uncertaintySeconds: 15 };
  return { before, after, unit, direction: after > before ? 'up' : 'down', onset, surprise: 1e-6 };
}

/** A symptom whose samples are calm until its onset and bad from then on, with the scrape that every series loses. */
export function aSymptom(series: SeriesMeta, values: Moved): Symptom {
  const { subject, signal } = series;
  return { subject, signal, movement: moved(series, values), series, shape: shapeOf(values) };
}

const SHAPE_POINTS = 40;
const MISSED_SCRAPES = [6, 7];

function shapeOf([before, after, at]: Moved): (number | null)[] {
  return Array.from({ length: SHAPE_POINTS }, (_, index) => {
    if (MISSED_SCRAPES.includes(index)) return null;
    const time = WINDOW.start + ((index + 0.5) / SHAPE_POINTS) * (WINDOW.end - WINDOW.start);
    const ripple = 1 + 0.1 * Math.sin(index);
    return (time < at ? before : after) * ripple;
  });
}

type Observation = Pick<Evidence, 'kind' | 'weight' | 'statement'> & {
  stance?: Evidence['stance'];
  series?: SeriesMeta;
  values?: Moved;
  changeId?: string;
};

export function observed({
  kind,
  weight,
  statement,
  stance = 'for',
  series,
  values,
  changeId,
}: Observation): Evidence {
  const movement = series && values ? moved(series, values) : null;
  return {
    observation: `${kind}: ${statement}`,
    kind,
    stance,
    weight,
    statement,
    movement,
    series: series ?? null,
    changeId: changeId ?? null,
  };
}

export function aSuspect(
  service: string,
  differences: Partial<Suspect> & Pick<Suspect, 'faultKind' | 'confidence'>,
): Suspect {
  return {
    service,
    faultKinds: [{ kind: differences.faultKind, probability: 1 }],
    onset: null,
    changeId: null,
    evidence: [],
    status: 'possible',
    ...differences,
  };
}

export function aChange(differences: Partial<Change> = {}): Change {
  return {
    id: '4f2a91c',
    kind: 'deploy',
    time: ZERO - 285,
    service: 'payment',
    title: 'payment v812: validate cards before charging',
    details: 'Card numbers are checked by the new validator.',
    files: ['src/charge.ts', 'src/validate.ts'],
    author: 'team-payments',
    link: 'https://git.example/shop/payment/commit/4f2a91c',
    source: 'deploys',
    ...differences,
  };
}

/** A diagnosis of the checkout service's latency: window, baseline and counts, and no verdict to speak of. */
export function diagnosisOf(
  verdict: Partial<Diagnosis['verdict']>,
  rest: Partial<Omit<Diagnosis, 'verdict'>> = {},
): Diagnosis {
  const suspects = rest.suspects ?? [];
  return {
    rulesVersion: '3',
    anomaly: { service: 'checkout', symptom: 'latency', time: T0 },
    window: WINDOW,
    baseline: { start: T0 - 3600, end: ZERO - 300 },
    onset: { time: ZERO - 15, uncertaintySeconds: 15 },
    verdict: {
      level: 'suspected',
      service: suspects[0]?.service ?? null,
      faultKind: suspects[0]?.faultKind ?? 'unknown',
      changeId: null,
      confidence: suspects[0]?.confidence ?? 0,
      rule: 'leading-suspect',
      reason: 'One suspect explains most of what was seen.',
      wouldSettle: [],
      ...verdict,
    },
    ranking: suspects.map(({ service, confidence }) => ({ service, score: confidence * 20 })),
    candidates: candidatesOf(suspects),
    propagation: [],
    symptoms: [],
    blastRadius: [],
    ruledOut: [],
    gaps: [],
    nextActions: [],
    looked: { services: 11, series: 212, samples: 50880 },
    ...mapOf(rest, suspects),
    ...rest,
    suspects,
  };
}

/** The calls along which it spread, and the services around them. None where it did not spread along calls. */
function mapOf(
  { propagation = [], blastRadius = [] }: Partial<Diagnosis>,
  suspects: Suspect[],
): Pick<Diagnosis, 'map'> {
  if (propagation.length === 0) return {};
  const names = new Set([...suspects.map(({ service }) => service), ...blastRadius, 'checkout']);
  return {
    map: {
      services: [...names].map((name) => ({ name, external: false, measured: true, host: null })),
      calls: propagation.map(({ from, to }) => ({
        caller: to,
        callee: from,
        traffic: 10,
        worse: ['latency'],
      })),
      leftOut: 0,
    },
  };
}

/** The record of an incident of the shop that is being followed; `differences` replace whole fields. */
export function recordOf(differences: Partial<IncidentRecord> = {}): IncidentRecord {
  const alert = anAnomaly();
  return {
    schemaVersion: '1',
    id: 'incident/checkout/20261124-1042-0a1b2c',
    runId: '0193a4e1-5c1f-7c3a-9a51-2f6d0b6c8e11',
    revision: 1,
    revisionReason: 'first-result',
    environment: 'production',
    service: 'checkout',
    severity: 'critical',
    state: 'following',
    anomalies: [alert],
    unlisted: { firing: 0, resolved: 0 },
    scope: {
      environment: 'production',
      service: 'checkout',
      symptom: 'latency',
      services: ['checkout', 'payment', 'ledger', 'cart', 'web'],
      window: WINDOW,
      anomalyTime: T0,
      packs: ['otel-http', 'cadvisor'],
      gaps: [],
    },
    diagnosis: null,
    changes: [],
    documents: [],
    checks: [],
    gaps: [],
    evidence: [],
    timeline: [
      { time: alert.startedAt, what: `${alert.title} (checkout, critical)`, source: 'alertmanager' },
    ],
    acknowledged: null,
    escalatedAt: null,
    feedback: null,
    publications: [],
    timings: { openedAt: T0 + 20, firstResultAt: T0 + 31, closedAt: null },
    links: [{ title: 'Temporal run', url: 'http://127.0.0.1:8233/namespaces/default/workflows/incident' }],
    product: { version: '0.1.0' },
    ...differences,
  };
}

import type { IncidentRecord } from '../../model/incident.js';
import type { SliceFinding } from '../../model/slices.js';
import { anAnomaly, T0 } from './anomalies.js';
import { hostileRecord } from './hostile-record.js';
import {
  aChange,
  aSuspect,
  aSymptom,
  diagnosisOf,
  golden,
  observed,
  recordOf,
  resource,
  ZERO,
} from './record-parts.js';

const CONNECTIONS = {
  name: 'connections in use',
  unit: 'connections',
  query: 'sum(db_client_connection_count{service_name="payment",state="used"})',
};

function poolSaturation(): IncidentRecord {
  const pool = resource('payment', 'connections', CONNECTIONS);
  const payment = golden('payment', 'latency');
  const payments = aSuspect('payment', {
    faultKind: 'pool-saturation',
    confidence: 0.78,
    faultKinds: [
      { kind: 'pool-saturation', probability: 0.8 },
      { kind: 'network', probability: 0.2 },
    ],
    onset: { time: ZERO - 30, uncertaintySeconds: 15 },
    status: 'leading',
    evidence: [
      observed({
        kind: 'local-symptom',
        weight: 5.2,
        statement: 'latency p95 of payment rose from 20 ms to 1.2 s.',
        series: payment,
        values: [0.02, 1.2, ZERO - 30],
      }),
      observed({
        kind: 'resource',
        weight: 3.1,
        statement: 'connections in use of payment rose from 6 to 20, all that there are.',
        series: pool,
        values: [6, 20, ZERO - 45],
      }),
      observed({
        kind: 'unexplained-by-callees',
        weight: 1.5,
        statement: 'Nothing that payment calls shows a symptom that would explain it.',
      }),
      observed({
        kind: 'check',
        weight: 1,
        stance: 'against',
        statement: 'No request of payment waits for a connection longer than 5 ms.',
      }),
    ],
  });
  const cart = aSuspect('cart', {
    faultKind: 'unknown',
    confidence: 0.11,
    evidence: [
      observed({
        kind: 'local-symptom',
        weight: 1.1,
        statement: 'latency p95 of cart rose from 15 ms to 22 ms.',
        series: golden('cart', 'latency'),
        values: [0.015, 0.022, ZERO + 60],
      }),
    ],
  });
  return recordOf({
    diagnosis: diagnosisOf(
      {
        reason: 'payment moved first and nothing that it calls explains it.',
        wouldSettle: ['How long requests of payment wait for a connection'],
      },
      {
        suspects: [payments, cart],
        symptoms: [
          aSymptom(golden('checkout', 'latency'), [0.18, 1.9, ZERO]),
          aSymptom(payment, [0.02, 1.2, ZERO - 30]),
        ],
        blastRadius: ['payment', 'checkout', 'web'],
        propagation: [
          { from: 'payment', to: 'checkout', via: 'calls', lagSeconds: 30 },
          { from: 'checkout', to: 'web', via: 'calls', lagSeconds: null },
        ],
        ruledOut: [{ what: 'ledger', why: 'Its latency stayed at 4 ms.' }],
        nextActions: [
          {
            title: 'See what holds the connections of payment',
            command: "psql -h ledger-db -c 'select state, count(*) from pg_stat_activity group by 1'",
            risk: 'read-only',
            expect: 'Twenty connections, most of them idle in transaction.',
          },
          {
            title: 'Restart one instance of payment',
            command: 'kubectl rollout restart deployment/payment',
            risk: 'reversible',
            expect: 'Its latency returns to 20 ms within a minute.',
          },
        ],
      },
    ),
    checks: [
      {
        check: 'pool-wait',
        service: 'payment',
        outcome: 'passed',
        statement: 'Requests wait 3 ms for a connection.',
        speaksFor: 'pool-saturation',
        query: 'max(db_client_connection_wait_seconds{service_name="payment"})',
        source: 'prometheus',
        ranAt: T0 + 26,
        tookMs: 41,
      },
    ],
  });
}

/** What runs v812 fails, wherever it runs. */
function slicesOfBadDeploy(): SliceFinding[] {
  const common = { service: 'payment', measure: 'failures', source: 'prometheus' } as const;
  const failing = 'increase(http_requests_total{service="payment", status=~"5.."}[2m])';
  const all = 'increase(http_requests_total{service="payment"}[2m])';
  const ratioBy = (label: string): string => `sum by (${label}) (${failing}) / sum by (${label}) (${all})`;
  return [
    {
      ...common,
      ...{ dimension: 'version', label: 'version', outcome: 'concentrated', bad: ['v812'], count: 2 },
      statement:
        'Only version v812 of payment fails more (0.1 % -> 56 % of its requests): it has 100 % of the added failures and 25 % of the requests.',
      slices: [
        { value: 'v812', requestShare: 0.25, lossShare: 1, before: null, after: 0.56 },
        { value: 'v811', requestShare: 0.75, lossShare: 0, before: 0.001, after: 0.001 },
      ],
      query: ratioBy('version'),
    },
    {
      ...common,
      ...{ dimension: 'zone', label: 'zone', outcome: 'alike', bad: [], count: 2 },
      statement: 'Both zones of payment fail more alike (0.1 % -> 14 % of its requests).',
      slices: [
        { value: 'eu-1a', requestShare: 0.5, lossShare: 0.5, before: 0.001, after: 0.14 },
        { value: 'eu-1b', requestShare: 0.5, lossShare: 0.5, before: 0.001, after: 0.14 },
      ],
      query: ratioBy('zone'),
    },
    {
      ...common,
      ...{ dimension: 'endpoint', label: 'method, route', outcome: 'unknown', bad: [], count: 3 },
      statement: 'Whether one endpoint of payment suffers cannot be told: 12 requests since it began.',
      slices: [],
      query: ratioBy('method, route'),
    },
  ];
}

function badDeploy(): IncidentRecord {
  const series = golden('payment', 'errors');
  const change = aChange();
  const suspect = aSuspect('payment', {
    faultKind: 'code-change',
    confidence: 0.96,
    changeId: change.id,
    status: 'leading',
    onset: { time: ZERO - 240, uncertaintySeconds: 15 },
    evidence: [
      observed({
        kind: 'local-symptom',
        weight: 6,
        statement: 'error ratio of payment rose from 0.1 % to 14 %.',
        series,
        values: [0.001, 0.14, ZERO - 240],
      }),
      observed({
        kind: 'change',
        weight: 5,
        statement:
          'payment v812 took effect 45 s before its errors rose; nothing else was changed within an hour.',
        changeId: change.id,
      }),
    ],
  });
  const alert = anAnomaly({ symptom: 'errors', title: 'CheckoutErrors: 5xx above 1 %' });
  return recordOf({
    anomalies: [alert],
    changes: [
      change,
      aChange({ id: '77aa01b', service: 'cart', title: 'cart v98: copy', time: ZERO - 5200 }),
    ],
    diagnosis: diagnosisOf(
      {
        level: 'confirmed',
        changeId: change.id,
        rule: 'change-with-mechanism',
        reason: 'A deploy of payment came right before its errors, and its new code answers them.',
      },
      {
        anomaly: { service: 'checkout', symptom: 'errors', time: T0 },
        suspects: [suspect],
        symptoms: [
          aSymptom(golden('checkout', 'errors'), [0.003, 0.14, ZERO]),
          aSymptom(series, [0.001, 0.14, ZERO - 240]),
        ],
        blastRadius: ['payment', 'checkout'],
        propagation: [{ from: 'payment', to: 'checkout', via: 'calls', lagSeconds: 240 }],
        slices: slicesOfBadDeploy(),
        nextActions: [
          {
            title: 'Take payment back to v811',
            command: 'kubectl rollout undo deployment/payment',
            risk: 'reversible',
            expect: 'Errors of payment below 0.2 % within two minutes.',
          },
        ],
      },
    ),
    acknowledged: { by: 'sam', at: T0 + 95 },
  });
}

function inconclusive(): IncidentRecord {
  const statement = 'CPU of cart rose from 0.3 cores to 0.5 cores, more than its traffic explains.';
  const cpu = resource('cart', 'cpu', {
    name: 'CPU',
    unit: 'cores',
    query: 'sum(rate(container_cpu_usage_seconds_total{pod=~"cart-.*"}[2m]))',
  });
  return recordOf({
    diagnosis: diagnosisOf(
      {
        level: 'inconclusive',
        rule: 'no-suspect-clears-the-bar',
        reason: 'No suspect explains more than a third of what was seen.',
        wouldSettle: ['Metrics of ledger, which checkout calls through payment', 'Traces of slow requests'],
      },
      {
        suspects: [
          aSuspect('cart', {
            faultKind: 'cpu',
            confidence: 0.31,
            status: 'leading',
            evidence: [
              observed({
                kind: 'resource',
                weight: 1.4,
                statement,
                series: cpu,
                values: [0.3, 0.5, ZERO - 20],
              }),
            ],
          }),
          aSuspect('payment', { faultKind: 'network', confidence: 0.24 }),
        ],
        symptoms: [aSymptom(golden('checkout', 'latency'), [0.18, 0.9, ZERO])],
        blastRadius: ['cart', 'checkout'],
      },
    ),
    gaps: [{ source: 'prometheus', what: 'all metrics of ledger', reason: 'no series carries its name' }],
  });
}

function nothingAbnormal(): IncidentRecord {
  return recordOf({
    severity: 'warning',
    diagnosis: diagnosisOf(
      {
        level: 'inconclusive',
        rule: 'nothing-abnormal',
        reason: 'Nothing abnormal was seen in 212 series of 11 services.',
        wouldSettle: ['Whether the alert rule measures what users feel'],
      },
      { onset: null },
    ),
  });
}

function metricsDown(): IncidentRecord {
  const reason = 'gave no answer in time; last answer: connect ECONNREFUSED 10.0.3.7:9090';
  return recordOf({
    scope: null,
    gaps: [
      { source: 'metrics', what: 'the services around checkout', reason },
      { source: 'changes', what: 'deploys and other changes', reason: 'the source answered 401' },
    ],
    timings: { openedAt: T0 + 20, firstResultAt: null, closedAt: null },
  });
}

function analysisTimedOut(): IncidentRecord {
  return recordOf({
    evidence: [
      {
        kind: 'series',
        uri: 'evidence/ab12',
        digest: 'ab12',
        bytes: 81233,
        summary: '212 series of latency, errors and traffic',
      },
    ],
    gaps: [{ source: 'analysis', what: 'a ranking of causes', reason: 'gave no answer in time' }],
    timings: { openedAt: T0 + 20, firstResultAt: null, closedAt: null },
  });
}

function stillLooking(): IncidentRecord {
  const timings = { openedAt: T0 + 20, firstResultAt: null, closedAt: null };
  return recordOf({ state: 'investigating', revision: 0, timings });
}

function resolved(): IncidentRecord {
  const record = badDeploy();
  const endedAt = T0 + 1330;
  return {
    ...record,
    state: 'resolved',
    revision: 3,
    revisionReason: 'final',
    anomalies: record.anomalies.map((alert) => ({ ...alert, status: 'resolved', endedAt })),
    timeline: [
      ...record.timeline,
      { time: T0 + 1330, what: 'Resolved: CheckoutErrors: 5xx above 1 %', source: 'alertmanager' },
      { time: T0 + 1630, what: 'Incident resolved', source: 'faultline' },
    ],
    feedback: {
      grade: 'right',
      service: null,
      faultKind: null,
      note: 'rolled back',
      by: 'sam',
      at: T0 + 1400,
    },
    timings: { ...record.timings, closedAt: T0 + 1630 },
  };
}

function corrected(): IncidentRecord {
  return {
    ...poolSaturation(),
    revision: 2,
    revisionReason: 'feedback',
    feedback: {
      grade: 'wrong',
      service: 'ledger',
      faultKind: 'disk',
      note: 'the volume of ledger-db was out of burst credits',
      by: 'kim',
      at: T0 + 900,
    },
  };
}

function cancelled(): IncidentRecord {
  const timings = { openedAt: T0 + 20, firstResultAt: null, closedAt: T0 + 45 };
  return recordOf({
    state: 'cancelled',
    revisionReason: 'final',
    timeline: [
      ...recordOf().timeline,
      { time: T0 + 45, what: 'Cancelled by kim: load test', source: 'kim' },
      { time: T0 + 45, what: 'Incident cancelled', source: 'faultline' },
    ],
    timings,
  });
}

/** Everything alerts at once: thirty services, two dozen alerts, ten suspects. */
function storm(): IncidentRecord {
  const services = Array.from({ length: 30 }, (_, index) => `svc-${String(index + 1).padStart(2, '0')}`);
  const suspects = services.slice(0, 10).map((service, index) =>
    aSuspect(service, {
      faultKind: 'host',
      confidence: 0.22 / (index + 1),
      status: index === 0 ? 'leading' : index < 8 ? 'possible' : 'ruled-out',
      evidence: [
        observed({
          kind: index < 8 ? 'shared-host' : 'contradiction',
          stance: index < 8 ? 'for' : 'against',
          weight: 3 / (index + 1),
          statement:
            index < 8
              ? `${service} runs on node-7, as do 6 others that suffer.`
              : `${service} does not run on node-7 and calls two that do.`,
        }),
      ],
    }),
  );
  const alerts = services.slice(0, 24).map((service, index) =>
    anAnomaly({
      service,
      fingerprint: `f${index}`,
      title: `SlowService: ${service} p99 above 2 s`,
      startedAt: T0 + 7 * index,
      severity: index % 3 === 0 ? 'critical' : 'warning',
    }),
  );
  return recordOf({
    service: 'svc-01',
    anomalies: alerts,
    unlisted: { firing: 310, resolved: 12 },
    timeline: alerts.map(({ startedAt, title, source }) => ({ time: startedAt, what: title, source })),
    diagnosis: diagnosisOf(
      {
        level: 'inconclusive',
        rule: 'no-suspect-clears-the-bar',
        reason: 'Ten services suffer alike; what they share is node-7.',
        wouldSettle: ['Metrics of node-7'],
      },
      {
        anomaly: { service: 'svc-01', symptom: 'latency', time: T0 },
        suspects,
        symptoms: services
          .slice(0, 20)
          .map((service, index) => aSymptom(golden(service, 'latency'), [0.1, 2 + index / 10, ZERO + index])),
        blastRadius: services,
        ranking: services.map((service, index) => ({ service, score: Math.max(0, 8 - index / 2) })),
        looked: { services: 30, series: 1640, samples: 393600 },
      },
    ),
  });
}

function externalProvider(): IncidentRecord {
  const edge = { ...golden('acquirer', 'errors'), perspective: 'client' as const };
  const series = {
    ...edge,
    id: 'payment->acquirer/error-ratio',
    subject: { kind: 'edge' as const, caller: 'payment', callee: 'acquirer' },
  };
  return recordOf({
    diagnosis: diagnosisOf(
      { reason: 'Calls to acquirer fail while all that is ours is calm.', rule: 'external-callee' },
      {
        suspects: [
          aSuspect('acquirer', {
            faultKind: 'external-provider',
            confidence: 0.83,
            status: 'leading',
            evidence: [
              observed({
                kind: 'local-symptom',
                weight: 4,
                statement: 'error ratio from payment to acquirer rose from 0 % to 37 %.',
                series,
                values: [0, 0.37, ZERO - 90],
              }),
            ],
          }),
        ],
        symptoms: [aSymptom(golden('checkout', 'latency'), [0.18, 5.1, ZERO])],
        blastRadius: ['acquirer', 'payment', 'checkout'],
        propagation: [
          { from: 'acquirer', to: 'payment', via: 'calls', lagSeconds: 0 },
          { from: 'payment', to: 'checkout', via: 'calls', lagSeconds: 90 },
        ],
        nextActions: [
          {
            title: "Read the provider's status page",
            command: 'https://status.acquirer.example/',
            risk: 'read-only',
            expect: 'An incident that began about 10:39 UTC.',
          },
        ],
      },
    ),
    gaps: [{ source: 'prometheus', what: 'the inside of acquirer', reason: 'it is outside our control' }],
  });
}

/** What answers when nobody answers: a database is gone, and one of its checks could not run. */
function databaseDown(): IncidentRecord {
  const up = resource('ledger-db', 'availability', { name: 'up', unit: '1', query: 'up{job="ledger-db"}' });
  return recordOf({
    diagnosis: diagnosisOf(
      {
        level: 'confirmed',
        rule: 'target-gone',
        reason: 'ledger-db does not answer since before the first symptom, and its caller fails on it.',
      },
      {
        anomaly: { service: 'checkout', symptom: 'errors', time: T0 },
        suspects: [
          aSuspect('ledger-db', {
            faultKind: 'dependency-down',
            confidence: 0.99,
            status: 'leading',
            evidence: [
              observed({
                kind: 'local-symptom',
                weight: 7,
                statement: 'up of ledger-db fell from 100 % to 0 %.',
                series: { ...up, worse: 'down' },
                values: [1, 0, ZERO - 20],
              }),
            ],
          }),
        ],
        symptoms: [aSymptom(golden('checkout', 'errors'), [0.0004, 0.998, ZERO])],
        blastRadius: ['ledger-db', 'ledger', 'payment', 'checkout'],
        nextActions: [],
      },
    ),
    checks: [
      {
        check: 'target-up',
        service: 'ledger-db',
        outcome: 'failed',
        statement: '0 of 1 targets answer.',
        speaksFor: 'dependency-down',
        query: 'up{job="ledger-db"}',
        source: 'prometheus',
        ranAt: T0 + 25,
        tookMs: 12,
      },
      {
        check: 'disk-full',
        service: 'ledger-db',
        outcome: 'could-not-run',
        statement: 'No file system metrics for ledger-db.',
        speaksFor: 'disk',
        query: null,
        source: 'prometheus',
        ranAt: T0 + 25,
        tookMs: 9,
      },
    ],
  });
}

/** Nobody came: reminded of twice, then escalated. */
function escalated(): IncidentRecord {
  const record = poolSaturation();
  const escalatedAt = T0 + 20 + 1800;
  return {
    ...record,
    revision: 4,
    revisionReason: 'escalation',
    escalatedAt,
    timeline: [
      ...record.timeline,
      { time: T0 + 620, what: 'Reminded: nobody has acknowledged it', source: 'faultline' },
      { time: T0 + 1220, what: 'Reminded: nobody has acknowledged it', source: 'faultline' },
      { time: escalatedAt, what: 'Escalated: nobody has acknowledged it for 30 min', source: 'faultline' },
    ],
  };
}

/** Two faults at once: neither explains what the other does. */
function twoCauses(): IncidentRecord {
  const disk = resource('ledger', 'disk', {
    name: 'disk I/O time',
    unit: '1',
    query: 'rate(node_disk_io_time_seconds_total{instance="ledger-0"}[2m])',
  });
  const cartErrors = golden('cart', 'errors');
  const joined = 'checkout calls cart, 40 s apart';
  const second = anAnomaly({
    service: 'cart',
    symptom: 'errors',
    fingerprint: 'c0ffee',
    title: 'CartErrors: 5xx above 1 %',
    startedAt: T0 + 40,
  });
  const opening = recordOf();
  return recordOf({
    revisionReason: 'update',
    revision: 2,
    anomalies: [...opening.anomalies, second],
    timeline: [
      ...opening.timeline,
      {
        time: second.startedAt,
        what: `${second.title} (cart, critical); joined: ${joined}`,
        source: 'alertmanager',
      },
    ],
    diagnosis: diagnosisOf(
      {
        reason: 'ledger moved first, but the errors of cart do not come from it.',
        wouldSettle: ['Whether requests without cart are slow too'],
      },
      {
        suspects: [
          aSuspect('ledger', {
            faultKind: 'disk',
            confidence: 0.52,
            status: 'leading',
            onset: { time: ZERO - 60, uncertaintySeconds: 15 },
            evidence: [
              observed({
                kind: 'resource',
                weight: 4.1,
                statement: 'disk I/O time of ledger rose from 11 % to 98 %.',
                series: disk,
                values: [0.11, 0.98, ZERO - 60],
              }),
              observed({
                kind: 'contradiction',
                stance: 'against',
                weight: 2.2,
                statement: 'cart does not call ledger, and fails.',
              }),
            ],
          }),
          aSuspect('cart', {
            faultKind: 'code-change',
            confidence: 0.41,
            changeId: '77aa01b',
            onset: { time: ZERO + 35, uncertaintySeconds: 15 },
            evidence: [
              observed({
                kind: 'local-symptom',
                weight: 3.6,
                statement: 'error ratio of cart rose from 0.1 % to 9 %.',
                series: cartErrors,
                values: [0.001, 0.09, ZERO + 35],
              }),
              observed({
                kind: 'change',
                weight: 2,
                statement: 'cart v98 took effect 55 s before its errors rose.',
                changeId: '77aa01b',
              }),
            ],
          }),
        ],
        symptoms: [
          aSymptom(golden('checkout', 'latency'), [0.18, 1.4, ZERO]),
          aSymptom(golden('checkout', 'errors'), [0.002, 0.06, ZERO + 40]),
          aSymptom(disk, [0.11, 0.98, ZERO - 60]),
          aSymptom(cartErrors, [0.001, 0.09, ZERO + 35]),
        ],
        blastRadius: ['ledger', 'cart', 'payment', 'checkout'],
        propagation: [
          { from: 'ledger', to: 'payment', via: 'calls', lagSeconds: 20 },
          { from: 'payment', to: 'checkout', via: 'calls', lagSeconds: 40 },
          { from: 'cart', to: 'checkout', via: 'calls', lagSeconds: 5 },
        ],
        nextActions: [
          {
            title: 'See what reads and writes on the disk of ledger',
            command: 'ssh ledger-0 iotop -b -n 1 -o',
            risk: 'read-only',
            expect: 'One process with most of the I/O.',
          },
          {
            title: 'Take cart back to v97',
            command: 'kubectl rollout undo deployment/cart',
            risk: 'reversible',
            expect: 'Errors of cart below 0.2 % within two minutes.',
          },
        ],
      },
    ),
    changes: [aChange({ id: '77aa01b', service: 'cart', title: 'cart v98: copy', time: ZERO - 20 })],
  });
}

/** A diagnosis with half of its sources silent, and one check that could not run. */
function partlyBlind(): IncidentRecord {
  const record = databaseDown();
  return {
    ...record,
    revisionReason: 'acknowledged',
    revision: 2,
    acknowledged: { by: 'sam', at: T0 + 95 },
    gaps: [
      { source: 'traces', what: 'sampled traces of 4 services', reason: 'the source answered 503 for 60 s' },
      { source: 'changes', what: 'deploys and other changes', reason: 'the source answered 401' },
    ],
  };
}

/** Incidents of every sort, each built anew when called. */
export const SAMPLES = {
  'suspected pool saturation': poolSaturation,
  'confirmed bad deploy': badDeploy,
  'confirmed database down': databaseDown,
  'suspected external provider': externalProvider,
  inconclusive,
  'nothing abnormal': nothingAbnormal,
  'metrics down': metricsDown,
  'analysis timed out': analysisTimedOut,
  'still looking': stillLooking,
  resolved,
  'corrected by a person': corrected,
  cancelled,
  storm,
  escalated,
  'two causes': twoCauses,
  'sources down in part': partlyBlind,
  'hostile labels': () => hostileRecord(poolSaturation()),
} as const satisfies Record<string, () => IncidentRecord>;

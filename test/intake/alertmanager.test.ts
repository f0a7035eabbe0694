import assert from 'node:assert/strict';
import fc from 'fast-check';
import { readAlertmanager } from '../../client/intake/alertmanager/source.js';
import { ANOMALY_BYTES, LIMITS, NOTE } from '../../client/intake/bounds.js';
import { MalformedPayload } from '../../client/intake/malformed.js';
import { anomaliesIn } from '../../client/intake/reading.js';
import { anomaly as anomalySchema, type Anomaly } from '../../model/anomaly.js';
import { postWithAlert, recordedPost, recordedPosts } from '../support/alertmanager-posts.js';
import { readingContext } from '../support/intake-rig.js';

const RECEIVED_AT = Date.UTC(2026, 10, 24, 11) / 1000;

function read(body: unknown, context = readingContext({}, { receivedAt: RECEIVED_AT })): Anomaly[] {
  return anomaliesIn(readAlertmanager({ body }), context);
}

function readOne(alert: Record<string, unknown>): Anomaly {
  const [one] = read(postWithAlert(alert));
  assert.ok(one);
  return one;
}

function faultsOf(body: unknown): string[] {
  try {
    read(body);
  } catch (error) {
    assert.ok(error instanceof MalformedPayload, String(error));
    return error.faults.map(({ field, problem }) => `${field}: ${problem}`);
  }
  return [];
}

describe('reading Alertmanager posts', () => {
  for (const { name, body } of recordedPosts()) {
    it(`reads every alert of the recorded ${name}`, () => {
      const anomalies = read(body);
      assert.deepEqual(
        anomalies.map((one) => [one.fingerprint, one.status]),
        body.alerts.map((alert) => [alert['fingerprint'], alert['status']]),
      );
      for (const one of anomalies) {
        anomalySchema.parse(one);
        assert.equal(one.environment, 'boutique-live');
        assert.notEqual(one.symptom, 'other');
        assert.equal(one.endedAt === null, one.status === 'firing');
      }
    });
  }

  it('keeps what a person needs of an alert', () => {
    const [one] = read(recordedPost('am25/resolved_single').body);
    assert.deepEqual(one, {
      source: 'alertmanager',
      fingerprint: '6c96a0526c725f05',
      group: one?.group,
      status: 'resolved',
      environment: 'boutique-live',
      service: 'frontend',
      cluster: 'boutique-live',
      symptom: 'errors',
      severity: 'critical',
      title: 'FrontendErrorRatioHigh: Storefront is failing 3.308% of requests',
      startedAt: Date.parse('2026-11-24T10:49:25.808Z') / 1000,
      endedAt: Date.parse('2026-11-24T10:49:55.808Z') / 1000,
      labels: {
        alertname: 'FrontendErrorRatioHigh',
        cluster: 'boutique-live',
        service: 'frontend',
        service_name: 'frontend',
        severity: 'critical',
        slo: 'availability',
      },
      annotations: {
        runbook_url: 'http://127.0.0.1/runbooks/frontend-errors',
        summary: 'Storefront is failing 3.308% of requests',
      },
      links: [
        {
          title: 'Alert expression',
          url: 'http://monitor.example:18090/graph?g0.expr=service%3Aerrors%3Aratio1m%7Bservice_name%3D%22frontend%22%7D+%3E+0.03&g0.tab=1',
        },
        { title: 'Runbook', url: 'http://127.0.0.1/runbooks/frontend-errors' },
        { title: 'Alertmanager', url: 'http://monitor.example:18093' },
      ],
    });
  });

  it('gives one group to all posts of a group key and another to another receiver', () => {
    const { body } = recordedPost('am34/firing_grouped');
    const groups = read(body).map((one) => one.group);
    assert.equal(new Set(groups).size, 1);
    assert.match(groups[0] ?? '', /^[0-9a-f]{16}$/);
    assert.equal(read(recordedPost('am34/resolved_grouped').body)[0]?.group, groups[0]);
    assert.notEqual(read({ ...body, receiver: 'another' })[0]?.group, groups[0]);
  });

  it('says how many alerts max_alerts hid', () => {
    const [one] = read(recordedPost('am34/truncated_firing').body);
    assert.equal(one?.annotations[NOTE], 'Alertmanager left out 2 alerts of this group (max_alerts)');
  });

  it('takes the first configured label that is present as the service', () => {
    assert.equal(readOne({ labels: { job: 'probe', app: 'shop', alertname: 'X' } }).service, 'shop');
    assert.equal(readOne({ labels: { service: ' ', app: 'shop' } }).service, 'shop');
  });

  const hints: [string, Record<string, string>, string, string][] = [
    ['the host of an instance', { alertname: 'X', instance: '10.0.0.7:9100' }, '10.0.0.7', 'label instance'],
    ['the host of an IPv6 instance', { instance: '[fd00::7]:9100' }, 'fd00::7', 'label instance'],
    ['a pod without its hashes', { pod: 'checkout-7d9f8b6c5d-x2x9z' }, 'checkout', 'label pod'],
    ['a pod before a container', { pod: 'cache-0', container: 'redis' }, 'cache', 'label pod'],
    ['a container', { container: 'redis' }, 'redis', 'label container'],
    ["the alert's name", { alertname: 'HighLoad' }, 'HighLoad', "the alert's name"],
  ];
  for (const [what, labels, service, note] of hints) {
    it(`falls back to ${what} and says so`, () => {
      const one = readOne({ labels });
      assert.equal(one.service, service);
      assert.ok(one.annotations[NOTE]?.includes(note), one.annotations[NOTE]);
    });
  }

  it('keeps an alert without any label', () => {
    const one = readOne({ labels: {}, annotations: {} });
    assert.equal(one.service, 'Alert');
    assert.equal(one.environment, 'fallback');
    assert.equal(one.severity, 'warning');
    assert.equal(one.title, 'Alert');
  });

  it('never mistakes what objects inherit for a label', () => {
    const anomalies = read(
      postWithAlert({ labels: { alertname: 'X' } }),
      readingContext(
        { serviceLabels: ['constructor', 'toString'], environmentLabels: ['valueOf'] },
        { environment: 'e' },
      ),
    );
    assert.equal(anomalies[0]?.service, 'X');
    assert.equal(anomalies[0].environment, 'e');
  });

  it('takes a symptom that is named outright before expression and words', () => {
    assert.equal(
      readOne({ labels: { alertname: 'HighLatency', symptom: 'Saturation' } }).symptom,
      'saturation',
    );
    const labels = { alertname: 'HighLatency', symptom: 'gremlins' };
    assert.equal(readOne({ labels, generatorURL: '' }).symptom, 'latency');
  });

  it('reads the symptom from the expression when the alert itself says nothing', () => {
    const one = readOne({
      labels: { alertname: 'Trouble', service: 'a' },
      annotations: {},
      generatorURL: 'http://prometheus/graph?g0.expr=up+%3D%3D+0&g0.tab=1',
    });
    assert.equal(one.symptom, 'availability');
  });

  it('ends a resolved alert without an end when the post came', () => {
    assert.equal(readOne({ status: 'resolved', endsAt: '0001-01-01T00:00:00Z' }).endedAt, RECEIVED_AT);
    assert.equal(readOne({ status: 'resolved', endsAt: undefined }).endedAt, RECEIVED_AT);
  });

  it('reads times with offsets and nanoseconds', () => {
    const one = readOne({ startsAt: '2026-11-24T12:42:45.808123456+02:00' });
    assert.equal(one.startedAt, Date.parse('2026-11-24T10:42:45.808Z') / 1000);
  });

  it('makes a fingerprint of the labels when the sender has none', () => {
    const first = readOne({ fingerprint: undefined, labels: { a: '1', b: '2' } });
    const again = readOne({ fingerprint: undefined, labels: { b: '2', a: '1' } });
    const other = readOne({ fingerprint: undefined, labels: { a: '1', b: '3' } });
    assert.match(first.fingerprint, /^[0-9a-f]{16}$/);
    assert.equal(again.fingerprint, first.fingerprint);
    assert.notEqual(other.fingerprint, first.fingerprint);
  });

  it('cuts what is too long or too many and says so', () => {
    const labels = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`l${i}`, 'x']));
    const one = readOne({
      labels: { service: 's'.repeat(5_000), alertname: 'X\n\u0007Y', ...labels },
      annotations: { summary: 'é'.repeat(100_000) },
    });
    assert.equal(Buffer.byteLength(one.service), LIMITS.name);
    assert.equal(Object.keys(one.labels).length, LIMITS.labels);
    assert.ok(one.title.startsWith('X Y: é'));
    assert.ok(Buffer.byteLength(one.title) <= LIMITS.title);
    assert.ok(Buffer.byteLength(one.annotations['summary'] ?? '') <= LIMITS.annotationValue);
    assert.match(one.annotations[NOTE] ?? '', /55 labels were cut or left out; 1 annotations were cut/);
    anomalySchema.parse(one);
  });

  it('takes links that are http and hides their credentials', () => {
    const one = readOne({
      generatorURL: 'javascript:alert(1)',
      annotations: {
        runbook_url: 'https://user:secret@wiki/run',
        dashboard: 'https://grafana/d/1',
        panelURL: 'not a url',
      },
    });
    assert.deepEqual(one.links, [
      { title: 'Runbook', url: 'https://wiki/run' },
      { title: 'Dashboard', url: 'https://grafana/d/1' },
      { title: 'Alertmanager', url: 'http://monitor.example:18094' },
    ]);
  });

  it('ignores fields that it does not know', () => {
    assert.equal(read({ ...postWithAlert({ novelty: [1] }), another: {} }).length, 1);
  });
});

describe('refusing what is no Alertmanager post', () => {
  const tooBad: [string, unknown, string][] = [
    [
      'an unknown status',
      postWithAlert({ status: 'pending' }),
      'alerts[0].status: expected "firing" or "resolved", got "pending"',
    ],
    [
      'labels that are a list',
      postWithAlert({ labels: [] }),
      'alerts[0].labels: expected an object of text values, got a list of 0',
    ],
    [
      'a number as a label',
      postWithAlert({ labels: { 'weird-name': 7 } }),
      'alerts[0].labels["weird-name"]: expected text, got 7',
    ],
    [
      'alerts that are an object',
      { ...postWithAlert({}), alerts: {} },
      'alerts: expected a list of alerts, got an object',
    ],
    [
      'an alert that is null',
      { ...postWithAlert({}), alerts: [null] },
      'alerts[0]: expected an alert, got null',
    ],
    ['another version', { ...postWithAlert({}), version: '5' }, 'version: expected "4", got "5"'],
    ['no group key', { ...postWithAlert({}), groupKey: undefined }, 'groupKey: expected text, it is missing'],
    [
      'an empty receiver',
      { ...postWithAlert({}), receiver: '' },
      'receiver: expected text that is not empty, got ""',
    ],
    ['a list', [], ": expected Alertmanager's payload, a JSON object"],
    ['null', null, ": expected Alertmanager's payload, a JSON object"],
    [
      "Grafana's payload",
      { ...postWithAlert({}), version: '1', orgId: 1 },
      'orgId: this is the payload of Grafana Alerting, which goes to /v1/grafana',
    ],
  ];
  for (const [what, body, fault] of tooBad) {
    it(`names the field for ${what}`, () => {
      assert.deepEqual(faultsOf(body), [fault]);
    });
  }

  it('tells a custom payload what to do', () => {
    assert.match(
      faultsOf({ text: 'Frontend is on fire' })[0] ?? '',
      /remove `payload` from the webhook_configs/,
    );
  });

  it('lists the first ten faults of ten thousand, each short', () => {
    const alerts = Array.from({ length: 10_000 }, () => ({ status: 'x'.repeat(1_000) }));
    const faults = faultsOf({ ...postWithAlert({}), alerts });
    assert.equal(faults.length, 10);
    assert.ok(faults.every((fault) => fault.length < 200));
  });
});

describe('whatever comes', () => {
  it('reads a post into valid anomalies or refuses it as malformed, and never throws anything else', () => {
    const wild = fc.oneof(fc.string({ unit: 'binary' }), fc.integer(), fc.constant(null), fc.object());
    const mostly = <Value>(arbitrary: fc.Arbitrary<Value>, share = 9) =>
      fc.oneof<[fc.WeightedArbitrary<Value>, fc.WeightedArbitrary<unknown>]>(
        { weight: share, arbitrary },
        { weight: 1, arbitrary: wild },
      );
    const text = mostly(fc.string({ unit: 'binary' }), 40);
    const name = fc.oneof(
      fc.constantFrom('service', 'alertname', 'severity', 'symptom', 'env', 'pod', 'instance', 'summary'),
      fc.constantFrom('__proto__', 'constructor', 'toString', 'runbook_url'),
      fc.string(),
    );
    const labels = fc.dictionary(name, text);
    const time = mostly(
      fc
        .date({ noInvalidDate: true, min: new Date(0), max: new Date('9999-12-31') })
        .map((date) => date.toISOString()),
    );
    const alert = fc.record(
      {
        status: mostly(fc.constantFrom('firing', 'resolved')),
        labels,
        annotations: mostly(labels),
        startsAt: time,
        endsAt: time,
        generatorURL: mostly(fc.webUrl({ withQueryParameters: true })),
        fingerprint: text,
      },
      { requiredKeys: ['status', 'labels', 'startsAt'] },
    );
    const body = fc.record(
      {
        version: mostly(fc.constant('4'), 20),
        receiver: fc.string({ minLength: 1 }),
        groupKey: fc.string({ minLength: 1 }),
        alerts: fc.array(mostly(alert, 20), { maxLength: 3 }),
        externalURL: text,
        truncatedAlerts: mostly(fc.nat()),
      },
      { requiredKeys: ['version', 'receiver', 'groupKey', 'alerts'] },
    );
    let readable = 0;
    fc.assert(
      fc.property(mostly(body, 20), (generated) => {
        const sent = JSON.parse(JSON.stringify(generated)) as unknown;
        try {
          for (const one of read(sent)) {
            readable++;
            anomalySchema.parse(one);
            assert.ok(Buffer.byteLength(JSON.stringify(one)) <= ANOMALY_BYTES);
          }
        } catch (error) {
          if (!(error instanceof MalformedPayload)) throw error;
          assert.ok(error.faults.length > 0 && error.message.length < 5_000);
        }
      }),
      { numRuns: 1_000 },
    );
    assert.ok(readable > 100, `only ${readable} generated alerts were readable`);
    assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
  });
});

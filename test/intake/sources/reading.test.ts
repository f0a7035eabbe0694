import assert from 'node:assert/strict';
import type { Anomaly } from '../../../model/anomaly.js';
import { NOTE } from '../../../client/intake/bounds.js';
import { pagerdutyHeaders, sentryHeaders } from '../../support/foreign-senders.js';
import { fixture, intakeRigs, NOW } from '../../support/intake-rig.js';
import { SECRET, sendNow, sourcesOf, SPECS } from '../../support/source-specs.js';

/** What becomes of the fields of each source. */
describe('the fields of', () => {
  const rig = intakeRigs();

  async function read(name: string, body?: string): Promise<Anomaly[]> {
    const spec = SPECS.find((one) => one.name === name);
    assert.ok(spec);
    const { post, raised } = await rig({ sources: spec.settings }, sourcesOf(spec));
    const sent = sendNow(spec, body ?? spec.firing);
    const { status, detail } = await post(spec.path, sent.body, sent.headers);
    assert.equal(status, 202, detail);
    return raised;
  }

  /** What tells one anomaly from another, for tables. */
  const essence = ({ service, environment, symptom, severity, title }: Anomaly) => ({
    service,
    environment,
    symptom,
    severity,
    title,
  });

  it('Grafana keep its links and values, and take a rule in the year 1 for open', async () => {
    const [one, other] = await read('Grafana, signed');
    assert.ok(one && other);
    assert.deepEqual(essence(one), {
      service: 'blog',
      environment: 'test',
      symptom: 'saturation',
      severity: 'warning',
      title: 'High memory usage: This alert was triggered for zone us-1',
    });
    assert.equal(one.fingerprint, 'c6eadffa33fcdf37');
    assert.equal(one.startedAt, Date.parse('2026-11-24T07:51:03.157Z') / 1000);
    assert.equal(one.annotations['values'], 'B = 44.23943737541908, C = 1');
    assert.deepEqual(
      one.links.map(({ title }) => title),
      ['Alert rule', 'Panel', 'Dashboard', 'Runbook', 'Silence', 'Grafana'],
    );
    assert.equal(one.group, other.group);
  });

  it('Grafana say how many alerts were left out', async () => {
    const [one] = await read(
      'Grafana, signed',
      fixture('grafana/firing').replace('"truncatedAlerts": 0', '"truncatedAlerts": 3'),
    );
    assert.match(one?.annotations[NOTE] ?? '', /Grafana left out 3 alerts/);
  });

  it('PagerDuty carry its own id, for whoever writes back', async () => {
    const [one] = await read('PagerDuty');
    assert.ok(one);
    assert.deepEqual(essence(one), {
      service: 'API Service',
      environment: 'test',
      symptom: 'latency',
      severity: 'critical',
      title: 'High latency at checkout',
    });
    assert.equal(one.labels['pagerduty_incident_id'], 'PGR0VU2');
    assert.deepEqual(one.links, [
      { title: 'PagerDuty', url: 'https://acme.pagerduty.com/incidents/PGR0VU2' },
    ]);
  });

  it('PagerDuty date an incident that is reopened anew', async () => {
    const { post, raised } = await rig({ sources: { pagerduty: { secrets: [SECRET] } } });
    const body = fixture('pagerduty/reopened');
    await post('/v1/pagerduty', body, pagerdutyHeaders(body, SECRET));
    assert.equal(raised[0]?.startedAt, Date.parse('2026-11-24T11:05:00Z') / 1000);
    assert.equal(raised[0].startUnknown, true);
  });

  it('PagerDuty say a service by its name in the metrics', async () => {
    const { post, raised } = await rig({ sources: { pagerduty: { secrets: [SECRET] } } }, undefined, {
      aliases: { api: ['API Service'] },
    });
    const body = fixture('pagerduty/triggered');
    await post('/v1/pagerduty', body, pagerdutyHeaders(body, SECRET));
    assert.equal(raised[0]?.service, 'api');
  });

  it('Datadog name service and environment by tags, in whatever order', async () => {
    const [one] = await read('Datadog');
    assert.ok(one);
    assert.deepEqual(essence(one), {
      service: 'checkout',
      environment: 'prod',
      symptom: 'errors',
      severity: 'critical',
      title:
        'Error rate is high on checkout: trace.http.request.errors over env:prod,service:checkout was > 0.03 on average during the last 5m.',
    });
    assert.equal(one.startedAt, 1_795_517_100);
    assert.equal(one.labels['team'], 'shop');
  });

  it('Datadog make a warning of a warning threshold, and a service out of nothing but a host', async () => {
    const body = {
      ...(JSON.parse(fixture('datadog/triggered')) as object),
      transition: 'Warn',
      tags: 'null',
      scope: '*',
      hostname: 'web-1',
    };
    const [one] = await read('Datadog', JSON.stringify(body));
    assert.equal(one?.severity, 'warning');
    assert.equal(one.service, 'web-1');
    assert.match(one.annotations[NOTE] ?? '', /taken from the label host/);
  });

  it('Google Cloud name the Cloud Run service', async () => {
    const [one] = await read('Google Cloud');
    assert.ok(one);
    assert.deepEqual(essence(one), {
      service: 'checkout',
      environment: 'prod',
      symptom: 'errors',
      severity: 'critical',
      title: one.title,
    });
    assert.match(one.title, /^Checkout fails: Request Count for shop-prod checkout/);
    assert.equal(one.labels['tier'], 'front');
    const [over] = await read('Google Cloud', fixture('google-cloud/closed'));
    assert.equal(over?.endedAt, 1_795_517_900);
  });

  it('Sentry name project, release and environment of an issue', async () => {
    const [one] = await read('Sentry issue alerts');
    assert.ok(one);
    assert.deepEqual(essence(one), {
      service: 'checkout',
      environment: 'prod',
      symptom: 'errors',
      severity: 'warning',
      title: 'Very Important Alert Rule!: ReferenceError: heck is not defined',
    });
    assert.equal(one.labels['release'], 'checkout@2.31.0');
    assert.equal(one.startedAt, Date.parse('2026-11-24T10:40:57Z') / 1000);
  });

  it('Sentry begin again with an issue that came back, not with one that a person opened', async () => {
    const { post, raised } = await rig({ sources: { sentry: { secrets: [SECRET] } } });
    for (const substatus of ['regressed', 'ongoing']) {
      const change = JSON.parse(fixture('sentry/issue-resolved')) as { data: { issue: object } };
      const again = { ...change, action: 'unresolved', data: { issue: { ...change.data.issue, substatus } } };
      const body = JSON.stringify(again);
      const answer = await post('/v1/sentry', body, sentryHeaders(body, SECRET, NOW));
      assert.equal(answer.status, substatus === 'regressed' ? 202 : 200, answer.detail);
    }
    assert.deepEqual(
      raised.map(({ status, service }) => [status, service]),
      [['firing', 'checkout']],
    );
  });

  it('Sentry take the severity of a metric alert from its action', async () => {
    const [one] = await read('Sentry metric alerts');
    assert.ok(one);
    assert.deepEqual(essence(one), {
      service: 'checkout',
      environment: 'test',
      symptom: 'errors',
      severity: 'critical',
      title: 'Too many errors: 1000 events in the last 10 minutes Filter: level:error',
    });
    const { post, raised } = await rig({ sources: { sentry: { secrets: [SECRET] } } });
    const warning = fixture('sentry/metric-critical').replace('"critical"', '"warning"');
    await post('/v1/sentry', warning, sentryHeaders(warning, SECRET, NOW));
    assert.equal(raised[0]?.severity, 'warning');
  });

  it('Opsgenie prefer tags, which every message has, to the entity and to details, which the end has not', async () => {
    const [one] = await read('Opsgenie');
    assert.ok(one);
    assert.deepEqual(essence(one), {
      service: 'checkout',
      environment: 'prod',
      symptom: 'latency',
      severity: 'critical',
      title: 'Latency of checkout is high',
    });
    assert.equal(one.labels['region'], 'eu-1');
    assert.equal(one.labels['OverwriteQuietHours'], 'true');
    const [over] = await read('Opsgenie', fixture('opsgenie/close'));
    assert.equal(over?.environment, 'prod');
    assert.equal(over.endedAt, 1_795_517_600);
  });

  it('CloudEvents mean the same in all three modes', async () => {
    const [structured] = await read('CloudEvents');
    const { post, raised } = await rig({ sources: { cloudevents: {} } });
    const { data, ...attributes } = JSON.parse(fixture('cloudevents/firing')) as Record<string, string>;
    const headers = Object.fromEntries(
      Object.entries(attributes)
        .filter(([name]) => name !== 'datacontenttype')
        .map(([name, value]) => [`ce-${name}`, encodeURIComponent(value)]),
    );
    assert.equal((await post('/v1/cloudevents', data, headers)).status, 202);
    const batch = { 'content-type': 'application/cloudevents-batch+json; charset=utf-8' };
    const events = `[${fixture('cloudevents/firing')},${fixture('cloudevents/resolved')}]`;
    assert.equal((await post('/v1/cloudevents', events, batch)).status, 202);
    assert.deepEqual(raised.slice(0, 2), [structured, structured]);
    assert.equal(raised[2]?.status, 'resolved');
    assert.deepEqual(structured && essence(structured), {
      service: 'checkout',
      environment: 'prod',
      symptom: 'latency',
      severity: 'critical',
      title: 'Checkout is slow: p95 above 1 s',
    });
    assert.equal(structured?.startUnknown, undefined);
  });

  it('CloudEvents are refused with what is missing', async () => {
    const { post } = await rig({ sources: { cloudevents: {} } });
    const structured = { 'content-type': 'application/cloudevents+json' };
    const bare = await post('/v1/cloudevents', '{"specversion":"1.0","data":{}}', structured);
    assert.match(bare.detail, /^expected a CloudEvent: /);
    const untitled = fixture('cloudevents/firing').replace('"title"', '"name"');
    assert.match(
      (await post('/v1/cloudevents', untitled, structured)).detail,
      /^title: expected text, it is missing/,
    );
    assert.match((await post('/v1/cloudevents', '{}')).detail, /no cloud event detected/);
  });

  it('a generic source are where its mapping says', async () => {
    const [one, other, ...rest] = await read('a generic source');
    assert.ok(one && other);
    assert.deepEqual(rest, [], 'a paused check is left alone');
    assert.deepEqual(essence(one), {
      service: 'checkout',
      environment: 'test',
      symptom: 'latency',
      severity: 'critical',
      title: 'Checkout is up: connect timeout',
    });
    assert.equal(one.source, 'uptime');
    assert.deepEqual(one.labels, { svc: 'checkout', region: 'eu-1' });
    assert.deepEqual([one.status, one.startedAt], ['firing', 1_795_516_900]);
    assert.deepEqual([other.status, other.endedAt], ['resolved', 1_795_517_000]);
  });

  it('a generic source are missed by name', async () => {
    const spec = SPECS.find(({ name }) => name === 'a generic source');
    assert.ok(spec);
    const { post } = await rig({ sources: spec.settings });
    const { headers } = sendNow(spec, '');
    const untitled = await post(spec.path, '{"checks":[{"check":{"id":1}}]}', headers);
    assert.equal(untitled.status, 400);
    assert.equal(
      untitled.detail,
      'webhook.sources.generic (uptime).map.title: check.name finds no text in alert 1',
    );
    const noList = await post(spec.path, '{"checks":7}', headers);
    assert.match(noList.detail, /each: checks leads to no list$/);
  });
});

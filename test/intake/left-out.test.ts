import assert from 'node:assert/strict';
import { NOTE } from '../../client/intake/bounds.js';
import { postWithAlert } from '../support/alertmanager-posts.js';
import { pagerdutyHeaders } from '../support/foreign-senders.js';
import { fixture, intakeRigs, NOW } from '../support/intake-rig.js';
import { SECRET } from '../support/source-specs.js';

const ISO = (seconds: number): string => new Date(seconds * 1000).toISOString();

/** What the receiver does with alerts that it cannot use as they are. */
describe('an alert of a post', () => {
  const rig = intakeRigs();
  const alertOf = (service: string, changes: object = {}) => ({
    status: 'firing',
    labels: { alertname: 'Slow', service },
    startsAt: ISO(NOW - 60),
    ...changes,
  });
  const postOf = (...alerts: unknown[]) => ({ ...postWithAlert({}), alerts });

  const starts: [string, unknown, RegExp][] = [
    [
      'in the year 1',
      '0001-01-01T00:00:00Z',
      /^its start is missing or no time, so the time of receipt is taken/,
    ],
    ['at zero', 0, /no time/],
    ['in words', 'yesterday', /no time/],
    ['missing', undefined, /missing/],
    ['in 1970', '1970-01-02T00:00:00Z', /^its start, 1970-01-02T00:00:00.000Z, is more than 7 days ago/],
    ['eight days ago', ISO(NOW - 8 * 86_400), /more than 7 days ago/],
    ['ten minutes ahead', ISO(NOW + 600), /more than 5 minutes ahead/],
    ['in the year 9999', '9999-12-31T23:59:59Z', /ahead/],
  ];
  for (const [when, startsAt, note] of starts) {
    it(`that begins ${when} is dated by its receipt, and says so`, async () => {
      const { post, raised, metrics } = await rig({});
      assert.equal((await post('/v1/alertmanager', postOf(alertOf('a', { startsAt })))).status, 202);
      const [one] = raised;
      assert.deepEqual([one?.startedAt, one?.startUnknown], [NOW, true]);
      assert.match(one?.annotations[NOTE] ?? '', note);
      assert.match(await metrics(), /adjusted_total\{source="alertmanager",what="start"\} 1$/m);
    });
  }

  it('keeps a start of the last days, or of a clock that is a little ahead', async () => {
    const { post, raised } = await rig({});
    const times = [NOW - 6 * 86_400, NOW + 200];
    await post('/v1/alertmanager', postOf(...times.map((time) => alertOf('a', { startsAt: ISO(time) }))));
    assert.deepEqual(
      raised.map(({ startedAt, startUnknown }) => [startedAt, startUnknown]),
      times.map((time) => [time, undefined]),
    );
  });

  it('ends when it was received where its end is no time of now', async () => {
    const { post, raised } = await rig({});
    const ends = [ISO(NOW + 86_400), '1970-01-02T00:00:00Z', 'soon'];
    await post(
      '/v1/alertmanager',
      postOf(...ends.map((endsAt) => alertOf('a', { status: 'resolved', endsAt }))),
    );
    assert.deepEqual(
      raised.map(({ endedAt }) => endedAt),
      [NOW, NOW, NOW],
    );
  });

  it('that cannot be read is left out and named, and the others are taken', async () => {
    const { post, raised, metrics } = await rig({});
    const answer = await post(
      '/v1/alertmanager',
      postOf(alertOf('a'), { status: 'pending' }, alertOf('c'), null),
    );
    assert.equal(answer.status, 202);
    assert.deepEqual(
      raised.map(({ service }) => service),
      ['a', 'c'],
    );
    const [left] = answer.leftOut;
    assert.deepEqual([left?.reason, left?.count], ['malformed', 2]);
    assert.match(left?.detail ?? '', /^alerts\[1\]\.status: expected "firing" or "resolved", got "pending"/);
    assert.match(await metrics(), /left_out_total\{source="alertmanager",reason="malformed"\} 2$/m);
  });

  it('of a batch of CloudEvents that is none does not lose the others', async () => {
    const { post, raised } = await rig({ sources: { cloudevents: {} } });
    const headers = { 'content-type': 'application/cloudevents-batch+json' };
    const good = fixture('cloudevents/firing');
    const untitled = good.replace('"title"', '"name"');
    const answer = await post('/v1/cloudevents', `[${good},{"specversion":"1.0"},${untitled},7]`, headers);
    assert.equal(answer.status, 202);
    assert.equal(raised.length, 1);
    assert.deepEqual(
      answer.leftOut.map(({ reason, count }) => [reason, count]),
      [['malformed', 3]],
    );
  });

  const always: [string, object][] = [
    ['Watchdog', {}],
    ['InfoInhibitor', { severity: 'none' }],
    ['deadmansswitch', { severity: 'critical' }],
    ['OurHeartbeat', { severity: 'None' }],
  ];
  for (const [alertname, labels] of always) {
    it(`that is meant to fire always opens nothing: ${alertname}`, async () => {
      const { post, raised } = await rig({});
      const watchdog = alertOf('a', { labels: { alertname, ...labels } });
      const answer = await post('/v1/alertmanager', postOf(watchdog));
      assert.equal(answer.status, 200);
      assert.deepEqual(answer.leftOut, [
        { reason: 'always-firing', count: 1, detail: `${alertname} fires always (webhook.alwaysFiring)` },
      ]);
      assert.deepEqual(raised, []);
    });
  }

  it('that is a heartbeat is passed on while it fires, and opens nothing', async () => {
    const { post, raised, heard } = await rig({
      heartbeats: [
        { name: 'eu', match: { alertname: 'OurHeartbeat', cluster: 'eu-*' } },
        { name: 'us', match: { alertname: 'OurHeartbeat', cluster: 'us-1' } },
        { name: 'any' },
      ],
    });
    const beat = (labels: object, status = 'firing') => alertOf('a', { labels, status });
    const answer = await post(
      '/v1/alertmanager',
      postOf(
        beat({ alertname: 'OurHeartbeat', cluster: 'eu-7' }),
        beat({ alertname: 'OurHeartbeat', cluster: 'us-1' }, 'resolved'),
        beat({ alertname: 'OurHeartbeat' }),
        beat({ alertname: 'Watchdog', severity: 'none' }),
      ),
    );
    assert.deepEqual(heard, ['eu', 'any']);
    assert.equal(raised.length, 1, 'a heartbeat without the label is an alert like any other');
    assert.deepEqual(answer.leftOut, [
      { reason: 'always-firing', count: 3, detail: 'OurHeartbeat is a heartbeat (webhook.heartbeats)' },
    ]);
  });

  it('that fires always is taken where the settings say so', async () => {
    const { post, raised } = await rig({ alwaysFiring: { alertNames: [], severities: [] } });
    await post(
      '/v1/alertmanager',
      postOf(alertOf('a', { labels: { alertname: 'Watchdog', severity: 'none' } })),
    );
    assert.equal(raised.length, 1);
  });

  it('of Datadog without the documented template is refused, and told which', async () => {
    const { post, raised } = await rig({ sources: { datadog: {} } });
    const theirs = {
      id: '8306',
      event_type: 'query_alert_monitor',
      title: '[Triggered] Slow',
      org: { id: '3' },
    };
    const answer = await post('/v1/datadog', theirs);
    assert.equal(answer.status, 400);
    assert.match(
      answer.detail,
      /^monitor_id: expected the JSON object of the template in docs\/sources\/datadog\.md/,
    );
    assert.deepEqual(raised, []);
  });

  it('of PagerDuty without the time when it was made begins with its event', async () => {
    const { post, raised } = await rig({ sources: { pagerduty: { secrets: [SECRET] } } });
    const body = fixture('pagerduty/triggered').replace(/"created_at": "[^"]+",/, '');
    assert.ok(!body.includes('created_at'));
    assert.equal((await post('/v1/pagerduty', body, pagerdutyHeaders(body, SECRET))).status, 202);
    const { event } = JSON.parse(body) as { event: { occurred_at: string } };
    assert.equal(raised[0]?.startedAt, Date.parse(event.occurred_at) / 1000);
  });

  it('beyond the ten thousandth of a post is left out, and health is answered meanwhile', async () => {
    const { app, post, raised } = await rig({ bodyLimitBytes: 8 * 1024 * 1024 });
    const alerts = Array.from({ length: 10_050 }, (_, i) => alertOf('a', { fingerprint: String(i) }));
    const posted = post('/v1/alertmanager', postOf(...alerts));
    const probed = { count: 0 };
    const probing = setInterval(() => {
      void app.inject('/healthz').then(() => (probed.count += 1));
    }, 1);
    const answer = await posted;
    clearInterval(probing);
    assert.equal(answer.status, 202);
    assert.equal(raised.length, 10_000);
    assert.deepEqual(
      answer.leftOut.map(({ reason, count }) => [reason, count]),
      [['too-many', 50]],
    );
    assert.ok(probed.count > 10, `${probed.count} health checks were answered while the post was read`);
  });
});

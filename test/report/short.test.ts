import assert from 'node:assert/strict';
import type { IncidentRecord } from '../../model/incident.js';
import { briefOf, whatChanged } from '../../report/brief.js';
import { LONGEST_TITLE } from '../../report/headline.js';
import { T0 } from '../support/anomalies.js';
import { hostileRecord, SECRETS } from '../support/hostile-record.js';
import { SAMPLES } from '../support/records.js';

const everySample = Object.entries(SAMPLES);
const pool = SAMPLES['suspected pool saturation'];

function valueOf(record: IncidentRecord, name: string): string | undefined {
  return briefOf(record).fields.find((field) => field.name === name)?.value;
}

describe('the short form of a summary', () => {
  it('keeps within what short messages have room for, whatever the incident', () => {
    for (const [name, sample] of everySample) {
      const brief = briefOf(hostileRecord(sample()));
      assert.ok(Array.from(brief.title).length <= LONGEST_TITLE, name);
      assert.ok(brief.why.length <= 4 && brief.actions.length <= 3 && brief.fields.length <= 10, name);
      const texts = [brief.status, brief.cause, brief.ruledOut ?? '', brief.notChecked ?? ''];
      for (const text of [...texts, ...brief.fields.map(({ value }) => value)]) {
        assert.ok(text.length <= 1500 && !text.includes('\n'), `${name}: ${text}`);
      }
      for (const secret of SECRETS) assert.ok(!JSON.stringify(brief).includes(secret), `${name}: ${secret}`);
    }
  });

  it('says no field that holds nothing', () => {
    for (const [name, sample] of everySample)
      for (const field of briefOf(sample()).fields)
        assert.notEqual(field.value.trim(), '', `${name}: ${field.name}`);
  });

  it('tells the cause with its confidence, and what comes near it', () => {
    assert.match(
      briefOf(pool()).cause,
      /^Likely root cause: payment \(78 %\): .* Fault type: pool saturation 80 %, network 20 %\.$/,
    );
    assert.match(
      briefOf(SAMPLES['two causes']()).cause,
      /; also possible: cart \(41 %\); one of these: 93 %\./,
    );
    assert.doesNotMatch(briefOf(SAMPLES['confirmed bad deploy']()).cause, /also possible/);
  });

  it('puts what a person found before what the diagnosis had said, and advises nothing any more', () => {
    const { cause, actions } = briefOf(SAMPLES['corrected by a person']());
    assert.match(
      cause,
      /^Corrected by kim: it was ledger \(fault type: disk\)\. The diagnosis was: payment \(78 %\): /,
    );
    assert.deepEqual(actions, []);
  });

  it('counts alerts that are not listed', () => {
    assert.equal(valueOf(SAMPLES.storm(), 'Alerts'), '346 alerts, 334 of them firing');
    assert.equal(valueOf(SAMPLES.resolved(), 'Alerts'), '1 alert, resolved');
  });

  it('says that it was escalated and who took it on', () => {
    assert.match(valueOf(SAMPLES.escalated(), 'Escalated') ?? '', /not acknowledged for 30 min$/);
    assert.match(valueOf(SAMPLES.resolved(), 'Acknowledged') ?? '', /^sam, 2026-11-24 10:44:25 UTC/);
    assert.equal(valueOf(pool(), 'Escalated'), undefined);
  });

  it('names what was not looked at in one line, two things at most', () => {
    assert.equal(briefOf(pool()).notChecked, null);
    assert.match(
      briefOf(SAMPLES['sources down in part']()).notChecked ?? '',
      /^sampled traces of 4 services \(traces: .*\); deploys and other changes \(changes: .*\); and 1 more$/,
    );
  });

  it('hands out no login with a link', () => {
    const record = pool();
    record.links = [{ title: 'Report', url: 'https://ops:hunter2@reports.example/?token=abc&id=7' }];
    assert.deepEqual(briefOf(record).links[0], {
      title: 'Report',
      url: 'https://***@reports.example/?token=***&id=7',
    });
  });
});

describe('what changed', () => {
  /** News of the sample incident after `change` was done to it. */
  function newsAfter(change: (record: IncidentRecord) => void): string[] {
    const now = pool();
    change(now);
    return whatChanged(pool(), now);
  }

  it('is nothing without a summary before, and nothing when only the bookkeeping moved on', () => {
    assert.deepEqual(whatChanged(null, pool()), []);
    const news = newsAfter((record) => {
      record.revision += 1;
      record.state = 'following';
      record.gaps.push({ source: 'logs', what: 'logs of cart', reason: 'gone' });
      record.diagnosis!.verdict.confidence += 0.05;
      record.diagnosis!.blastRadius.reverse();
      record.timeline.push({ time: T0 + 99, what: 'Looked again', source: 'faultline' });
    });
    assert.deepEqual(news, []);
  });

  const cases: [string, (record: IncidentRecord) => void, RegExp[]][] = [
    [
      'a new level',
      (record) => (record.diagnosis!.verdict.level = 'confirmed'),
      [/^Confirmed, was suspected\. Root cause: payment \(78 %\): /],
    ],
    [
      'another cause',
      (record) => Object.assign(record.diagnosis!.verdict, { service: 'cart', faultKind: 'cpu' }),
      [/^Likely root cause: cart \(78 %\).*Before: payment, pool saturation\.$/],
    ],
    [
      'a confidence that moved far',
      (record) => (record.diagnosis!.verdict.confidence = 0.4),
      [/^Confidence in payment, pool saturation is 40 %, was 78 %\.$/],
    ],
    ['severity', (record) => (record.severity = 'warning'), [/^Severity is warning, was critical\.$/]],
    [
      'whom it reaches',
      (record) => (record.diagnosis!.blastRadius = ['payment', 'checkout', 'cart']),
      [/^Now also affected: cart\.$/, /^No longer affected: web\.$/],
    ],
    [
      'an alert of another service',
      (record) => record.anomalies.push({ ...record.anomalies[0]!, service: 'search' }),
      [/^Now also affected: search\.$/],
    ],
    [
      'who took it on',
      (record) => (record.acknowledged = { by: 'sam', at: T0 + 60 }),
      [/^Acknowledged by sam at 10:43:50 UTC\.$/],
    ],
    [
      'what a person says',
      (record) => (record.feedback = SAMPLES['corrected by a person']().feedback),
      [/^The diagnosis was wrong; it was ledger \(fault type: disk\), feedback of kim/],
    ],
    [
      'that no diagnosis holds any more',
      (record) => (record.diagnosis = null),
      [/^The diagnosis was withdrawn/, /^No longer affected: payment and web\.$/],
    ],
    [
      'the end, and then no services that left',
      (record) => {
        record.state = 'resolved';
        record.timings.closedAt = T0 + 600;
        record.anomalies = record.anomalies.map((alert) => ({ ...alert, status: 'resolved' }));
        record.diagnosis!.blastRadius = [];
      },
      [/^Resolved at 10:52:50 UTC, 12 min after it started\.$/],
    ],
  ];
  for (const [name, change, expected] of cases) {
    it(`tells ${name}`, () => {
      const news = newsAfter(change);
      assert.equal(news.length, expected.length, JSON.stringify(news));
      expected.forEach((sentence, index) => assert.match(news[index]!, sentence));
    });
  }

  it('tells the first diagnosis to those who heard that there was none', () => {
    const [first] = whatChanged(SAMPLES['metrics down'](), pool());
    assert.match(first ?? '', /^First diagnosis\. Likely root cause: payment \(78 %\): /);
  });

  it('tells a second verdict, which corrects the first', () => {
    const before = SAMPLES['corrected by a person']();
    const now = SAMPLES['corrected by a person']();
    now.feedback = { ...now.feedback!, service: 'web', at: T0 + 1000 };
    assert.equal(whatChanged(before, now).length, 1);
    assert.deepEqual(whatChanged(now, structuredClone(now)), []);
  });
});

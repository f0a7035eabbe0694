import assert from 'node:assert/strict';
import { plain } from '../../report/document.js';
import { factsOf } from '../../report/facts.js';
import { causeOf, LONGEST_TITLE, summaryOf, titleOf } from '../../report/headline.js';
import { hostileRecord } from '../support/hostile-record.js';
import { SAMPLES } from '../support/records.js';

const cause = (name: keyof typeof SAMPLES) => plain(causeOf(factsOf(SAMPLES[name]())));
const summary = (name: keyof typeof SAMPLES) => summaryOf(factsOf(SAMPLES[name]())).map(plain);

describe('the first line', () => {
  const titles: [keyof typeof SAMPLES, string][] = [
    ['suspected pool saturation', '[Suspected] checkout: latency 180 ms -> 1.9 s since 10:40 UTC'],
    ['confirmed bad deploy', '[Confirmed] checkout: errors 0.3 % -> 14 % since 10:40 UTC'],
    ['nothing abnormal', '[Inconclusive] checkout: latency alert since 10:42 UTC'],
    ['metrics down', '[No diagnosis] checkout: latency alert since 10:42 UTC'],
    ['still looking', '[Diagnosing] checkout: latency alert since 10:42 UTC'],
    ['resolved', '[Resolved 11:10] checkout: errors 0.3 % -> 14 % from 10:40 UTC'],
    ['cancelled', '[Cancelled] checkout: latency alert from 10:42 UTC'],
    ['corrected by a person', '[Corrected] checkout: latency 180 ms -> 1.9 s since 10:40 UTC'],
  ];
  for (const [name, title] of titles) {
    it(`says what is broken, since when and how sure: ${name}`, () =>
      assert.equal(titleOf(SAMPLES[name]()), title));
  }

  it('stays within its length, whatever the service is called', () => {
    for (const sample of Object.values(SAMPLES)) {
      const record = hostileRecord(sample());
      record.service = 'a-service-with-a-name-that-somebody-thought-about-for-very-long-indeed';
      if (record.diagnosis) record.diagnosis.anomaly.service = record.service;
      const title = titleOf(record);
      assert.ok(Array.from(title).length <= LONGEST_TITLE, title);
      assert.match(title, /UTC$/);
    }
  });
});

describe('the cause', () => {
  it('is told with what the suspect did, when, what kind of fault that is and how sure', () => {
    assert.equal(
      cause('suspected pool saturation'),
      'payment: latency p95 20 ms -> 1.2 s from 10:40:20 (T-30s), pool saturation; confidence 78 %',
    );
  });

  it('begins with the change when one is guilty', () => {
    assert.match(
      cause('confirmed bad deploy'),
      /^payment: deploy "payment v812: .*" \(4f2a91c\) at 10:36:05 \(T-4m45s\), then error/,
    );
  });

  it('is told by its main reason when the suspect itself moved in no way that can be shown', () => {
    const record = SAMPLES['suspected pool saturation']();
    record.diagnosis!.symptoms = [];
    record.diagnosis!.suspects[0]!.evidence = [
      { ...record.diagnosis!.suspects[0]!.evidence[0]!, kind: 'trace', movement: null, series: null },
    ];
    assert.equal(
      plain(causeOf(factsOf(record))),
      'payment: pool saturation; confidence 78 % (latency p95 of payment rose from 20 ms to 1.2 s)',
    );
  });

  it('names what could not be seen when there is no diagnosis', () => {
    assert.match(
      summary('metrics down')[1]!,
      /^Cause not known: the services around checkout could not be seen \(metrics: /,
    );
  });
});

describe('the summary', () => {
  it('has at most three sentences', () => {
    for (const name of Object.keys(SAMPLES) as (keyof typeof SAMPLES)[]) {
      assert.ok(summary(name).length <= 3, name);
    }
  });

  it('says what a person found before what the diagnosis said, and nothing of what to do', () => {
    const [, found, said, ...more] = summary('corrected by a person');
    assert.equal(found, 'Corrected by kim: it was ledger, disk trouble.');
    assert.match(said ?? '', /^The diagnosis had said: payment: /);
    assert.deepEqual(more, []);
  });
});

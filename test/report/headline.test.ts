import assert from 'node:assert/strict';
import type { IncidentRecord } from '../../model/incident.js';
import { plain } from '../../report/document.js';
import { factsOf } from '../../report/facts.js';
import { causeOf, causeSentences, LONGEST_TITLE, summaryOf, titleOf } from '../../report/headline.js';
import { hostileRecord } from '../support/hostile-record.js';
import { ZERO } from '../support/record-parts.js';
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

  it('does not call normal what nobody could read', () => {
    const record = SAMPLES['nothing abnormal']();
    record.diagnosis!.verdict.rule = 'nothing-read';
    record.diagnosis!.verdict.reason = 'Nothing could be seen: no latency of any service was read.';
    const said = summaryOf(factsOf(record)).map(plain).join(' ');
    assert.match(said, /none of its metrics could be read/u);
    assert.match(said, /Nothing could be seen/u);
    assert.doesNotMatch(said, /deviates/u);
  });

  it('says in the first lines that no known call links the suspect to the alert', () => {
    const record = SAMPLES['suspected pool saturation']();
    record.diagnosis!.verdict.rule = 'unlinked-lead';
    const [said] = causeSentences(factsOf(record)).map(plain);
    assert.match(said!, /No known call links checkout to it\./u);
  });

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
  it('stands with its confidence, and with what the suspect shows', () => {
    assert.equal(
      cause('suspected pool saturation'),
      'payment (78 %): latency p95 20 ms -> 1.2 s from 10:40:20 (T-30s)',
    );
  });

  it('begins with the change that triggered it', () => {
    assert.match(
      cause('confirmed bad deploy'),
      /^payment \(96 %\): deploy "payment v812: .*" \(4f2a91c\) at 10:36:05 \(T-4m45s\), then error/,
    );
  });

  it('has its main reason where the suspect itself shows no movement', () => {
    const record = SAMPLES['suspected pool saturation']();
    record.diagnosis!.symptoms = [];
    record.diagnosis!.suspects[0]!.evidence = [
      { ...record.diagnosis!.suspects[0]!.evidence[0]!, kind: 'trace', movement: null, series: null },
    ];
    assert.equal(
      plain(causeOf(factsOf(record))),
      'payment (78 %): latency p95 of payment rose from 20 ms to 1.2 s',
    );
  });

  /** The cause sentence of the pool incident after `change` was done to it. */
  function causeAfter(change: (record: IncidentRecord) => void): string {
    const record = SAMPLES['suspected pool saturation']();
    change(record);
    return plain(causeSentences(factsOf(record))[0]!);
  }

  it('names no fault type that has less than half of the belief', () => {
    const words = causeAfter(({ diagnosis }) => {
      diagnosis!.suspects[0]!.faultKinds = [
        { kind: 'network', probability: 0.45 },
        { kind: 'code-change', probability: 0.3 },
        { kind: 'unknown', probability: 0.25 },
      ];
    });
    assert.match(words, /\. Fault type unclear: network 45 %, code change 30 %\.$/);
    assert.match(
      causeAfter(() => undefined),
      /\. Fault type: pool saturation 80 %, network 20 %\.$/,
    );
  });

  it('is told in the statistic of the symptom, however the evidence is ordered', () => {
    const words = causeAfter(({ diagnosis }) => {
      const [heaviest] = diagnosis!.suspects[0]!.evidence;
      const p50 = { ...heaviest!.series!, id: 'payment/latency-p50', name: 'latency p50' };
      const movement = {
        ...heaviest!.movement!,
        before: 0.01,
        onset: { time: ZERO - 60, uncertaintySeconds: 15 },
      };
      diagnosis!.suspects[0]!.evidence.unshift({ ...heaviest!, weight: 9, series: p50, movement });
    });
    assert.match(words, /: latency p95 20 ms -> 1\.2 s from 10:40:20/);
  });

  it('names what had no data when there is no diagnosis', () => {
    assert.match(
      summary('metrics down')[1]!,
      /^Root cause not known: the services around checkout had no data \(metrics: /,
    );
  });
});

describe('the summary', () => {
  it('counts what is missing only where it bears on the answer', () => {
    const record = SAMPLES['suspected pool saturation']();
    record.diagnosis!.ranking.push({ service: 'shipping', score: 0 });
    const last = () => plain(summaryOf(factsOf(record)).at(-1)!);
    record.gaps = [{ source: 'prometheus', what: 'pool metrics of shipping', reason: 'no series' }];
    assert.match(last(), /^Next: See what holds the connections of payment \(read-only\)\.$/);
    record.gaps.push({ source: 'prometheus', what: 'pool metrics of payment', reason: 'no series' });
    assert.match(last(), /; partial visibility: 1 data source missing \(see Not checked\)\.$/);
  });

  it('has at most three paragraphs', () => {
    for (const name of Object.keys(SAMPLES) as (keyof typeof SAMPLES)[]) {
      assert.ok(summary(name).length <= 3, name);
    }
  });

  it('says what a person found before what the diagnosis said, and nothing of what to do', () => {
    const [, found, said, ...more] = summary('corrected by a person');
    assert.equal(found, 'Corrected by kim: it was ledger (fault type: disk).');
    assert.match(said ?? '', /^The diagnosis was: payment \(78 %\): /);
    assert.deepEqual(more, []);
  });
});

import assert from 'node:assert/strict';
import { diagnose } from '../../analysis/index.js';
import { fewer, larger, more } from '../../analysis/stats/exact.js';
import { coverage } from '../../analysis/stats/order.js';
import { timingOf } from '../../analysis/traces/timing.js';
import type { Diagnosis, Evidence } from '../../model/diagnosis.js';
import type { Series } from '../../model/series.js';
import type { LogLine } from '../../analysis/logs/line.js';
import type { SpanTable } from '../../model/telemetry.js';
import { counted } from '../support/log-lines.js';
import { ALERT, calls, inputOf, of } from '../support/small-system.js';
import { ordinaryTraces } from '../support/spans.js';

const edges: [string, string][] = [
  ['front', 'cart'],
  ['front', 'rare'],
];

function inside(result: Diagnosis, service: string): Evidence | undefined {
  return result.suspects
    .find((suspect) => suspect.service === service)
    ?.evidence.find(({ observation }) => observation === `seconds of ${service}`);
}

describe('accounts', () => {
  it('count seconds, not ratios: a callee that is a hundred times slower on few calls explains little', () => {
    const result = diagnose(
      inputOf('latency', edges, [
        of('front', 'latency', 0.1, 0.6),
        of('front', 'traffic', 50, 50),
        of('cart', 'latency', 0.05, 0.55),
        of('cart', 'traffic', 50, 50),
        of('rare', 'latency', 0.005, 0.5),
        of('rare', 'traffic', 0.1, 0.1),
      ]),
    );
    assert.equal(result.verdict.service, 'cart');
    assert.match(
      inside(result, 'cart')!.statement,
      /^All of the added latency of front comes from cart|^100 %|^9\d/u,
    );
    assert.equal(inside(result, 'rare'), undefined, 'less than a hundredth of the loss is not told');
  });

  it('leave with a caller what its callees did not lose for it', () => {
    const result = diagnose(
      inputOf('latency', edges, [
        of('front', 'latency', 0.1, 1.1),
        of('front', 'traffic', 50, 50),
        of('cart', 'latency', 0.05, 0.06),
        of('cart', 'traffic', 50, 50),
      ]),
    );
    assert.equal(result.verdict.service, 'front');
    assert.ok(inside(result, 'front')!.weight > 1);
  });

  it('book on the way what callers wait and the callee does not work', () => {
    const result = diagnose(
      inputOf('latency', edges, [
        of('front', 'latency', 0.1, 1.1),
        of('front', 'traffic', 50, 50),
        calls('front', 'cart', 'latency', 0.05, 1.05),
        of('cart', 'latency', 0.05, 0.05),
        of('cart', 'traffic', 50, 50),
      ]),
    );
    assert.equal(result.verdict.service, 'cart');
    assert.equal(result.verdict.faultKind, 'network');
  });

  it('hold with two minutes of baseline', () => {
    const given = inputOf('errors', edges, [
      of('front', 'errors', 0.001, 0.25),
      of('front', 'traffic', 20, 20),
      of('cart', 'errors', 0.001, 0.25),
      of('cart', 'traffic', 20, 20),
      of('rare', 'errors', 0.001, 0.001),
      of('rare', 'traffic', 5, 5),
    ]);
    const young = given.series.map((series): Series => ({
      ...series,
      values: series.values.map((value, row) =>
        series.times[row]! < ALERT - 120 || series.times[row]! > ALERT + 60 ? NaN : value,
      ),
    }));
    assert.equal(diagnose({ ...given, series: young }).verdict.service, 'cart');
  });
});

describe('exact tests', () => {
  it('find seven slow calls against seven fast ones certain, and alike ones unremarkable', () => {
    const fast = [3, 4, 2, 3, 5, 4, 3];
    assert.ok(larger(fast, [2000, 2100, 1900, 2000, 2050, 1950, 2000]) > 2.5);
    assert.ok(larger(fast, [3, 4, 3, 4, 2, 5, 3]) < 0.5);
    assert.equal(larger([], fast), 0);
  });

  it('give the chance that Fisher gives', () => {
    // 14 of 14 moments before and 0 of 20 after: 1 / C(34, 14).
    assert.ok(Math.abs(fewer(14, 14, 0, 20) - Math.log10(1391975640)) < 1e-6);
    assert.ok(Math.abs(fewer(5, 10, 5, 10) - -Math.log10(0.6718591)) < 1e-6);
    assert.equal(more(0, 14, 20, 20), fewer(14, 14, 0, 20));
  });

  it('take one line with a broken clock for no beginning', () => {
    const times = Array.from({ length: 1000 }, (_, index) => 1000 + index);
    assert.ok(coverage([...times, -8e9])!.from > 900);
    assert.equal(coverage([]), null);
  });
});

describe('the time of a span', () => {
  it('leaves out what a span below it covers that nobody waited for', () => {
    // A gateway's span (10 s) starts a short one (0.1 s) whose own child, another service, runs for 9 s.
    const spans: SpanTable = {
      services: ['gateway', 'orders'],
      operations: ['handle'],
      trace: Uint32Array.of(0, 0, 0),
      parent: Int32Array.of(-1, 0, 1),
      service: Uint32Array.of(0, 0, 1),
      operation: Uint32Array.of(0, 0, 0),
      start: Float64Array.of(0, 0.5, 0.6),
      duration: Float64Array.of(10, 0.1, 9),
      failed: new Uint8Array(3),
      ...ordinaryTraces(1),
    };
    const { own } = timingOf(spans);
    assert.ok(own[0]! < 1, `${own[0]!} s are the gateway's own`);
    assert.equal(own[2], 9);
  });
});

describe('ordinary log lines', () => {
  const every = (seconds: number, service: string, message: string, from: number, until: number): LogLine[] =>
    Array.from({ length: Math.floor((until - from) / seconds) }, (_, index) => ({
      time: ALERT + from + index * seconds,
      service,
      level: 'info',
      message,
    }));
  const given = inputOf('errors', edges, [of('front', 'errors', 0.001, 0.3), of('front', 'traffic', 20, 20)]);

  it('speak for nobody whom a failing service keeps from writing them', () => {
    const failing = inputOf('errors', edges, [
      of('front', 'errors', 0.001, 0.3),
      of('front', 'traffic', 20, 20),
      of('rare', 'errors', 0.001, 0.9),
      of('cart', 'errors', 0.001, 0.001),
    ]);
    const lines = [
      ...every(4, 'cart', 'cart loaded', -120, 0),
      ...every(4, 'cart', 'cart asked', -120, 280),
      ...every(4, 'front', 'front thanked', -120, 0),
      ...every(4, 'front', 'front asked', -120, 280),
    ];
    const { suspects } = diagnose({ ...failing, logs: counted(lines) });
    assert.deepEqual(
      suspects.flatMap(({ evidence }) => evidence.filter(({ kind }) => kind === 'log')),
      [],
    );
    assert.equal(suspects[0]?.service, 'rare');
  });

  it('speak for the service that no longer writes one of them', () => {
    const lines = [
      ...every(4, 'cart', 'cart loaded', -120, 0),
      ...every(4, 'cart', 'cart asked', -120, 280),
      ...every(4, 'rare', 'rare answered', -120, 280),
    ];
    const result = diagnose({ ...given, logs: counted(lines) });
    const found = result.suspects.flatMap(({ service, evidence }) =>
      evidence.filter(({ kind }) => kind === 'log').map(({ statement }) => `${service}: ${statement}`),
    );
    assert.equal(found.length, 1);
    assert.match(
      found[0]!,
      /^cart: cart no longer logs lines such as "cart loaded" \(100 % of the time before, 0 % since\)\.$/u,
    );
  });

  it('say nothing when the service writes less of everything', () => {
    const lines = [...every(4, 'cart', 'cart loaded', -120, 0), ...every(4, 'cart', 'cart asked', -120, 0)];
    const result = diagnose({ ...given, logs: counted(lines) });
    assert.ok(result.suspects.every(({ evidence }) => evidence.every(({ kind }) => kind !== 'log')));
  });
});

describe('what was not read', () => {
  const up = { ...of('front', 'errors', 1, 1), signal: 'availability', perspective: 'self' } as const;
  const refused = {
    source: 'prometheus',
    what: 'latency of front',
    reason: '422 err-mimir-max-chunks-per-query',
  };

  it('is said to be unseen, never normal, with the first reason', () => {
    for (const series of [[], [up]]) {
      const { verdict, nextActions } = diagnose({ ...inputOf('latency', edges, series), gaps: [refused] });
      assert.equal(verdict.rule, 'nothing-read');
      assert.equal(verdict.service, null);
      assert.equal(
        verdict.reason,
        'Nothing could be seen: no latency, errors, traffic or resources of any service were read ' +
          '(prometheus: latency of front: 422 err-mimir-max-chunks-per-query).',
      );
      assert.deepEqual(nextActions, []);
    }
  });

  it('is not said where something was read and nothing deviates', () => {
    const { verdict } = diagnose(inputOf('latency', edges, [of('front', 'latency', 0.1, 0.1)]));
    assert.equal(verdict.rule, 'nothing-abnormal');
  });
});

describe('a suspect that no known call links to the alert', () => {
  const given = (links: [string, string][]) =>
    inputOf('other', links, [
      of('front', 'traffic', 20, 20),
      of('cart', 'latency', 0.05, 1),
      of('cart', 'traffic', 20, 20),
    ]);

  it('is believed less, and the reason says that no call links them', () => {
    const apart = diagnose(given([['shop', 'cart']])).verdict;
    const linked = diagnose(given(edges)).verdict;
    assert.equal(apart.service, 'cart');
    assert.ok(apart.confidence <= 0.5 && apart.confidence < linked.confidence);
    assert.match(
      `${apart.reason} ${apart.wouldSettle.join()}`,
      /no known call links front to it|from front to cart: none is known/u,
    );
    assert.doesNotMatch(linked.reason, /no known call/u);
  });
});

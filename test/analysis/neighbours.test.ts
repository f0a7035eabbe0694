import assert from 'node:assert/strict';
import { diagnose } from '../../analysis/index.js';
import type { DiagnosisInput } from '../../analysis/input.js';
import type { Diagnosis, Evidence } from '../../model/diagnosis.js';
import type { Series } from '../../model/series.js';
import { ALERT, calls, inputOf, of } from '../support/small-system.js';
import { ordinaryTraces } from '../support/spans.js';

function evidenceOf(result: Diagnosis, service: string): Evidence[] {
  return result.suspects.find((suspect) => suspect.service === service)?.evidence ?? [];
}

function scoreOf(result: Diagnosis, service: string): number {
  return result.ranking.find((one) => one.service === service)!.score;
}

describe('what slow callers share', () => {
  const edges: [string, string][] = [
    ['front', 'cart'],
    ['front', 'search'],
    ['cart', 'stock'],
    ['search', 'stock'],
    ['search', 'prices'],
  ];
  const calm = [of('stock', 'latency', 0.01, 0.01), of('prices', 'latency', 0.01, 0.01)];
  const slow = [
    of('front', 'latency', 0.1, 0.4),
    of('cart', 'latency', 0.05, 0.35),
    of('search', 'latency', 0.05, 0.35),
  ];

  it('is suspected before any of them, though it shows nothing itself', () => {
    const result = diagnose(inputOf('latency', edges, [...slow, ...calm]));
    assert.equal(result.verdict.service, 'stock');
    assert.equal(result.verdict.faultKind, 'network');
    assert.match(
      evidenceOf(result, 'stock').find(({ kind }) => kind === 'neighbours')!.statement,
      /^cart and search wait longer; all of them call stock\.$/u,
    );
    assert.ok(evidenceOf(result, 'cart').some(({ stance }) => stance === 'against'));
  });

  it('is not, if another of its callers is as fast as ever', () => {
    const more: [string, string][] = [...edges, ['front', 'orders'], ['orders', 'stock']];
    const result = diagnose(
      inputOf('latency', more, [...slow, ...calm, of('orders', 'latency', 0.05, 0.05)]),
    );
    assert.notEqual(result.verdict.service, 'stock');
    const with2 = diagnose(inputOf('latency', edges, [...slow, ...calm]));
    assert.ok(scoreOf(result, 'stock') < scoreOf(with2, 'stock'));
  });

  it('is not, if the calls to it are measured and take as long as before', () => {
    const measured = [
      calls('cart', 'stock', 'latency', 0.012, 0.012),
      calls('search', 'stock', 'latency', 0.012, 0.012),
    ];
    const result = diagnose(inputOf('latency', edges, [...slow, ...calm, ...measured]));
    assert.deepEqual(evidenceOf(result, 'stock'), []);
    assert.ok(['cart', 'search'].includes(result.verdict.service!));
  });

  it('leaves a single slow service ahead of the ways to what it calls, and these on the list', () => {
    const alone = [
      of('front', 'latency', 0.1, 0.4),
      of('cart', 'latency', 0.05, 0.05),
      of('search', 'latency', 0.05, 0.35),
    ];
    const result = diagnose(inputOf('latency', edges, [...alone, ...calm]));
    assert.deepEqual(
      result.ranking.slice(0, 2).map(({ service }) => service),
      ['search', 'prices'],
    );
    assert.ok(result.verdict.confidence <= 0.8);
  });
});

describe('what failing callees share', () => {
  const edges: [string, string][] = [
    ['front', 'gateway'],
    ['gateway', 'orders'],
    ['gateway', 'users'],
    ['gateway', 'payments'],
  ];
  const above = [of('front', 'errors', 0.002, 0.3), of('gateway', 'errors', 0.002, 0.3)];
  const failing = (delay: number): Series[] => [
    of('orders', 'errors', 0.004, 0.5),
    of('users', 'errors', 0.004, 0.45, delay),
    of('payments', 'errors', 0.004, 0.4, 2 * delay),
  ];

  it('is who calls them, if they begin together', () => {
    const result = diagnose(inputOf('errors', edges, [...above, ...failing(0)]));
    assert.equal(result.verdict.service, 'gateway');
    assert.match(
      evidenceOf(result, 'gateway').find(({ kind }) => kind === 'neighbours')!.statement,
      /began to fail together; gateway calls all of them/u,
    );
  });

  it('is nothing, if one fails after the other or only one of them does', () => {
    const one = [
      of('orders', 'errors', 0.004, 0.5),
      of('users', 'errors', 0.004, 0.004),
      of('payments', 'errors', 0.004, 0.004),
    ];
    for (const callees of [failing(4), one]) {
      const result = diagnose(inputOf('errors', edges, [...above, ...callees]));
      assert.equal(result.verdict.service, 'orders');
    }
  });
});

describe('what traces say of a slow caller', () => {
  const edges: [string, string][] = [
    ['front', 'orders'],
    ['orders', 'mail'],
    ['orders', 'stock'],
  ];

  /** Runs of `orders` that call `mail` and then `stock`; from the alert on the ways to `slow` take 0.3 s more. */
  function spansOf(slow: string[]): DiagnosisInput['spans'] {
    const runs = 300;
    const rows = runs * 5;
    const spans = {
      services: ['orders', 'mail', 'stock'],
      operations: ['order', 'call', 'answer'],
      trace: new Uint32Array(rows),
      parent: new Int32Array(rows).fill(-1),
      service: new Uint32Array(rows),
      operation: new Uint32Array(rows),
      start: new Float64Array(rows),
      duration: new Float64Array(rows),
      failed: new Uint8Array(rows).fill(255),
      ...ordinaryTraces(runs),
    };
    for (let run = 0; run < runs; run += 1) {
      const start = ALERT - 900 + run * 4;
      const way = (callee: string): number => 0.002 + (start > ALERT && slow.includes(callee) ? 0.3 : 0);
      const answer = 0.01 + 0.0001 * (run % 7);
      const ways = ['mail', 'stock'].map(way);
      const put = (
        part: number,
        parent: number,
        service: number,
        operation: number,
        duration: number,
      ): void => {
        const row = run * 5 + part;
        spans.trace[row] = run;
        spans.parent[row] = parent < 0 ? -1 : run * 5 + parent;
        spans.service[row] = service;
        spans.operation[row] = operation;
        spans.start[row] = start + part * 0.001;
        spans.duration[row] = duration;
      };
      put(0, -1, 0, 0, 0.03 + 2 * answer + ways[0]! + ways[1]!);
      ways.forEach((onTheWay, index) => {
        put(1 + 2 * index, 0, 0, 1, answer + onTheWay);
        put(2 + 2 * index, 1 + 2 * index, 1 + index, 2, answer);
      });
    }
    return spans;
  }

  const series = [
    of('front', 'latency', 0.1, 0.4),
    of('orders', 'latency', 0.05, 0.35),
    of('mail', 'latency', 0.01, 0.01),
    of('stock', 'latency', 0.01, 0.01),
  ];
  const diagnosisOf = (slow: string[]): Diagnosis =>
    diagnose({ ...inputOf('latency', edges, series), spans: spansOf(slow) });

  it('excuses it, if it only waited for one of its callees', () => {
    const result = diagnosisOf(['mail']);
    assert.equal(result.verdict.service, 'mail');
    assert.equal(result.verdict.faultKind, 'network');
    assert.match(
      evidenceOf(result, 'orders').find(({ stance }) => stance === 'against')!.statement,
      /^In traces, 100 % of its extra time was spent on the way to and from mail, while its other calls took as long/u,
    );
  });

  it('does not, if all of its calls are slow', () => {
    assert.equal(diagnosisOf(['mail', 'stock']).verdict.service, 'orders');
  });
});

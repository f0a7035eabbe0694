import assert from 'node:assert/strict';
import { diagnose, type DiagnosisInput } from '../../analysis/index.js';
import type { Diagnosis } from '../../model/diagnosis.js';
import { ALERT, inputOf, of } from '../support/small-system.js';

const edges: [string, string][] = [
  ['front', 'cart'],
  ['front', 'mail'],
  ['cart', 'stock'],
];

function scoreOf({ ranking }: Diagnosis, service: string): number {
  return ranking.find((one) => one.service === service)?.score ?? 0;
}

/** What is left of an input between two times. */
function between(input: DiagnosisInput, start: number, end: number): DiagnosisInput {
  const series = input.series.map((one) => {
    const kept = one.times.map((time) => (time >= start && time <= end ? 1 : 0));
    return {
      ...one,
      times: one.times.filter((_, row) => kept[row] === 1),
      values: one.values.filter((_, row) => kept[row] === 1),
    };
  });
  return { ...input, series, window: { ...input.window, start, end } };
}

describe('work in flight', () => {
  const busy = (cart: number, mail: number): Diagnosis =>
    diagnose(
      inputOf('latency', edges, [
        of('front', 'latency', 0.1, 0.6),
        of('front', 'traffic', 50, 50),
        of('cart', 'connections', 5, 5 + cart),
        of('mail', 'connections', 5, 5 + mail),
      ]),
    );

  it('that grew by as much as requests wait longer tells who lost the time, where nobody times the answers', () => {
    assert.equal(busy(25, 0).ranking[0]?.service, 'cart');
    assert.equal(busy(0, 25).ranking[0]?.service, 'mail');
    assert.ok(scoreOf(busy(25, 0), 'cart') > scoreOf(busy(0, 25), 'cart') + 1);
  });
});

describe('a caller whose workers wait', () => {
  const with_ = (cart: [number, number]): Diagnosis =>
    diagnose(
      inputOf('latency', edges, [
        of('front', 'latency', 0.1, 2),
        of('front', 'traffic', 50, 50),
        of('cart', 'latency', ...cart),
        of('cart', 'traffic', 10, 10),
      ]),
    );

  it('loses more than its callee did, and by it', () => {
    assert.equal(with_([0.05, 3]).verdict.service, 'cart');
  });

  it('is not held by one that takes a few milliseconds more', () => {
    assert.equal(with_([0.0001, 0.003]).verdict.service, 'front');
  });
});

describe('a service that several need', () => {
  const shared: [string, string][] = [
    ['front', 'cart'],
    ['front', 'mail'],
    ['cart', 'stock'],
    ['mail', 'stock'],
  ];
  const stocked = (left: number): Diagnosis =>
    diagnose(
      inputOf('errors', shared, [
        of('front', 'errors', 0.001, 0.4),
        of('front', 'traffic', 50, 50),
        of('cart', 'errors', 0.001, 0.4),
        of('cart', 'traffic', 30, 30),
        of('mail', 'errors', 0.001, 0.4),
        of('mail', 'traffic', 20, 20),
        of('stock', 'errors', 0.001, 0.001),
        of('stock', 'traffic', 25, left),
      ]),
    );

  it('is gone where it lost as many calls as they report as failed', () => {
    assert.equal(stocked(5).verdict.service, 'stock');
    assert.equal(stocked(5).suspects[0]?.faultKind, 'dependency-down');
  });

  it('is not where it serves as many as before', () => {
    assert.ok(scoreOf(stocked(25), 'stock') < scoreOf(stocked(5), 'stock') - 1);
  });
});

describe('without a calm', () => {
  const input = inputOf('latency', edges, [
    of('front', 'latency', 0.1, 0.9),
    of('front', 'traffic', 50, 50),
    of('cart', 'latency', 0.05, 0.85),
    of('cart', 'traffic', 50, 50),
    of('mail', 'latency', 0.05, 0.05),
    of('mail', 'traffic', 50, 50),
  ]);

  it('one good sample is enough to see the step and who took it, and too little to be sure', () => {
    const { verdict } = diagnose(between(input, ALERT - 15, input.window.end));
    assert.equal(verdict.service, 'cart');
    assert.ok(verdict.confidence <= 0.5, `${verdict.confidence}`);
  });
});

describe('a service that no known call touches', () => {
  const deviating = (more: [string, string][]): Diagnosis =>
    diagnose(
      inputOf(
        'latency',
        [...edges, ...more],
        [
          of('front', 'latency', 0.1, 0.5),
          of('cart', 'latency', 0.05, 0.4),
          of('batch', 'latency', 0.02, 0.9),
          of('batch', 'cpu', 0.05, 2),
        ],
      ),
    );

  it('is another matter where nearly everybody else is in the call graph', () => {
    assert.equal(deviating([]).verdict.service, 'cart');
    assert.equal(deviating([['cart', 'batch']]).verdict.service, 'batch');
  });
});

describe('a later look', () => {
  const input = inputOf('latency', edges, [
    of('front', 'latency', 0.1, 0.9, -1),
    of('front', 'traffic', 50, 50),
    of('cart', 'latency', 0.05, 0.85, -1),
    of('cart', 'traffic', 50, 50),
    of('stock', 'latency', 0.02, 0.02),
    of('stock', 'cpu', 0.2, 0.21),
  ]);
  const looks = [15, 45, 90, 180].map((after) => diagnose(between(input, input.window.start, ALERT + after)));

  it('names the same service, from the same onset, as the first at 15 s', () => {
    const [first] = looks;
    for (const { verdict, onset } of looks) {
      assert.equal(verdict.service, 'cart');
      assert.equal(onset?.time, first!.onset?.time);
    }
  });
});

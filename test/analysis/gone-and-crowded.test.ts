import assert from 'node:assert/strict';
import { diagnose } from '../../analysis/index.js';
import type { Diagnosis, Evidence } from '../../model/diagnosis.js';
import { calls, inputOf, of } from '../support/small-system.js';

function evidenceOf(result: Diagnosis, service: string): Evidence[] {
  return result.suspects.find((suspect) => suspect.service === service)?.evidence ?? [];
}

const edges: [string, string][] = [
  ['front', 'orders'],
  ['orders', 'stock'],
];

describe('a service that is gone', () => {
  it('is one whose own metrics end, though others still count that it serves nobody', () => {
    const series = [
      of('front', 'errors', 0.001, 0.6),
      of('orders', 'errors', 0.001, 0.6),
      of('stock', 'traffic', 40, 0),
      of('stock', 'errors', 0, 0),
      of('stock', 'cpu', 0.2, null),
      of('stock', 'memory', 2e8, null),
    ];
    const { verdict } = diagnose(inputOf('errors', edges, series));
    assert.equal(verdict.service, 'stock');
    assert.equal(verdict.faultKind, 'dependency-down');
  });

  it('is not one that merely nobody asks any more', () => {
    const series = [
      of('front', 'errors', 0.001, 0.6),
      of('orders', 'errors', 0.001, 0.98),
      of('orders', 'traffic', 40, 40),
      of('stock', 'traffic', 40, 0),
      of('stock', 'latency', 0.01, null),
      of('stock', 'cpu', 0.2, 0.2),
    ];
    const result = diagnose(inputOf('errors', edges, series));
    assert.equal(result.verdict.service, 'orders');
    assert.match(
      evidenceOf(result, 'orders')
        .map(({ statement }) => statement)
        .join(),
      /stock, which only orders calls/u,
    );
  });

  it('lost more of its calls than its caller could have failed before it asked', () => {
    const series = [
      of('front', 'errors', 0.001, 0.3),
      of('orders', 'errors', 0.001, 0.4),
      of('orders', 'traffic', 50, 50),
      of('stock', 'traffic', 20, 0.05),
      of('stock', 'cpu', 0.2, 0.05),
    ];
    const result = diagnose(inputOf('errors', edges, series));
    assert.equal(result.verdict.service, 'stock');
    assert.equal(result.verdict.faultKind, 'dependency-down');
  });

  it('cannot have seen the calls that failed before they arrived', () => {
    const failing = (served: number): Diagnosis =>
      diagnose(
        inputOf('errors', edges, [
          of('front', 'errors', 0.001, 0.5),
          of('orders', 'errors', 0.001, 0.5),
          calls('orders', 'stock', 'errors', 0.001, 0.5),
          of('stock', 'errors', 0.001, 0.001),
          of('stock', 'traffic', 40, served),
        ]),
      );
    const scoreOf = ({ ranking }: Diagnosis): number =>
      ranking.find(({ service }) => service === 'stock')!.score;
    assert.equal(failing(20).verdict.service, 'stock');
    assert.equal(failing(20).verdict.faultKind, 'dependency-down');
    assert.ok(scoreOf(failing(20)) > 1.5 * scoreOf(failing(40)));
  });
});

describe('load', () => {
  it('that comes a minute before anybody suffers is the cause, and what breaks below its effect', () => {
    const series = [
      of('front', 'traffic', 100, 240, -3),
      of('front', 'latency', 0.1, 0.9),
      of('orders', 'traffic', 80, 190, -3),
      of('orders', 'latency', 0.08, 0.85),
      of('stock', 'traffic', 80, 190, -3),
      of('stock', 'latency', 0.02, 0.8),
    ];
    const result = diagnose(inputOf('latency', edges, series));
    assert.equal(result.verdict.service, 'front');
    assert.equal(result.verdict.faultKind, 'traffic-surge');
    assert.match(
      evidenceOf(result, 'stock').find(({ stance }) => stance === 'against')!.statement,
      /^stock gets 2\.\d times its baseline traffic\.$/u,
    );
  });

  it('of a service that fails is none, if as many calls are made again', () => {
    const series = [
      of('front', 'traffic', 100, 100),
      of('front', 'errors', 0.001, 0.9),
      of('orders', 'traffic', 80, 210),
      of('orders', 'errors', 0.001, 0.95),
    ];
    const result = diagnose(inputOf('errors', edges, series));
    assert.ok(!evidenceOf(result, 'orders').some(({ kind }) => kind === 'load'));
    assert.equal(result.verdict.service, 'orders');
    assert.notEqual(result.verdict.faultKind, 'traffic-surge');
  });
});

describe('connections', () => {
  const with4Times = (latency: number): Diagnosis =>
    diagnose(
      inputOf('latency', edges, [
        of('front', 'latency', 0.1, 0.1 + latency),
        of('orders', 'latency', 0.05, 0.05 + latency),
        of('orders', 'connections', 20, 80),
        of('orders', 'cpu', 0.3, 0.3),
      ]),
    );

  it('that are open as much longer as the answers take lack nothing', () => {
    const { suspects } = with4Times(0.2);
    assert.equal(suspects[0]?.service, 'orders');
    assert.notEqual(suspects[0].faultKind, 'pool-saturation');
  });

  it('that grow beyond that do', () => {
    assert.equal(with4Times(0.02).suspects[0]?.faultKind, 'pool-saturation');
  });
});

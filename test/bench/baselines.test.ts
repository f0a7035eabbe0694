import assert from 'node:assert/strict';
import type { DiagnosisInput } from '../../analysis/input.js';
import { BASELINES, robustScore, shiftInDeviations, sigmas } from '../../bench/rca/baselines/index.js';
import { walkToCauses } from '../../bench/rca/baselines/page-rank.js';
import { evidenceIn, without } from '../../bench/rca/without.js';
import type { Series } from '../../model/series.js';

const calm = [1, 2, 3, 4, 5];

function series(service: string, after: number, name = 'latency'): Series {
  return {
    id: `${service}/${name === 'latency' ? 'latency-p90' : name}`,
    subject: { kind: 'service', service },
    signal: 'latency',
    name,
    unit: 's',
    worse: 'up',
    perspective: 'server',
    query: '',
    source: '',
    times: Float64Array.from([0, 1, 2, 3, 4, 5, 6]),
    values: Float64Array.from([...calm, after, after - 0.5]),
  };
}

/** `front` calls `cart` and `search`, `cart` calls `store`. */
function estate(...list: Series[]): DiagnosisInput {
  const edges = [
    ['front', 'cart'],
    ['front', 'search'],
    ['cart', 'store'],
  ].map(([caller, callee]) => ({
    caller: caller!,
    callee: callee!,
    learntFrom: { source: 'test', seenAt: null },
  }));
  return {
    anomaly: { service: 'front', symptom: 'latency', time: 5 },
    window: { start: 0, end: 6, stepSeconds: 1 },
    graph: { services: ['store', 'search', 'front', 'cart'], edges, placements: [], external: [] },
    series: list,
    changes: [],
    checks: [],
    spans: null,
    logs: null,
    conditions: null,
    gaps: [],
  };
}

describe('reference methods', () => {
  const split = { before: Float64Array.from(calm), after: Float64Array.from([9, 7]) };
  const near = (actual: number, expected: number): void => assert.ok(Math.abs(actual - expected) < 1e-12);

  it('score as their definitions say', () => {
    // Mean and median 3, standard deviation sqrt(2), quartiles 2 and 4.
    near(shiftInDeviations(split), (8 - 3) / Math.SQRT2);
    near(sigmas(split), (9 - 3) / Math.SQRT2);
    near(robustScore(split), (9 - 3) / 2);
  });

  it('measure in plain units where the time before was constant', () => {
    const flat = { before: Float64Array.from([2, 2, 2]), after: Float64Array.from([5]) };
    assert.deepEqual([shiftInDeviations(flat), sigmas(flat), robustScore(flat)], [3, 3, 3]);
  });

  it('see a fall only with the largest z, as published', () => {
    const fallen = { before: split.before, after: Float64Array.from([-9]) };
    assert.ok(shiftInDeviations(fallen) > 0 && sigmas(fallen) < 0 && robustScore(fallen) < 0);
  });

  it('rank the service that moved most first, and the unmoved in the order of their names', () => {
    const input = estate(series('cart', 6), series('store', 20), series('front', 8));
    for (const method of ['largest z', 'n-sigma', 'BARO robust score']) {
      assert.deepEqual(BASELINES[method]!(input), ['store', 'front', 'cart', 'search'], method);
    }
  });

  it('begin with the alerting service, then go along its calls', () => {
    assert.deepEqual(BASELINES['alerting service']!(estate()), ['front', 'cart', 'search', 'store']);
  });

  it('let the walk end at the anomalous callee rather than at its louder caller', () => {
    const input = estate(series('front', 30), series('cart', 25), series('store', 28));
    assert.equal(BASELINES['largest z']!(input)[0], 'front');
    assert.equal(BASELINES['PageRank (MicroRCA)']!(input)[0], 'store');
  });

  it('walk to known ranks on two services', () => {
    // One calls the other; both equally anomalous. Stranded visitors restart evenly: x = (0.15 + 0.85 y) / 2.
    const ranks = walkToCauses(
      [{ caller: 'a', callee: 'b' }],
      new Map([
        ['a', 1],
        ['b', 1],
      ]),
    );
    const a = 1 / 2.85;
    assert.ok(Math.abs(ranks.get('a')! - a) < 1e-6);
    assert.ok(Math.abs(ranks.get('b')! - (1 - a)) < 1e-6);
  });

  it('do not look at what is constant before or after the alert, as the package of BARO does', () => {
    const constant = { ...series('store', 20), values: Float64Array.from([1, 2, 3, 4, 5, 20, NaN]) };
    assert.equal(BASELINES['BARO robust score']!(estate(constant, series('cart', 6)))[0], 'cart');
  });

  it('books what a caller lost on the callee that lost it, and the rest on itself', () => {
    const mean = (service: string, before: number, after: number): Series => ({
      ...series(service, after),
      id: `${service}/latency-mean`,
      name: 'latency mean',
      times: Float64Array.from({ length: 40 }, (_, row) => row),
      values: Float64Array.from({ length: 40 }, (_, row) => (row < 30 ? before + 0.001 * (row % 3) : after)),
    });
    const books = (front: number, cart: number, store: number): string[] =>
      BASELINES['accounts']!({
        ...estate(mean('front', 0.3, front), mean('cart', 0.2, cart), mean('store', 0.1, store)),
        anomaly: { service: 'front', symptom: 'latency', time: 30 },
        window: { start: 0, end: 39, stepSeconds: 1 },
      });
    assert.equal(books(0.8, 0.7, 0.6)[0], 'store');
    assert.equal(books(0.8, 0.7, 0.1)[0], 'cart');
    assert.equal(books(0.8, 0.2, 0.1)[0], 'front');
    // A callee can take away from a caller only what it lost itself.
    assert.equal(books(2.3, 0.21, 0.3)[0], 'front');
  });

  it('count alarms, and take the nearest of those with as many', () => {
    const input = estate(series('store', 20), series('cart', 20), series('cart', 20, 'error-ratio'));
    assert.deepEqual(BASELINES['SimpleRCA']!(input), ['cart', 'store', 'front', 'search']);
    assert.equal(BASELINES['SimpleRCA']!(estate(series('store', 20), series('cart', 20)))[0], 'cart');
  });

  it('rank by name when nothing moved or nothing came before', () => {
    const late = {
      ...estate(series('store', 20)),
      anomaly: { service: 'front', symptom: 'latency' as const, time: 0 },
    };
    assert.deepEqual(BASELINES['BARO robust score']!(late), ['cart', 'front', 'search', 'store']);
  });
});

describe('withholding evidence', () => {
  it('takes away what is named and nothing else', () => {
    const input = estate(series('cart', 6), {
      ...series('cart', 1, 'cpu'),
      perspective: 'self',
      signal: 'cpu',
    });
    assert.equal(evidenceIn(input), 'metrics, graph');
    assert.equal(evidenceIn(without(input, ['graph'])), 'metrics');
    const early = { ...input, anomaly: { ...input.anomaly, time: 4 } };
    assert.equal(evidenceIn(early), 'metrics without a calm, graph');
    assert.deepEqual(
      without(input, ['resources']).series.map(({ id }) => id),
      ['cart/latency-p90'],
    );
    assert.deepEqual(
      without(input, ['latency', 'cpu']).series.map(({ id }) => id),
      [],
    );
    assert.equal(input.series.length, 2);
  });

  it('knows what no collector delivers', () => {
    const sockets = { ...series('cart', 6, 'socket'), id: 'cart/socket' };
    const { series: left } = without(estate(series('cart', 6), sockets), ['uncollected']);
    assert.deepEqual(
      left.map(({ id }) => id),
      ['cart/latency-p90'],
    );
  });

  it('refuses a kind that it does not know', () => {
    assert.throws(() => without(estate(), ['tea']), /--without tea: expected one of traces, logs/u);
  });
});

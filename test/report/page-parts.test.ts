import assert from 'node:assert/strict';
import type { Series } from '../../model/series.js';
import { factsOf } from '../../report/facts.js';
import { incidentMap } from '../../report/page/map-facts.js';
import { placeMap, type PlacedNode, type Point } from '../../report/page/map-layout.js';
import { MOST_PLOTS, namedSeries } from '../../report/page/named-series.js';
import { MOST_POINTS, reduceSeries } from '../../report/page/reduce.js';
import { aSymptom, golden, ZERO } from '../support/record-parts.js';
import { SAMPLES } from '../support/records.js';

const WINDOW = { start: 1000, end: 1000 + 15 * 2000, stepSeconds: 15 };
const BASELINE = { start: 1000, end: 1000 + 15 * 1000 };

function seriesOf(values: readonly number[], times?: readonly number[]): Series {
  return {
    ...golden('payment', 'latency'),
    times: Float64Array.from(times ?? values.map((_, index) => WINDOW.start + 15 * index)),
    values: Float64Array.from(values),
  };
}

describe('a series made ready for its plot', () => {
  it('keeps every spike when it has more samples than can be seen', () => {
    const values = Array.from({ length: 2000 }, (_, index) => (index % 701 === 350 ? 9 : 1));
    const { times, values: kept } = reduceSeries(seriesOf(values), { window: WINDOW, baseline: BASELINE });
    assert.ok(kept.length <= MOST_POINTS, `${kept.length} points`);
    assert.equal(kept.filter((value) => value === 9).length, 3);
    assert.deepEqual(
      [...times].sort((a, b) => a - b),
      times,
    );
  });

  it('marks a gap where samples are missing, whether as no number or as no sample', () => {
    const missing = reduceSeries(seriesOf([1, NaN, 2]), { window: WINDOW, baseline: BASELINE });
    assert.deepEqual(missing.values, [1, null, 2]);
    const absent = reduceSeries(seriesOf([1, 2], [1000, 1060]), { window: WINDOW, baseline: BASELINE });
    assert.deepEqual(absent.values, [1, null, 2]);
  });

  it('says where nine of ten calm samples lie, and nothing of the incident', () => {
    const values = Array.from({ length: 2000 }, (_, index) => (index <= 1000 ? index / 1000 : 50));
    const { usual } = reduceSeries(seriesOf(values), { window: WINDOW, baseline: BASELINE });
    assert.deepEqual(usual && [usual.low, usual.high].map((value) => Number(value.toFixed(3))), [0.05, 0.95]);
  });

  it('leaves out what lies outside the window', () => {
    const { times } = reduceSeries(seriesOf([1, 2, 3], [10, 1000, 99_000]), {
      window: WINDOW,
      baseline: BASELINE,
    });
    assert.deepEqual(times, [1000]);
  });
});

describe('the series that are plotted', () => {
  it('begin with what hurts and name each once, with what it is shown for', () => {
    const { named } = namedSeries(SAMPLES['suspected pool saturation']());
    const ids = named.map(({ meta }) => meta.id);
    assert.equal(ids[0], 'checkout/latency-p95');
    assert.equal(new Set(ids).size, ids.length);
    assert.deepEqual(named.find(({ meta }) => meta.id === 'payment/latency-p95')?.roles, [
      'evidence for payment',
      'symptom',
    ]);
  });

  it('are bounded, and those left out are counted', () => {
    const record = SAMPLES['suspected pool saturation']();
    record.diagnosis!.symptoms = Array.from({ length: 60 }, (_, index) =>
      aSymptom(golden(`svc-${index}`, 'latency'), [1, 2, ZERO]),
    );
    const { named, leftOut } = namedSeries(record);
    assert.equal(named.length, MOST_PLOTS);
    assert.ok(leftOut > 20, String(leftOut));
  });
});

describe('the map of an incident', () => {
  it('shows the cause, the affected, the normal and the unmeasured services, and the calls along which it spread', () => {
    const record = SAMPLES['suspected pool saturation']();
    const names = ['payment', 'checkout', 'web', 'ads', 'bank'];
    record.diagnosis!.map = {
      services: names.map((name) => ({ name, external: false, measured: name !== 'bank', host: null })),
      calls: [
        { caller: 'web', callee: 'checkout', traffic: 40, worse: [] },
        { caller: 'checkout', callee: 'payment', traffic: 10, worse: ['latency'] },
        { caller: 'web', callee: 'ads', traffic: null, worse: [] },
      ],
      leftOut: 3,
    };
    const map = incidentMap(factsOf(record))!;
    assert.deepEqual(
      map.nodes.map(({ name, role }) => [name, role]),
      [
        ['payment', 'cause'],
        ['checkout', 'affected'],
        ['web', 'affected'],
        ['ads', 'normal'],
        ['bank', 'no-data'],
      ],
    );
    assert.deepEqual(
      map.calls.map(({ callee, isOnTheWay }) => [callee, isOnTheWay]),
      [
        ['checkout', true],
        ['payment', true],
        ['ads', false],
      ],
    );
  });

  it('is not drawn where no call is known', () => {
    assert.equal(incidentMap(factsOf(SAMPLES.storm())), null);
    assert.equal(incidentMap(factsOf(SAMPLES['metrics down']())), null);
  });

  it('calls a deviation of a service that is not affected unrelated, and gives a rise from nothing its value', () => {
    const record = SAMPLES['suspected pool saturation']();
    record.diagnosis!.symptoms.push(aSymptom(golden('ads', 'errors'), [0, 0.35, ZERO]));
    record.diagnosis!.map!.services.push({ name: 'ads', external: false, measured: true, host: null });
    const ads = incidentMap(factsOf(record))!.nodes.find(({ name }) => name === 'ads');
    assert.deepEqual([ads?.role, ads?.words], ['normal', 'unrelated: error ratio 35 %']);
  });

  it('leads calls past the nodes between their ends', () => {
    const record = SAMPLES['suspected pool saturation']();
    // A long name between the ends of a long call, as where recommendation calls catalog beside a chain.
    const names = [
      'storefront',
      'recommendation-with-a-long-name',
      'payment',
      'checkout',
      'catalog',
      'database',
    ];
    const edges = [
      [0, 1],
      [0, 3],
      [0, 4],
      [0, 5],
      [1, 4],
      [3, 2],
      [2, 5],
      [4, 5],
    ] as const;
    record.diagnosis!.map = {
      services: names.map((name) => ({ name, external: false, measured: true, host: null })),
      calls: edges.map(([a, b]) => ({ caller: names[a]!, callee: names[b]!, traffic: 1, worse: [] })),
      leftOut: 0,
    };
    for (const direction of ['LR', 'TB'] as const) {
      const { nodes, calls } = placeMap(incidentMap(factsOf(record))!, direction);
      const crossed = calls.flatMap(({ caller, callee, points }) =>
        nodes
          .filter(({ name }) => name !== caller && name !== callee)
          .filter((node) => points.slice(1).some((end, index) => crosses(points[index]!, end, node)))
          .map(({ name }) => `${direction}: ${caller} -> ${callee} through ${name}`),
      );
      assert.deepEqual(crossed, []);
    }
  });

  it('lays services out without any covering another, whatever they are called', () => {
    const record = SAMPLES['suspected pool saturation']();
    const names = [
      '__proto__',
      'constructor',
      'x'.repeat(300),
      ...Array.from({ length: 40 }, (_, n) => `s${n}`),
    ];
    record.diagnosis!.map = {
      services: names.map((name) => ({ name, external: false, measured: true, host: null })),
      calls: names.slice(1).map((callee) => ({ caller: '__proto__', callee, traffic: 1, worse: [] })),
      leftOut: 0,
    };
    for (const direction of ['LR', 'TB'] as const) {
      const { nodes } = placeMap(incidentMap(factsOf(record))!, direction);
      const covers = nodes.flatMap((a, index) =>
        nodes
          .slice(index + 1)
          .filter(
            (b) =>
              Math.abs(a.x - b.x) * 2 < a.width + b.width && Math.abs(a.y - b.y) * 2 < a.height + b.height,
          )
          .map((b) => `${a.name} and ${b.name}`),
      );
      assert.deepEqual(covers, []);
      assert.equal(nodes.length, names.length);
    }
  });
});

/** Whether a straight line touches a node, tried at every fiftieth of its length. */
function crosses(from: Point, to: Point, { x, y, width, height }: PlacedNode): boolean {
  return Array.from({ length: 51 }, (_, step) => step / 50).some((share) => {
    const [atX, atY] = [from.x + share * (to.x - from.x), from.y + share * (to.y - from.y)];
    return Math.abs(atX - x) < width / 2 && Math.abs(atY - y) < height / 2;
  });
}

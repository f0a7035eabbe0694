import assert from 'node:assert/strict';
import fc from 'fast-check';
import { correlation } from '../../analysis/stats/correlation.js';
import { compact, quantileSorted, spread } from '../../analysis/stats/order.js';
import { excursion } from '../../analysis/series/excursion.js';
import { gridOf } from '../../analysis/series/grid.js';
import { baselineOf } from '../../analysis/series/baseline.js';
import { deviationOf } from '../../analysis/series/deviation.js';
import { surprise } from '../../analysis/series/surprise.js';
import type { Series } from '../../model/series.js';
import { randomOf } from '../support/random.js';

const numbers = (...values: number[]): Float64Array => Float64Array.from(values);

/** The plain definition, for comparison. */
function medianDeviation(values: number[]): number {
  const middle = (list: number[]): number => quantileSorted(Float64Array.from(list).sort(), 0.5);
  const centre = middle(values);
  return middle(values.map((value) => Math.abs(value - centre)));
}

describe('order statistics', () => {
  it('interpolate between neighbours', () => {
    assert.equal(quantileSorted(numbers(1, 2, 3, 4), 0.5), 2.5);
    assert.equal(quantileSorted(numbers(0, 10), 0.25), 2.5);
    assert.equal(quantileSorted(numbers(7), 0.9), 7);
    assert.ok(Number.isNaN(quantileSorted(numbers(), 0.5)));
  });

  it('leave out what is not finite', () => {
    const scratch = new Float64Array(4);
    assert.equal(compact(numbers(1, NaN, Infinity, 2), 0, 4, scratch), 2);
    assert.deepEqual([...scratch.subarray(0, 2)], [1, 2]);
  });

  it('give a normal sample its standard deviation', () => {
    const random = randomOf(4);
    const { centre, sigma } = spread(Float64Array.from({ length: 5000 }, () => 10 + 2 * random.normal()));
    assert.ok(Math.abs(centre - 10) < 0.1, `centre ${centre}`);
    assert.ok(sigma > 1.9 && sigma < 2.2, `sigma ${sigma}`);
  });

  it('do not let one outlier widen a sample', () => {
    const calm = Array.from({ length: 99 }, (_, index) => index % 5);
    const { sigma } = spread(Float64Array.from([...calm, 1e9]));
    assert.ok(sigma < 4, `sigma ${sigma}`);
  });

  it('see a metric that jumps now and then although it rests for most of the time', () => {
    const { sigma } = spread(Float64Array.from({ length: 100 }, (_, index) => (index % 10 === 0 ? 50 : 1)));
    assert.ok(sigma > 5, `sigma ${sigma}`);
  });

  it('find the median deviation without sorting twice, whatever the values', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 3, maxLength: 24 }), (values) => {
        const { sigma } = spread(Float64Array.from(values));
        const sorted = Float64Array.from(values).sort();
        const iqr = (quantileSorted(sorted, 0.75) - quantileSorted(sorted, 0.25)) / 1.349;
        assert.ok(Math.abs(sigma - Math.max(1.4826 * medianDeviation(values), iqr)) < 1e-9);
      }),
    );
  });
});

describe('correlation', () => {
  it('is one for the same shape, minus one for its mirror, none for too little', () => {
    assert.ok(Math.abs(correlation(numbers(1, 2, 4), numbers(2, 4, 8)) - 1) < 1e-12);
    assert.ok(Math.abs(correlation(numbers(1, 2, 4), numbers(-1, -2, -4)) + 1) < 1e-12);
    assert.equal(correlation(numbers(1, 2), numbers(1, 2)), 0);
    assert.equal(correlation(numbers(1, 1, 1), numbers(1, 2, 3)), 0);
  });

  it('passes over gaps', () => {
    assert.ok(Math.abs(correlation(numbers(1, NaN, 2, 4), numbers(1, 9, 2, 4)) - 1) < 1e-12);
  });
});

describe('an excursion', () => {
  it('is where a series stands out, with its height above the drift', () => {
    assert.deepEqual(excursion(numbers(0, 0, 5, 5, 0), 0, 5, 1), { height: 8, from: 2, to: 3 });
  });

  it('has a direction', () => {
    assert.equal(excursion(numbers(0, -6, -6, 0), 0, 4, 1).height, 0);
    assert.deepEqual(excursion(numbers(0, -6, -6, 0), 0, 4, -1), { height: 10, from: 1, to: 2 });
  });

  it('passes over gaps and cuts a lone spike', () => {
    assert.deepEqual(excursion(numbers(NaN, 4, NaN, 4), 0, 4, 1), { height: 6, from: 1, to: 3 });
    assert.equal(excursion(numbers(0, 1e9, 0), 0, 3, 1).height, 11);
  });
});

describe('surprise', () => {
  const random = randomOf(8);
  const calm = Float64Array.from({ length: 200 }, () => random.normal());

  it('is small for what the calm does itself and grows with the height', () => {
    const usual = surprise(calm, 200, 10, 1, 1);
    const rare = surprise(calm, 200, 10, 1, 8);
    const unheard = surprise(calm, 200, 10, 1, 60);
    assert.ok(usual < 0.7, `usual ${usual}`);
    assert.ok(rare > 1.5 && rare < unheard, `rare ${rare}`);
    assert.ok(unheard >= 6, `unheard ${unheard}`);
  });

  it('is smaller for a metric that often does so', () => {
    const jumpy = calm.map((value, index) => (index % 25 < 3 ? 9 : value));
    assert.ok(surprise(jumpy, 200, 10, 1, 20) < surprise(calm, 200, 10, 1, 20) - 2);
  });

  it('is none for no excursion', () => {
    assert.equal(surprise(calm, 200, 10, 1, 0), 0);
  });
});

describe('a move', () => {
  it('of a metric that never varied is told as measured, and weighed with care', () => {
    const values = Float64Array.from({ length: 40 }, (_, row) => (row < 30 ? 0 : 0.6));
    const series: Series = {
      id: 'a/errors',
      subject: { kind: 'service', service: 'a' },
      signal: 'errors',
      name: 'error ratio',
      unit: '1',
      worse: 'up',
      perspective: 'server',
      query: '',
      source: 'test',
      times: values.map((_, row) => row * 60),
      values,
    };
    const window = { start: 0, end: 39 * 60, stepSeconds: 60 };
    const grid = gridOf({ window, anomaly: { service: 'a', symptom: 'errors', time: 30 * 60 } });
    const move = deviationOf(baselineOf(series, grid)!, 30, grid)!;
    assert.equal(move.before, 0);
    assert.ok(Math.abs(move.after - 0.6) < 1e-9);
    assert.ok(move.weighed.after < 0.1);
  });
});

describe('the grid', () => {
  it('takes an alert for one of the nearest sample, so that a little early or late is the same', () => {
    const window = { start: 0, end: 39 * 300, stepSeconds: 300 };
    const gridFor = (off: number): number => {
      const { alert } = gridOf({ window, anomaly: { service: 'a', symptom: 'errors', time: 9000 + off } });
      return alert;
    };
    assert.deepEqual([-60, 0, 60].map(gridFor), [30, 30, 30]);
    assert.equal(gridFor(-300), 29);
  });
});

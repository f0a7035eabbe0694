import assert from 'node:assert/strict';
import { judgeAt, spanOf, type Method, type Watched } from '../../analysis/watch/index.js';
import { randomOf } from '../support/random.js';

const STEP = 30;
const LEVEL: Method = {
  type: 'level',
  direction: 'either',
  windowSeconds: 300,
  baselineSeconds: 3600,
  rarity: 5,
  leastChange: 0.2,
};
const SEASONAL: Method = { ...LEVEL, type: 'seasonal', days: [1, 7] };
const DAY = 86_400;

/** A series on a grid of half minutes; `value` is asked for every point. */
function watched(points: number, value: (index: number) => number, more: Partial<Watched> = {}): Watched {
  return {
    times: Float64Array.from({ length: points }, (_, index) => DAY + index * STEP),
    values: Float64Array.from({ length: points }, (_, index) => value(index)),
    weights: null,
    earlier: [],
    unit: 's',
    ...more,
  };
}

function lastOf({ times }: Watched): number {
  return times.at(-1)!;
}

/** A quiet latency with ten per cent of noise. */
function noisy(seed: number): (index: number) => number {
  const random = randomOf(seed);
  return () => 0.1 * (1 + 0.1 * random.normal());
}

describe('a watch by threshold', () => {
  const method: Method = { type: 'threshold', above: 0.5 };

  it('says what it is and what it should not be above', () => {
    const series = watched(20, (index) => (index < 18 ? 0.1 : 0.9));
    const { state, statement } = judgeAt(series, lastOf(series), method);
    assert.equal(state, 'bad');
    assert.equal(statement, 'it is 900 ms, above 500 ms');
  });

  it('knows nothing of a series that stopped', () => {
    const series = watched(20, (index) => (index < 10 ? 0.9 : NaN));
    assert.equal(judgeAt(series, lastOf(series), method).state, 'unknown');
  });

  it('sees nothing that lies in the future of the moment it judges', () => {
    const series = watched(20, (index) => (index < 18 ? 0.1 : 0.9));
    assert.equal(judgeAt(series, series.times[17]!, method).state, 'well');
  });
});

describe('a watch by burn rate', () => {
  const method: Method = {
    type: 'burn-rate',
    objective: 0.999,
    windows: [{ longSeconds: 3600, shortSeconds: 300, factor: 14.4 }],
  };

  it('fires when a long and a short window burn too fast', () => {
    const series = watched(120, (index) => (index < 90 ? 0 : 0.1), { unit: '1' });
    const { state, statement } = judgeAt(series, lastOf(series), method);
    assert.equal(state, 'bad');
    assert.match(statement, /99\.9 % burns at 25 times over 1 h and 100 times over 5 min/);
  });

  it('is over once the short window is clean, whatever the long one remembers', () => {
    const series = watched(120, (index) => (index >= 60 && index < 108 ? 0.1 : 0), { unit: '1' });
    assert.equal(judgeAt(series, lastOf(series), method).state, 'well');
  });

  it('is not excited by one failure among few requests at night', () => {
    // Half of two requests failed in the newest minute; a thousand a minute went well before.
    const weights = Float64Array.from({ length: 120 }, (_, index) => (index < 118 ? 1000 : 2));
    const series = watched(120, (index) => (index < 118 ? 0 : 0.5), { unit: '1', weights });
    assert.equal(judgeAt(series, lastOf(series), method).state, 'well');
  });

  it('knows nothing where nothing was requested', () => {
    const series = watched(120, () => NaN, { unit: '1' });
    assert.equal(judgeAt(series, lastOf(series), method).state, 'unknown');
  });
});

describe('a watch by level', () => {
  it('finds a shift, says since when, and what the calm was', () => {
    const calm = noisy(1);
    const series = watched(130, (index) => calm(index) + (index >= 124 ? 0.2 : 0));
    const { state, since, statement } = judgeAt(series, lastOf(series), LEVEL);
    assert.equal(state, 'bad');
    assert.ok(Math.abs(since! - series.times[124]!) <= 2 * STEP, `since ${since}`);
    assert.match(statement, /^it is 3\d\d ms, baseline 1\d\d ms/);
  });

  it('keeps still over a thousand windows of mere noise', () => {
    const states = Array.from({ length: 1000 }, (_, seed) => {
      const series = watched(130, noisy(seed));
      return judgeAt(series, lastOf(series), LEVEL).state;
    });
    assert.deepEqual([...new Set(states)], ['well']);
  });

  it('lets a metric that always jumps about jump about', () => {
    const states = Array.from({ length: 200 }, (_, seed) => {
      const random = randomOf(seed);
      const series = watched(130, () => (random.next() < 0.15 ? 0.8 : 0.1));
      return judgeAt(series, lastOf(series), LEVEL).state;
    });
    assert.ok(states.filter((state) => state === 'bad').length <= 2, 'at most one in a hundred');
  });

  it('hears only the direction that it is asked for', () => {
    const calm = noisy(3);
    const series = watched(130, (index) => calm(index) - (index >= 122 ? 0.06 : 0));
    assert.equal(judgeAt(series, lastOf(series), LEVEL).state, 'bad');
    assert.equal(judgeAt(series, lastOf(series), { ...LEVEL, direction: 'up' }).state, 'well');
  });

  it('does not call back what is over', () => {
    const calm = noisy(4);
    const series = watched(130, (index) => calm(index) + (index >= 121 && index < 125 ? 0.5 : 0));
    assert.equal(judgeAt(series, lastOf(series), LEVEL).state, 'well');
  });

  it('knows nothing before there is a calm', () => {
    const series = watched(8, () => 0.1);
    assert.equal(judgeAt(series, lastOf(series), LEVEL).state, 'unknown');
  });
});

describe('a watch by season', () => {
  /** Requests that rise tenfold from point 110 on: the same every morning. */
  const morning = (index: number): number => 100 * (index < 110 ? 1 : 1 + 0.45 * (index - 110));
  const traffic = { unit: 'req/s' };

  function withNoise(seed: number, value: (index: number) => number): (index: number) => number {
    const random = randomOf(seed);
    return (index) => value(index) * (1 + 0.03 * random.normal());
  }

  const earlier = [1, 2].map((seed) => watched(130, withNoise(seed, morning)).values);

  it('expects the rise that comes every morning, which the level alone takes for trouble', () => {
    const series = watched(
      130,
      withNoise(7, (index) => 1.2 * morning(index)),
      { ...traffic, earlier },
    );
    assert.equal(judgeAt(series, lastOf(series), LEVEL).state, 'bad');
    assert.equal(judgeAt(series, lastOf(series), SEASONAL).state, 'well');
  });

  it('misses the rise that does not come, which the level alone takes for calm', () => {
    const series = watched(
      130,
      withNoise(8, () => 100),
      { ...traffic, earlier },
    );
    assert.equal(judgeAt(series, lastOf(series), LEVEL).state, 'well');
    const { state, statement } = judgeAt(series, lastOf(series), SEASONAL);
    assert.equal(state, 'bad');
    assert.match(statement, /usual at this hour/);
  });

  it('is not misled by one bad yesterday', () => {
    const badDay = watched(
      130,
      withNoise(3, (index) => (index < 118 ? morning(index) : 5)),
    ).values;
    const series = watched(130, withNoise(9, morning), { ...traffic, earlier: [badDay, ...earlier] });
    assert.equal(judgeAt(series, lastOf(series), SEASONAL).state, 'well');
  });

  it('knows nothing without earlier days', () => {
    const series = watched(130, morning, traffic);
    assert.equal(judgeAt(series, lastOf(series), SEASONAL).state, 'unknown');
  });
});

describe('the span of a watch', () => {
  it('covers what its method looks back at, in no more points than can be pulled every minute', () => {
    const methods: Method[] = [
      { type: 'threshold', above: 1 },
      {
        type: 'burn-rate',
        objective: 0.99,
        windows: [{ longSeconds: 21_600, shortSeconds: 1800, factor: 6 }],
      },
      LEVEL,
      SEASONAL,
    ];
    for (const method of methods) {
      const { lookBackSeconds, stepSeconds } = spanOf(method);
      assert.ok(lookBackSeconds / stepSeconds <= 600, `${method.type}: ${lookBackSeconds} by ${stepSeconds}`);
      assert.ok(lookBackSeconds / stepSeconds >= 10, `${method.type}: ${lookBackSeconds} by ${stepSeconds}`);
    }
  });
});

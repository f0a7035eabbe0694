import assert from 'node:assert/strict';
import fc from 'fast-check';
import { labelsFrom, labelsFromTags } from '../../client/intake/labels.js';
import { secondsOf } from '../../client/intake/moment.js';
import { symptomIn } from '../../client/intake/words.js';

describe('foreign times', () => {
  const table: [given: unknown, seconds: number | undefined][] = [
    ['2026-11-24T10:43:27.123Z', 1_795_517_007.123],
    ['2026-11-24T11:43:27.123+0100', 1_795_517_007.123],
    ['2026-11-24T11:43:27.123+01:00', 1_795_517_007.123],
    ['2026-11-24 10:43:27Z', 1_795_517_007],
    [1_795_517_007, 1_795_517_007],
    ['1795517007', 1_795_517_007],
    [1_795_517_007_123, 1_795_517_007.123],
    ['1795517007123', 1_795_517_007.123],
    [1_795_517_007_123_456, 1_795_517_007.123456],
    [1_795_517_007_123_000_000, 1_795_517_007.123],
    [0, 0],
    ['yesterday', undefined],
    ['10:43', undefined],
    ['2026-13-45T99:00:00Z', undefined],
    ['0001-01-01T00:00:00Z', undefined],
    [-5, undefined],
    [Number.NaN, undefined],
    [Infinity, undefined],
    ['', undefined],
    [null, undefined],
    [{}, undefined],
    [[1_795_517_007], undefined],
  ];
  for (const [given, seconds] of table) {
    it(`are ${seconds ?? 'none'} for ${JSON.stringify(given)}`, () => {
      const read = secondsOf(given);
      if (read === undefined || seconds === undefined) assert.equal(read, seconds);
      // Nanoseconds are more digits than a number has.
      else assert.ok(Math.abs(read - seconds) < 1e-6, String(read));
    });
  }

  it('can always be written as a date', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.double(), fc.bigInt().map(String), fc.date().map(String), fc.string()),
        (given) => {
          const seconds = secondsOf(given);
          if (seconds !== undefined) assert.match(new Date(seconds * 1000).toISOString(), /^\d{4}-/);
        },
      ),
    );
  });
});

describe('foreign labels', () => {
  it('are taken from tags, the first of a name', () => {
    assert.deepEqual(
      labelsFromTags(['service:checkout', ' env = prod ', 'url:http://a', 'urgent', 'env:dev', '', ':x']),
      {
        service: 'checkout',
        env: 'prod',
        url: 'http://a',
        urgent: 'true',
      },
    );
  });

  it('are text, numbers and booleans of an object, and nothing of anything else', () => {
    assert.deepEqual(labelsFrom({ a: 'x', b: 1, c: true, d: null, e: {}, f: [] }), {
      a: 'x',
      b: '1',
      c: 'true',
    });
    for (const other of [null, undefined, 'text', 7, ['a']]) assert.deepEqual(labelsFrom(other), {});
  });

  it('never are named like the prototype', () => {
    assert.deepEqual(Object.keys(labelsFromTags(['__proto__:x', 'a:b'])), ['a']);
    assert.deepEqual(Object.keys(labelsFrom(JSON.parse('{"__proto__":"x","a":"b"}'))), ['a']);
  });

  it('cost no more than their length, whatever they hold', () => {
    const start = performance.now();
    labelsFromTags([`a${' '.repeat(300_000)}b`, ' '.repeat(300_000)]);
    symptomIn(['A'.repeat(300_000), ' '.repeat(300_000), `${'a_'.repeat(150_000)}!`]);
    assert.ok(performance.now() - start < 500);
  });
});

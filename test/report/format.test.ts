import assert from 'node:assert/strict';
import { beforeAfter, count, factor, listOf, quantity, wholePercent } from '../../model/wording.js';
import { clock, duration, moment, offset, span } from '../../report/format.js';

const NOON = Date.UTC(2026, 10, 24, 12, 0, 0) / 1000;

/** One test for a table of arguments and what is expected of them. */
function table<A extends unknown[]>(title: string, call: (...args: A) => string, rows: [A, string][]): void {
  it(title, () => {
    assert.deepEqual(
      rows.map(([args]) => [args, call(...args)]),
      rows,
    );
  });
}

describe('numbers and times as people read them', () => {
  table('says quantities in the size that people use', quantity, [
    [[0.0000021, 's'], '2.1 µs'],
    [[2.4, 'times'], '2.4 times'],
    [[7, '1'], '7'],
    [[0.0204, 's'], '20.4 ms'],
    [[1.2, 's'], '1.2 s'],
    [[240, 's'], '4 min'],
    [[0.003, '1'], '0.3 %'],
    [[0.9995, '1'], '99.95 %'],
    [[0, '1'], '0 %'],
    [[536870912, 'bytes'], '512 MiB'],
    [[1536, 'bytes/s'], '1.5 KiB/s'],
    [[31, 'req/s'], '31 req/s'],
    [[0.25, 'cores'], '0.25 cores'],
    [[Number.NaN, 's'], 'no data'],
  ]);
  table('says how much a quantity changed, and nothing when it came from nothing', factor, [
    [[0.02, 1.2], 'x60'],
    [[10, 2], 'x0.2'],
    [[100, 120], '+20 %'],
    [[100, 65], '-35 %'],
    [[0, 5], ''],
  ]);
  table('counts offsets from the first symptom, short', offset, [
    [[NOON, NOON], 'T+0'],
    [[NOON - 45, NOON], 'T-45s'],
    [[NOON - 240, NOON], 'T-4m'],
    [[NOON + 90, NOON], 'T+1m30s'],
    [[NOON + 7500, NOON], 'T+2h05m'],
    [[NOON - 3 * 86400, NOON], 'T-3d'],
  ]);
  table('says durations with at most two units', duration, [
    [[31], '31 s'],
    [[245], '4 min 5 s'],
    [[2520], '42 min'],
    [[7500], '2 h 5 min'],
    [[190_000], '2 d 5 h'],
  ]);
  table('never rounds a probability to certainty', wholePercent, [
    [[0.784], '78 %'],
    [[0.999], '99 %'],
    [[0.001], 'below 1 %'],
    [[1], '100 %'],
    [[0], '0 %'],
  ]);
  table('joins names and counts the rest', listOf, [
    [[['a']], 'a'],
    [[['a', 'b', 'c']], 'a, b and c'],
    [[['a', 'b', 'c', 'd', 'e']], 'a, b, c and 2 more'],
  ]);

  it('says times in UTC, the day once', () => {
    assert.equal(moment(NOON), '2026-11-24 12:00:00 UTC');
    assert.equal(span(NOON, NOON + 60), '2026-11-24 12:00:00 to 12:01:00 UTC');
    assert.equal(span(NOON, NOON + 86400), '2026-11-24 12:00:00 to 2026-11-25 12:00:00 UTC');
  });

  it('says so when a time is beyond every calendar', () => {
    assert.equal(clock(1e15), 'unknown time');
  });

  it('says before and after in one go, and counts in the right number', () => {
    assert.equal(beforeAfter(0.003, 0.14, '1'), '0.3 % -> 14 %');
    assert.equal(`${count(1, 'service')}, ${count(2, 'series', 'series')}`, '1 service, 2 series');
  });
});

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { binsAround, compareSlices, type Comparison } from '../../analysis/slices/compare.js';
import type { Slice, SliceDimension } from '../../model/slices.js';
import { randomOf } from '../support/random.js';

/** Twenty bins of a minute before the incident and five during it. */
const BIN_SECONDS = 60;
const TIMES = Float64Array.from({ length: 26 }, (_, bin) => (bin + 1) * BIN_SECONDS);
const BINS = binsAround(TIMES, BIN_SECONDS, 21 * BIN_SECONDS);

interface Made {
  value: string;
  /** Requests in a bin. */
  requests: number;
  /** Added to each request's 50 ms, and to its chance of failing, from the beginning on. */
  slower?: number;
  failing?: number;
}

function slicesOf(made: readonly Made[], seed = 1): Slice[] {
  return made.map(({ value, requests, slower = 0, failing = 0 }, index) => {
    const random = randomOf(seed * 31 + index);
    const counts = TIMES.map(() => Math.max(0, Math.round(requests * (1 + 0.2 * random.normal()))));
    const isDuring = (bin: number): boolean => bin >= 21;
    return {
      value,
      requests: counts,
      seconds: counts.map(
        (count, bin) => count * (0.05 + (isDuring(bin) ? slower : 0)) * (1 + 0.1 * random.normal()),
      ),
      failed: counts.map((count, bin) => Math.round(count * (0.002 + (isDuring(bin) ? failing : 0)))),
    };
  });
}

const compared = (
  made: readonly Made[],
  measure: 'time' | 'failures' = 'time',
  dimension: SliceDimension = 'instance',
) => compareSlices({ dimension, slices: slicesOf(made) }, measure, BINS);

const badOf = (comparison: Comparison | null): string[] => comparison?.bad.map(({ value }) => value) ?? [];

describe('slices compared', () => {
  it('leaves out what is neither surely before nor surely within the incident', () => {
    assert.deepEqual([BINS.before.at(-1), BINS.during], [19, [21, 22, 23, 24, 25]]);
  });

  it('finds the one slice that has the loss, however few of the requests it has', () => {
    const made = [
      { value: '2.30', requests: 400 },
      { value: '2.31', requests: 12, slower: 0.5, failing: 0.3 },
    ];
    for (const measure of ['time', 'failures'] as const) {
      const found = compared(made, measure, 'version');
      assert.deepEqual([found?.outcome, badOf(found)], ['concentrated', ['2.31']], measure);
    }
  });

  it('compares a version that was not there before with what the others did', () => {
    const slices = slicesOf([
      { value: '2.30', requests: 100 },
      { value: '2.31', requests: 100, slower: 0.5 },
    ]);
    for (const counts of [slices[1]!.requests, slices[1]!.seconds!]) counts.fill(0, 0, 21);
    const found = compareSlices({ dimension: 'version', slices }, 'time', BINS);
    assert.deepEqual(badOf(found), ['2.31']);
    assert.equal(found!.slices[1]!.before, null);
    // An endpoint is like no other: what a new one takes was never seen, so it lost nothing that is known.
    assert.equal(compareSlices({ dimension: 'endpoint', slices }, 'time', BINS), null);
  });

  it('tells that all suffer alike, in the same amount or in the same proportion', () => {
    const same = ['a', 'b', 'c'].map((value) => ({ value, requests: 100, slower: 0.4 }));
    assert.equal(compared(same)?.outcome, 'alike');
    const double = slicesOf(same.map((one) => ({ ...one, slower: 0.05 })));
    double[0]!.seconds = double[0]!.seconds!.map((seconds) => seconds * 20);
    assert.equal(compareSlices({ dimension: 'endpoint', slices: double }, 'time', BINS)?.outcome, 'alike');
  });

  it('says neither where some suffer more than others and none is well', () => {
    const slower = [0.05, 0.3, 0.1, 0.8];
    const found = compared(slower.map((one, i) => ({ value: `p${i}`, requests: 100, slower: one })));
    assert.deepEqual([found?.outcome, badOf(found)], ['mixed', []]);
  });

  it('cannot tell of a few requests, and has nothing to tell where nothing was lost', () => {
    const few = compared([
      { value: 'a', requests: 2, slower: 0.5 },
      { value: 'b', requests: 2 },
    ]);
    assert.equal(few?.outcome, 'unknown');
    assert.equal(compared(['a', 'b'].map((value) => ({ value, requests: 100 }))), null);
    assert.equal(compared([{ value: 'a', requests: 100, slower: 1 }]), null, 'a single slice is the whole');
  });

  it('is not misled by noise: of calm instances it accuses one in fewer than one of thirty looks', () => {
    const looks = 600;
    let accused = 0;
    for (let seed = 1; seed <= looks; seed += 1) {
      const slices = slicesOf(
        Array.from({ length: 10 }, (_, i) => ({ value: `p${i}`, requests: 30 })),
        seed,
      );
      // Bursts: a bin in which everything of one instance takes long, now and then.
      const random = randomOf(seed);
      for (const { seconds } of slices)
        seconds!.forEach((value, bin) => (seconds![bin] = random.next() < 0.1 ? value * 3 : value));
      if (compareSlices({ dimension: 'instance', slices }, 'time', BINS)?.outcome === 'concentrated')
        accused += 1;
    }
    assert.ok(accused < looks / 30, `${accused} of ${looks} looks accuse a calm instance`);
  });

  it('holds whatever the slices are called and however they are ordered', () => {
    const made = fc.record({
      value: fc.constant(''),
      requests: fc.integer({ min: 1, max: 200 }),
      slower: fc.constantFrom(0, 0, 0.2, 0.6),
    });
    fc.assert(
      fc.property(
        fc.array(made, { minLength: 2, maxLength: 8 }),
        fc.infiniteStream(fc.nat()),
        (parts, order) => {
          const slices = slicesOf(parts.map((one, i) => ({ ...one, value: `s${i}` })));
          const renamed = slices.map((slice) => ({
            ...slice,
            value: `x${9 - Number(slice.value.slice(1))}`,
          }));
          const shuffled = renamed
            .map((slice) => ({ slice, key: order.next().value as number }))
            .sort((a, b) => a.key - b.key)
            .map(({ slice }) => slice);
          const [one, other] = [slices, shuffled].map((all) =>
            compareSlices({ dimension: 'instance', slices: all }, 'time', BINS),
          );
          assert.equal(one?.outcome, other?.outcome);
          const back = badOf(other ?? null).map((value) => `s${9 - Number(value.slice(1))}`);
          assert.deepEqual(badOf(one ?? null).sort(), back.sort());
        },
      ),
    );
  });
});

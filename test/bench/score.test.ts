import assert from 'node:assert/strict';
import fc from 'fast-check';
import { kindsOf } from '../../bench/rca/labels.js';
import {
  accuracyOf,
  blamesDecoy,
  calibrationOf,
  chancesOfRandom,
  commitIsRight,
  firstHit,
} from '../../bench/rca/score.js';

const near = (actual: number, expected: number): void =>
  assert.ok(Math.abs(actual - expected) < 1e-12, `${actual} is not ${expected}`);

describe('scoring', () => {
  it('finds the first right service, where repeats count once', () => {
    assert.equal(firstHit(['a', 'a', 'b', 'c'], ['c']), 3);
    assert.equal(firstHit(['a', 'b'], ['z']), null);
    assert.equal(firstHit(['a', 'b', 'c'], ['c', 'b']), 2);
  });

  it('counts as one does by hand', () => {
    // Right at once, right as second, as fourth, as seventh, and never.
    const accuracy = accuracyOf([1, 2, 4, 7, null]);
    near(accuracy.ac1, 1 / 5);
    near(accuracy.ac3, 2 / 5);
    near(accuracy.ac5, 3 / 5);
    near(accuracy.avg5, (1 + 2 + 2 + 3 + 3) / 25);
    near(accuracy.mrr, (1 + 1 / 2 + 1 / 4 + 1 / 7) / 5);
    assert.equal(accuracy.cases, 5);
  });

  it('knows the chance of a random order without drawing', () => {
    chancesOfRandom(10, 1).forEach((chance, index) => near(chance, (index + 1) / 10));
    near(chancesOfRandom(4, 2)[1]!, 1 - (2 / 4) * (1 / 3));
    assert.deepEqual(chancesOfRandom(3, 1).slice(2), [1, 1, 1]);
    assert.deepEqual(chancesOfRandom(5, 0), [0, 0, 0, 0, 0]);
  });

  it('takes a prefix of seven letters for a commit, and not of six', () => {
    assert.ok(commitIsRight('abcdef1', 'abcdef1234'));
    assert.ok(!commitIsRight('abcdef', 'abcdef1234'));
    assert.ok(commitIsRight('none', 'none'));
    assert.ok(!commitIsRight('none', 'abcdef1234'));
    assert.ok(blamesDecoy('abcdef1', ['ffff', 'abcdef1234']));
    assert.ok(!blamesDecoy('none', ['abcdef1234']));
  });
});

describe('calibration', () => {
  it('compares what was said with what held, bin by bin', () => {
    const { bins, ece } = calibrationOf([
      { confidence: 0.92, right: true },
      { confidence: 0.98, right: false },
      { confidence: 0.25, right: false },
      { confidence: 0.25, right: true },
      { confidence: 0.25, right: false },
    ]);
    assert.deepEqual(
      bins.map(({ from, to, cases }) => [from, to, cases]),
      [
        [0.2, 0.3, 3],
        [0.9, 1, 2],
      ],
    );
    near(bins[0]!.said, 0.25);
    near(bins[0]!.held, 1 / 3);
    near(ece, (3 / 5) * (1 / 3 - 0.25) + (2 / 5) * (0.95 - 0.5));
  });

  it('puts certainty in the last bin and an edge in the bin that begins there', () => {
    const { bins } = calibrationOf([
      { confidence: 1, right: true },
      { confidence: 0.3, right: true },
    ]);
    assert.deepEqual(
      bins.map(({ from }) => from),
      [0.3, 0.9],
    );
  });

  it('is perfect only for who always knows', () => {
    assert.equal(calibrationOf([{ confidence: 1, right: true }]).ece, 0);
    assert.equal(calibrationOf([{ confidence: 1, right: false }]).ece, 1);
  });

  it('says what chance alone makes of exact confidences', () => {
    const one = (confidence: number) => ({ confidence, right: true });
    // A coin is always half off.
    near(calibrationOf([one(0.5)]).byChance, 0.5);
    // Two coins are both right or both wrong half of the time, each half of the cases off.
    near(calibrationOf([one(0.5), one(0.5)]).byChance, 0.25);
    assert.equal(calibrationOf([one(1), one(0)]).byChance, 0);
    const few = calibrationOf(Array.from({ length: 20 }, () => one(0.75))).byChance;
    const many = calibrationOf(Array.from({ length: 320 }, () => one(0.75))).byChance;
    // As means do, it shrinks with the root of the cases.
    assert.ok(few / many > 3.8 && few / many < 4.2, `${few} ${many}`);
  });

  it('never loses a case and stays between 0 and 1', () => {
    const answers = fc.array(
      fc.record({ confidence: fc.double({ min: 0, max: 1, noNaN: true }), right: fc.boolean() }),
      {
        minLength: 1,
      },
    );
    fc.assert(
      fc.property(answers, (list) => {
        const { bins, ece } = calibrationOf(list);
        assert.equal(
          bins.reduce((sum, { cases }) => sum + cases, 0),
          list.length,
        );
        assert.ok(ece >= 0 && ece <= 1 + 1e-12);
      }),
    );
  });
});

describe('fault types of published data', () => {
  const known: [type: string, kinds: string[]][] = [
    ['cpu_contention', ['cpu']],
    ['CPU hog', ['cpu']],
    ['memory leak', ['memory']],
    ['mem', ['memory']],
    ['disk', ['disk']],
    ['network_delay', ['network']],
    ['delay', ['network']],
    ['loss', ['network']],
    ['socket', ['pool-saturation']],
    ['exception', ['code-change']],
    ['return', ['code-change']],
    ['misconfig/delay (put-parameter)', ['configuration']],
    ['code-or-config-change', ['code-change', 'configuration']],
    ['pod kill', ['dependency-down']],
    ['traffic surge', ['traffic-surge']],
    ['node cpu stress', ['host']],
    ['no-code-cause', []],
    ['', []],
  ];
  for (const [type, kinds] of known) {
    it(`takes "${type}" for ${kinds.join(' or ') || 'nothing that can be scored'}`, () => {
      assert.deepEqual(kindsOf(type), kinds);
    });
  }
});

import assert from 'node:assert/strict';
import { correctionFor, heldOut, type Told } from '../../bench/rca/held-out.js';

/** Forty answers told with that confidence, of which one in `wrongOf` is wrong. */
function cases(dataset: string, confidence: number, wrongOf: number): Told[] {
  return Array.from({ length: 40 }, (_, index) => ({
    dataset,
    id: `${dataset}-${String(index).padStart(2, '0')}`,
    confidence,
    right: index % wrongOf !== 0,
  }));
}

describe('calibration on cases that were left out', () => {
  it('corrects downwards what is told too surely, and leaves alone what holds', () => {
    const tooSure = correctionFor(cases('a', 0.95, 2));
    const odds = tooSure.slope * Math.log(0.95 / 0.05) + tooSure.offset;
    assert.ok(Math.abs(odds) < 0.5, `told as ${odds} where half is right`);
    const exact = correctionFor(cases('a', 0.75, 4));
    assert.ok(Math.abs(exact.slope * Math.log(3) + exact.offset - Math.log(3)) < 0.3);
  });

  it('shows an error where one data set does not tell of the other, and hardly any where it does', () => {
    const alike = heldOut([...cases('a', 0.9, 4), ...cases('b', 0.9, 4)]);
    const unlike = heldOut([...cases('a', 0.9, 40), ...cases('b', 0.9, 2)]);
    assert.deepEqual(
      alike.map(({ by }) => by),
      ['the data set left out', 'a fifth of the cases left out'],
    );
    assert.ok(alike[0]!.ece < 0.1, `${alike[0]!.ece}`);
    assert.ok(unlike[0]!.ece > 0.3, `${unlike[0]!.ece}`);
  });

  it('says nothing without a second part to fit on', () => {
    assert.deepEqual(heldOut(cases('a', 0.8, 4).slice(0, 1)), []);
  });
});

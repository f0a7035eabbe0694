import assert from 'node:assert/strict';
import { beliefs } from '../../analysis/calibration.js';
import { fitOf, heldOut, type Scored } from '../../bench/rca/held-out.js';

/** Cases with a lead of `lead`, of which one in `wrongOf` is wrong. */
function cases(dataset: string, lead: number, wrongOf: number): Scored[] {
  return Array.from({ length: 40 }, (_, index) => {
    const scores = [6 + lead, 6];
    return {
      dataset,
      id: `${dataset}-${String(index).padStart(2, '0')}`,
      scores,
      confidence: beliefs(scores)[0]!,
      right: index % wrongOf !== 0,
    };
  });
}

describe('calibration on cases that were left out', () => {
  it('fits a flatter belief the more often a lead is wrong', () => {
    const sure = fitOf(cases('a', 2, 40)).temperature;
    const unsure = fitOf(cases('a', 2, 3)).temperature;
    assert.ok(unsure > sure, `${unsure} and ${sure}`);
  });

  it('shows an error where one data set does not tell of the other, and hardly any where it does', () => {
    const alike = heldOut([...cases('a', 1, 4), ...cases('b', 1, 4)]);
    const unlike = heldOut([...cases('a', 1, 40), ...cases('b', 1, 2)]);
    assert.deepEqual(
      alike.map(({ by }) => by),
      ['the data set left out', 'a fifth of the cases left out'],
    );
    assert.ok(alike[0]!.ece < 0.1, `${alike[0]!.ece}`);
    assert.ok(unlike[0]!.ece > 0.3, `${unlike[0]!.ece}`);
  });

  it('keeps what was held back for other reasons than the fit', () => {
    const held = cases('a', 6, 2).map((one) => ({ ...one, confidence: 0.5 }));
    assert.ok(heldOut(held)[0]!.ece < 0.05);
  });

  it('says nothing without a second part to fit on', () => {
    assert.deepEqual(heldOut(cases('a', 1, 4).slice(0, 1)), []);
  });
});

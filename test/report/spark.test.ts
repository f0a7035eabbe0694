import assert from 'node:assert/strict';
import { sparkline } from '../../report/spark.js';
import { renderTerminal } from '../../report/terminal.js';
import { aSymptom, golden } from '../support/record-parts.js';
import { SAMPLES } from '../support/records.js';

const WINDOW = { start: 1000, end: 2000 };

/** The row of bars of a symptom with these values, which began at `onset`. */
function drawn(shape: (number | null)[], onset = 1500): string | null {
  return sparkline({ ...aSymptom(golden('checkout', 'latency'), [1, 2, onset]), shape }, WINDOW);
}

describe('a sparkline', () => {
  it('draws values from zero, with a mark at the onset', () => {
    assert.equal(drawn([4, 4, 4, 4, 8, 8, 8, 8]), '▄▄▄▄┊████');
    assert.equal(drawn([0, 0, 0, 0]), '▁▁┊▁▁');
  });

  it('keeps gaps, at its ends too', () => {
    assert.equal(drawn([null, 4, null, 8, 8, null]), '·▄·┊██·');
  });

  it('draws at most twenty bars, and no gap over when it narrows', () => {
    const shape = Array.from({ length: 40 }, (_, index) => (index === 10 ? null : index < 20 ? 1 : 8));
    assert.equal(drawn(shape), '▁▁▁▁▁·▁▁▁▁┊██████████');
  });

  it('keeps the mark within the bars when the onset lies outside of the window', () => {
    assert.equal(drawn([1, 1], 10), '┊██');
    assert.equal(drawn([1, 1], 9999), '██┊');
  });

  it('is left out when nothing was kept', () => {
    const symptom = aSymptom(golden('checkout', 'latency'), [1, 2, 1500]);
    delete symptom.shape;
    assert.equal(sparkline(symptom, WINDOW), null);
    assert.equal(drawn([]), null);
    assert.equal(drawn([null, null]), null);
  });

  it('gives way to the numbers in a narrow terminal', () => {
    const record = SAMPLES['suspected pool saturation']();
    const at = (width: number) => renderTerminal(record, { width, color: false });
    assert.match(at(80), /┊/);
    assert.doesNotMatch(at(60), /┊/);
    assert.match(at(60), /180 ms -> 1\.9 s/);
  });
});

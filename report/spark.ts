import sparkly from 'sparkly';
import type { Symptom } from '../model/diagnosis.js';

/** As wide as fits beside the numbers of a symptom in a terminal of 80 columns. */
const WIDEST = 20;

/** Where nothing was measured: a space would be lost at the end of a table's cell. */
const GAP = '·';
const ONSET = '┊';

/**
 * What a symptom's series did, as a row of bars counted from zero, with a mark at the onset: `▁▁▁▁▁┊▅███··██`.
 * Null when its shape was not kept, or holds no sample. `start` and `end` bound the window, in unix seconds.
 */
export function sparkline(
  { shape, movement }: Symptom,
  { start, end }: { start: number; end: number },
): string | null {
  const values = narrowed(shape ?? []);
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return null;
  const bars = sparkly(
    values.map((value) => value ?? ''),
    { minimum: Math.min(0, ...known) },
  ).replaceAll(' ', GAP);
  const share = Math.min(1, Math.max(0, (movement.onset.time - start) / (end - start)));
  const onset = Math.round(share * bars.length);
  return `${bars.slice(0, onset)}${ONSET}${bars.slice(onset)}`;
}

/** Means of equal stretches; one that is missing by half is a gap, so that no gap is drawn over. */
function narrowed(shape: readonly (number | null)[]): (number | null)[] {
  const size = Math.max(1, Math.ceil(shape.length / WIDEST));
  return Array.from({ length: Math.ceil(shape.length / size) }, (_, index) => {
    const stretch = shape.slice(index * size, (index + 1) * size);
    const known = stretch.filter((value) => value !== null);
    if (2 * known.length <= stretch.length) return null;
    return known.reduce((sum, value) => sum + value, 0) / known.length;
  });
}

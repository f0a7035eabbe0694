import { sum } from 'd3-array';
import type { Slice } from '../../../model/slices.js';
import { withoutSecrets } from '../../../report/mask.js';
import type { AnswerSeries } from '../metrics/source/source.js';
import { MEASURE, MEASURES, type Measure } from './queries.js';

/** Longer names of slices are cut: they stand in sentences. */
const LONGEST_VALUE = 120;

type Counts = Partial<Record<Measure, Float64Array>>;

/**
 * The answer to a query of counts as slices, in the order of their names; at most `most`, the one that the alert names
 * among them and else those with most requests. What all values have together, and the slices do not, is one more whose
 * value is empty. `further` counts the values that were left out here.
 */
export function slicesOf(
  answer: readonly AnswerSeries[],
  { by }: { by: readonly string[] },
  { most, named }: { most: number; named: string | null },
): { slices: Slice[]; further: number } {
  const all = new Map<string, Counts>();
  const whole: Counts = {};
  for (const { labels, values } of answer) {
    const measure = MEASURES.find((one) => one === labels[MEASURE]);
    if (measure === undefined) continue;
    if (!labels[by.at(-1)!]) {
      whole[measure] = values;
      continue;
    }
    const value = valueOf(labels, by);
    all.set(value, added(all.get(value) ?? {}, { [measure]: values }));
  }
  const tells = (measure: Measure): boolean =>
    [...all.values()].some((counts) => counts[measure] !== undefined);
  const told = { seconds: tells('seconds'), failed: tells('failed') };
  const isFirst = (value: string): number => Number(named !== null && isNamed(value, named));
  const ordered = [...all]
    .filter(([, { requests }]) => requests !== undefined)
    .sort(
      ([a, x], [b, y]) =>
        isFirst(b) - isFirst(a) || total(y.requests) - total(x.requests) || (a < b ? -1 : 1),
    );
  const kept = ordered.slice(0, most);
  const left = ordered.slice(most).map(([, counts]) => counts);
  const unread =
    whole.requests === undefined
      ? []
      : [
          minus(
            whole,
            ordered.map(([, counts]) => counts),
          ),
        ];
  const rest = [...left, ...unread].reduce(added, {});
  const slices = kept
    .map(([value, counts]) => sliceOf(value, counts, told))
    .sort((a, b) => (a.value < b.value ? -1 : 1));
  const others = rest.requests && total(rest.requests) > 0 ? [sliceOf('', rest, told)] : [];
  return { slices: [...slices, ...others], further: left.length };
}

/** Whether a slice is what an alert names: `/cart` names `GET /cart`. */
export function isNamed(value: string, named: string): boolean {
  return value === named || value.endsWith(` ${named}`);
}

/** Slices of single values. */
export function withoutEmpty(slices: readonly Slice[]): Slice[] {
  return slices.filter(({ value }) => value !== '');
}

/** Slices as one: their counts in sum. */
export function joinedSlices(value: string, slices: readonly Slice[]): Slice {
  const counts = slices.map(({ requests, seconds, failed }) => ({
    requests,
    ...(seconds && { seconds }),
    ...(failed && { failed }),
  }));
  const joined = counts.reduce<Counts>(added, {});
  return sliceOf(value, joined, {
    seconds: joined.seconds !== undefined,
    failed: joined.failed !== undefined,
  });
}

function valueOf(labels: Record<string, string>, by: readonly string[]): string {
  const words = by.map((label) => labels[label] ?? '').filter((word) => word !== '');
  const value = withoutSecrets(words.join(' '));
  const characters = Array.from(value);
  return characters.length <= LONGEST_VALUE ? value : `${characters.slice(0, LONGEST_VALUE - 1).join('')}…`;
}

function sliceOf(value: string, counts: Counts, told: { seconds: boolean; failed: boolean }): Slice {
  const requests = counts.requests ?? new Float64Array();
  // No failures mean no series of them: zeros, where others tell that failures are counted.
  const orZeros = (values: Float64Array | undefined): Float64Array =>
    values ?? new Float64Array(requests.length);
  return {
    value,
    requests,
    seconds: told.seconds ? orZeros(counts.seconds) : null,
    failed: told.failed ? orZeros(counts.failed) : null,
  };
}

function total(values: Float64Array | undefined): number {
  return values === undefined ? 0 : sum(values, (value) => (Number.isFinite(value) ? value : 0));
}

function added(one: Counts, other: Counts): Counts {
  return combined(one, other, (a, b) => a + b);
}

/** What is left of a whole; rounding, and series that come and go, may make it negative, which is nothing. */
function minus(whole: Counts, parts: readonly Counts[]): Counts {
  return combined(whole, parts.reduce(added, {}), (a, b) => Math.max(0, a - b));
}

function combined(one: Counts, other: Counts, join: (a: number, b: number) => number): Counts {
  const counts: Counts = { ...one };
  for (const measure of MEASURES) {
    const [a, b] = [one[measure], other[measure]];
    if (b === undefined) continue;
    counts[measure] = a === undefined ? b : a.map((value, i) => join(orZero(value), orZero(b[i])));
  }
  return counts;
}

function orZero(value: number | undefined): number {
  return value !== undefined && Number.isFinite(value) ? value : 0;
}

import {
  ENDPOINT_PREFIXES,
  SLICE_LABELS,
  sliceDimension,
  type SliceDimension,
} from '../../../model/slices.js';

/** By which labels one dimension is told. */
export interface ChosenLabels {
  dimension: SliceDimension;
  /** The last one has the values; those before it belong to its name. */
  by: string[];
  /** Values of the last label. */
  values: number;
}

/** A label that has too many values to be one of a service's parts. */
export interface TooMany {
  dimension: SliceDimension;
  label: string;
  values: number;
}

/** Labels that may tell a slice, of those that are there. */
export function candidates(present: ReadonlySet<string>): string[] {
  const prefixes = ENDPOINT_PREFIXES.flatMap(({ labels }) => labels);
  return [...new Set([...Object.values(SLICE_LABELS).flat(), ...prefixes])].filter((label) =>
    present.has(label),
  );
}

/**
 * Chooses for each dimension the best label by which the requests differ. A label of one value tells nothing apart; one
 * of more than `most` holds raw ids, and the next best is taken.
 *
 * @param counts values by label
 * @param named labels that the alert names: they come before others of their dimension, and their dimension first
 */
export function chooseLabels(
  counts: ReadonlyMap<string, number>,
  named: Readonly<Record<string, string>>,
  most: number,
): { chosen: ChosenLabels[]; tooMany: TooMany[] } {
  const tooMany: TooMany[] = [];
  const isNamed = (label: string): number => Number(Object.hasOwn(named, label));
  const chosen = sliceDimension.options.flatMap((dimension): ChosenLabels[] => {
    const labels = SLICE_LABELS[dimension]
      .filter((label) => (counts.get(label) ?? 0) >= 2)
      .sort((a, b) => isNamed(b) - isNamed(a));
    const label = labels.find((one) => counts.get(one)! <= most);
    if (label === undefined) {
      const [first] = labels;
      if (first !== undefined) tooMany.push({ dimension, label: first, values: counts.get(first)! });
      return [];
    }
    return [{ dimension, by: [...prefixOf(label, counts), label], values: counts.get(label)! }];
  });
  const isAlerted = ({ by }: ChosenLabels): number => isNamed(by.at(-1)!);
  return { chosen: chosen.sort((a, b) => isAlerted(b) - isAlerted(a)), tooMany };
}

/** Methods that one endpoint has are few; more values are something else. */
const MOST_PREFIXES = 20;

function prefixOf(label: string, counts: ReadonlyMap<string, number>): string[] {
  const { labels = [] } = ENDPOINT_PREFIXES.find(({ before }) => before.includes(label)) ?? {};
  const prefix = labels.find((one) => (counts.get(one) ?? 0) > 0 && counts.get(one)! <= MOST_PREFIXES);
  return prefix === undefined ? [] : [prefix];
}

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DiagnosisInput } from '../../analysis/input.js';
import type { Series } from '../../model/series.js';
import type { Collected } from './collect.js';
import type { Truth } from './recording.js';

/** One look at one recording: what the product reads so long after the alert, and the truth to judge it by. */
export interface Look extends Collected {
  recording: string;
  /** Whether the configuration gives the call graph; else it is what the metrics tell. */
  graph: 'given' | 'learnt';
  /** Seconds from the first post to this look. */
  after: number;
  /** The fault was already repaired. */
  repaired: boolean;
  entries: string[];
  truth: Truth;
}

/** Series of one query share their times: each list is written once. */
interface WrittenSeries extends Omit<Series, 'times' | 'values'> {
  times: number;
  values: (number | null)[];
}

interface WrittenLook extends Omit<Look, 'input'> {
  input: Omit<DiagnosisInput, 'series'> & { series: WrittenSeries[] };
  times: number[][];
}

/** Writes one look as JSON, in a file named after it; samples that are missing are null. */
export function keepLook(directory: string, look: Look): void {
  mkdirSync(directory, { recursive: true });
  const lists = new Map<string, number>();
  const times: number[][] = [];
  const indexOf = (list: Float64Array): number => {
    const key = list.join();
    const known = lists.get(key);
    if (known !== undefined) return known;
    lists.set(key, times.length);
    return times.push([...list]) - 1;
  };
  const series = look.input.series.map((one) => ({
    ...one,
    times: indexOf(one.times),
    values: [...one.values].map((value) => (Number.isNaN(value) ? null : value)),
  }));
  const written: WrittenLook = { ...look, input: { ...look.input, series }, times };
  const name = [look.recording, look.graph, look.input.anomaly.service, `${look.after}s`].join('.');
  writeFileSync(join(directory, `${name}.json`), JSON.stringify(written));
}

/** Reads all looks that were kept in a folder, in the order in which they were taken. */
export function readLooks(directory: string): Look[] {
  return readdirSync(directory)
    .filter((file) => file.endsWith('.json'))
    .map((file) => readLook(join(directory, file)))
    .sort((a, b) => keyOf(a).localeCompare(keyOf(b)) || a.after - b.after);
}

const keyOf = ({ recording, graph, input }: Look): string => `${graph} ${recording} ${input.anomaly.service}`;

function readLook(path: string): Look {
  const { times, ...look } = JSON.parse(readFileSync(path, 'utf8')) as WrittenLook;
  const lists = times.map((list) => Float64Array.from(list));
  const series = look.input.series.map((one) => ({
    ...one,
    times: lists[one.times]!,
    values: Float64Array.from(one.values, (value) => value ?? NaN),
  }));
  return { ...look, input: { ...look.input, series } };
}

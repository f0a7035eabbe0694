import type { LogKind, LogTable } from '../../model/telemetry.js';
import type { Series } from '../../model/series.js';
import type { CallGraph } from '../graph/call-graph.js';
import type { Grid } from '../series/grid.js';
import { baselineOf, type Baseline } from '../series/baseline.js';
import { deviationOf, type Deviation } from '../series/deviation.js';
import { SERIES } from '../series/weights.js';
import { aboutOf, type About } from './about.js';
import { OTHER_LINES } from './mine.js';
import { coverageOf } from './step.js';
import { isTrouble } from './template.js';

/** Lines of trouble that one service writes about one subject, by bin. */
export interface Voice {
  writer: number;
  about: About;
  /** How many lines there are, and how many of a kind that is younger than the watch is long. */
  baselines: Baseline[];
  /** Kinds of lines in the incident window, most frequent first. */
  kinds: LogKind[];
}

/** A voice that rose when the incident began. */
export interface Outcry extends Voice {
  move: Deviation;
}

const ALL_KINDS = 'error lines';
export const NEW_KINDS = 'new kinds of error lines';

interface Tally {
  writer: number;
  about: About;
  all: Float64Array;
  young: Float64Array;
  /** Lines of the incident window by the number of their kind. */
  watched: Map<number, number>;
}

/**
 * Counts lines of trouble by bin. Two counts of each voice are kept: a jump in the rate of known lines shows in
 * all of them, a new kind of line amid many others only among the young. Both are counted in the calm as they are
 * in the watch, so that a service that always writes new things is not strange for doing so. Linear in rows;
 * nothing where the lines do not reach far enough back to know the calm.
 */
export function voicesOf(logs: LogTable | null, grid: Grid, graph: CallGraph): Voice[] {
  const span = logs === null ? null : coverageOf(logs);
  if (logs === null || span === null) return [];
  const binOf = (time: number): number => Math.floor((time - grid.start) / grid.width + 1e-6);
  const covered = { from: Math.max(0, binOf(span.from)), to: Math.min(grid.bins, binOf(span.to) + 1) };
  if (grid.incidentStart - covered.from < SERIES.minCalm) return [];
  const youth = grid.bins - grid.incidentStart;
  const tallies = new Map<string, Tally>();
  const told = logs.kinds.map((kind) => {
    const writer = graph.indexOf.get(kind.service);
    if (writer === undefined || !isTrouble(kind)) return null;
    return { writer, about: aboutOf(kind.example, writer, graph) };
  });
  const bornAt = firstBins(logs, binOf);
  logs.time.forEach((start, row) => {
    const kind = logs.kind[row]!;
    const of = told[kind];
    // A step belongs to the bin of its middle.
    const bin = binOf(start + logs.stepSeconds / 2);
    if (of == null || bin < 0 || bin >= grid.bins) return;
    const key = `${of.writer} ${of.about}`;
    const tally = tallies.get(key) ?? tallyOf(of.writer, of.about, grid.bins);
    tallies.set(key, tally);
    const count = logs.lines[row]!;
    tally.all[bin] = tally.all[bin]! + count;
    if (bin - bornAt[kind]! < youth) tally.young[bin] = tally.young[bin]! + count;
    if (bin >= grid.incidentStart) tally.watched.set(kind, (tally.watched.get(kind) ?? 0) + count);
  });
  return [...tallies]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .filter(([, { watched }]) => watched.size > 0)
    .map(([, { writer, about, all, young, watched }]) => {
      const service = graph.names[writer]!;
      const baselines = [
        levelOfCounts(ALL_KINDS, service, all, covered.from),
        // Whether a line is new is only known once others had time to be old.
        levelOfCounts(NEW_KINDS, service, young, covered.from + youth),
      ].flatMap((level) => level ?? []);
      const kinds = [...watched]
        .map(([kind, lines]) => ({ kind: logs.kinds[kind]!, lines }))
        // What the other lines say is not known: they are quoted where there is nothing else.
        .sort(
          (a, b) =>
            isOther(a.kind) - isOther(b.kind) ||
            b.lines - a.lines ||
            (a.kind.example < b.kind.example ? -1 : 1),
        );
      return { writer, about, baselines, kinds: kinds.map(({ kind }) => kind) };
    });

  function levelOfCounts(name: string, service: string, counts: Float64Array, from: number): Baseline | null {
    if (grid.incidentStart - from < SERIES.minCalm) return null;
    const values = counts.map((count, bin) => (bin < from || bin >= covered.to ? NaN : count));
    return baselineOf(seriesOf(name, service, values, grid), grid);
  }
}

const isOther = ({ template }: LogKind): number => Number(template === OTHER_LINES);

/** The bin in which each kind of line was first written; what was written before the window is not new in it. */
function firstBins({ kinds, kind, time, stepSeconds }: LogTable, binOf: (time: number) => number): number[] {
  const first = kinds.map(() => Infinity);
  time.forEach((start, row) => {
    const of = kind[row]!;
    first[of] = Math.min(first[of]!, binOf(start + stepSeconds / 2));
  });
  return first;
}

function tallyOf(writer: number, about: About, bins: number): Tally {
  return {
    writer,
    about,
    all: new Float64Array(bins),
    young: new Float64Array(bins),
    watched: new Map(),
  };
}

function seriesOf(name: string, service: string, values: Float64Array, { start, width }: Grid): Series {
  return {
    id: `${service}/${name}`,
    subject: { kind: 'service', service },
    signal: 'other',
    name,
    unit: 'lines',
    worse: 'up',
    perspective: 'self',
    query: '',
    source: 'logs',
    times: values.map((_, bin) => start + bin * width),
    values,
  };
}

/** Voices that rose in an incident that began at bin `begin`; null: at no time. */
export function outcriesOf(voices: Voice[], begin: number | null, grid: Grid): Outcry[] {
  if (begin === null) return [];
  return voices.flatMap((voice) => {
    const loudest = voice.baselines
      .flatMap((level) => deviationOf(level, begin, grid) ?? [])
      .filter(({ sign }) => sign === 1)
      .reduce<Deviation | null>((a, b) => (a !== null && a.strength >= b.strength ? a : b), null);
    return loudest === null ? [] : [{ ...voice, move: loudest }];
  });
}

import type { LogTable } from '../../model/telemetry.js';
import type { Series } from '../../model/series.js';
import type { CallGraph } from '../graph/call-graph.js';
import type { Grid } from '../series/grid.js';
import { baselineOf, type Baseline } from '../series/baseline.js';
import { deviationOf, type Deviation } from '../series/deviation.js';
import { coverage } from '../stats/order.js';
import { LOGS, SERIES } from '../weights.js';
import { aboutOf, type About } from './about.js';
import { isTrouble, templateOf } from './template.js';

/** Lines of trouble that one service writes about one subject, by bin. */
export interface Voice {
  writer: number;
  about: About;
  /** How many lines there are, and how many of a kind that is younger than the watch is long. */
  baselines: Baseline[];
  /** Lines of the watch by their template, most frequent first. */
  templates: string[];
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
  watched: Map<string, number>;
}

/**
 * Counts lines of trouble by bin. Two counts of each voice are kept: a jump in the rate of known lines shows in
 * all of them, a new kind of line amid many others only among the young. Both are counted in the calm as they are
 * in the watch, so that a service that always writes new things is not strange for doing so. Linear in lines;
 * nothing where the lines do not reach far enough back to know the calm.
 */
export function voicesOf(logs: LogTable | null, grid: Grid, graph: CallGraph): Voice[] {
  if (logs === null) return [];
  const binOf = (time: number): number => Math.floor((time - grid.start) / grid.width + 1e-6);
  const span = coverage(logs.lines.map(({ time }) => time));
  if (span === null) return [];
  const covered = { from: Math.max(0, binOf(span.from)), to: Math.min(grid.bins, binOf(span.to) + 1) };
  if (grid.incidentStart - covered.from < SERIES.minCalm) return [];
  // In the order of time, from before the window on: what was written then is not new.
  const lines = logs.lines.filter(isTrouble).sort((a, b) => a.time - b.time);
  const youth = grid.bins - grid.incidentStart;
  const bornAt = new Map<string, number>();
  const tallies = new Map<string, Tally>();
  for (const { time, service, message: whole } of lines) {
    const writer = graph.indexOf.get(service);
    if (writer === undefined) continue;
    const message = whole.slice(0, LOGS.longestLine);
    const bin = binOf(time);
    const template = templateOf(message);
    const kind = `${writer} ${template}`;
    const born = bornAt.get(kind) ?? bin;
    bornAt.set(kind, born);
    if (bin < 0 || bin >= grid.bins) continue;
    const about = aboutOf(message, writer, graph);
    const key = `${writer} ${about}`;
    const tally = tallies.get(key) ?? tallyOf(writer, about, grid.bins);
    tallies.set(key, tally);
    tally.all[bin] = tally.all[bin]! + 1;
    if (bin - born < youth) tally.young[bin] = tally.young[bin]! + 1;
    if (bin >= grid.incidentStart) tally.watched.set(template, (tally.watched.get(template) ?? 0) + 1);
  }
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
      const templates = [...watched].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
      return { writer, about, baselines, templates: templates.map(([template]) => template) };
    });

  function levelOfCounts(name: string, service: string, counts: Float64Array, from: number): Baseline | null {
    if (grid.incidentStart - from < SERIES.minCalm) return null;
    const values = counts.map((count, bin) => (bin < from || bin >= covered.to ? NaN : count));
    return baselineOf(seriesOf(name, service, values, grid), grid);
  }
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

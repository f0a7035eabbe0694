import type { DiagnosisInput } from './input.js';
import type { Series } from '../model/series.js';
import { scoresOf } from './rank.js';
import { gridOf, seenSince } from './series/grid.js';
import { ownerOf } from './series/onset.js';
import { weigh } from './weigh.js';

/** How many placebos are asked, at most. */
const PLACEBOS = 4;
/** ... and which share of the calm each lasts at most. */
const LONGEST_SHARE = 1 / 3;
/** Samples that a placebo has before and after it, at least. */
const LEAST_BEFORE = 8;
const LEAST_AFTER = 3;

/**
 * More series than this are not read again: what placebos cost grows with them, and a diagnosis may take no longer than
 * parsing. Of more, so many are: of the alerting service and so many leading suspects.
 */
const MOST_SERIES = 2000;
const LEADING = 30;
const LEADING_SERIES = 300;

/**
 * How much the strongest suspect scores when nothing is wrong, in the unit of the ranking: the highest score that the
 * same analysis finds at moments of the calm. `leading` are services, best first. Null where the calm is too short to
 * ask.
 */
export function noiseOf(input: DiagnosisInput, leading: readonly string[]): number | null {
  const placebos = placebosOf(askedOf(input, leading));
  if (placebos.length === 0) return null;
  return Math.max(
    ...placebos.map((placebo) => {
      const { facts, found } = weigh(placebo, new Map());
      return Math.max(0, ...scoresOf(facts, found).map(({ score }) => score));
    }),
  );
}

/** Of a system that is too large only the alerting service and its leading suspects, with the calls between them. */
function askedOf(input: DiagnosisInput, leading: readonly string[]): DiagnosisInput {
  if (input.series.length <= MOST_SERIES) return input;
  const asked = new Set([input.anomaly.service, ...leading.slice(0, LEADING)]);
  const series = input.series.filter(({ subject }) => asked.has(ownerOf(subject))).slice(0, LEADING_SERIES);
  const { graph } = input;
  return {
    ...input,
    series,
    graph: {
      ...graph,
      services: graph.services.filter((service) => asked.has(service)),
      edges: graph.edges.filter(({ caller, callee }) => asked.has(caller) && asked.has(callee)),
      placements: graph.placements.filter(({ service }) => asked.has(service)),
    },
  };
}

/**
 * The same alert at moments of the calm: what the analysis finds there is what it finds in noise. Each has as long an
 * incident as the real one, or a third of the calm, and what came before it as its baseline. None where the calm is too
 * short.
 */
export function placebosOf(input: DiagnosisInput): DiagnosisInput[] {
  const { window, anomaly } = input;
  const grid = gridOf(input, seenSince(input));
  const seen = Math.max(window.start, seenSince(input));
  const calmEnd = grid.start + grid.incidentStart * grid.width;
  const calm = calmEnd - seen;
  const after = Math.min(Math.max(LEAST_AFTER * grid.width, window.end - anomaly.time), calm * LONGEST_SHARE);
  const first = seen + Math.max(LEAST_BEFORE * grid.width, calm / 4);
  const last = calmEnd - after;
  if (after < LEAST_AFTER * grid.width || first > last) return [];
  const count = Math.min(PLACEBOS, 1 + Math.floor((last - first) / (2 * grid.width)));
  return Array.from({ length: count }, (_, index) => {
    const time = count === 1 ? last : first + ((last - first) * index) / (count - 1);
    const end = time + after;
    return {
      ...input,
      anomaly: { ...anomaly, time },
      window: { ...window, end },
      series: input.series.map((series) => until(series, end)),
      changes: [],
      checks: [],
      conditions: null,
      spans: null,
      logs: null,
      slices: [],
    };
  });
}

function until(series: Series, end: number): Series {
  const { times } = series;
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle]! <= end) low = middle + 1;
    else high = middle;
  }
  return low === times.length
    ? series
    : { ...series, times: times.subarray(0, low), values: series.values.subarray(0, low) };
}

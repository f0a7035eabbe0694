import { quantity } from '../../model/wording.js';
import type { Series } from '../../model/series.js';
import { excursion } from '../series/excursion.js';
import type { Grid } from '../series/grid.js';
import { baselineOf } from '../series/baseline.js';
import { surprise } from '../series/surprise.js';
import { quantileSorted } from '../stats/order.js';
import { SERIES } from '../series/weights.js';
import { endAt, stepOf, type Judgement, type Watched } from './watched.js';

export interface Strangeness {
  direction: 'up' | 'down' | 'either';
  windowSeconds: number;
  baselineSeconds: number;
  /** -log10 of the chance in the baseline from which it is strange. */
  rarity: number;
  /** Smallest change worth telling, as a share of what was expected. */
  leastChange: number;
}

/** Below these absolute sizes a change is of no consequence to anybody, by unit. */
const LEAST_ABSOLUTE: Record<string, number> = { s: 0.005, '1': 0.01 };

/** A stretch that ended this many steps ago still counts as going on. */
const ONGOING_STEPS = 2;

/** Share of the window that must have samples. */
const ENOUGH_OF_WINDOW = 0.5;

/**
 * Whether the last stretch departs from the baseline before it as baseline data hardly ever do: the same level,
 * cumulative sum and calibrated chance by which a diagnosis reads series (series/baseline.ts, excursion.ts,
 * surprise.ts).
 */
export function judgeLevel(watched: Watched, at: number, settings: Strangeness): Judgement {
  return judge(watched, watched.values, at, settings);
}

/**
 * The same of what is left when the season is taken away: what the same hours of earlier days were, in the median,
 * brought to today's level. So a rise that comes every morning is expected, and one that fails to come is strange.
 */
export function judgeSeasonal(watched: Watched, at: number, settings: Strangeness): Judgement {
  const expected = expectedOf(watched, at, settings);
  if (expected === null) {
    return unknown('there are no data of the same hour on earlier days');
  }
  return judge(
    watched,
    watched.values.map((value, index) => value - expected[index]!),
    at,
    settings,
    expected,
  );
}

function judge(
  { times, values, unit }: Watched,
  judged: Float64Array,
  at: number,
  settings: Strangeness,
  expected: Float64Array | null = null,
): Judgement {
  const width = stepOf(times);
  const end = endAt(times, at);
  const windowBins = Math.max(1, Math.round(settings.windowSeconds / width));
  const from = Math.max(0, end - windowBins - Math.round(settings.baselineSeconds / width));
  const bins = end - from;
  if (bins <= windowBins || !(width > 0)) return unknown('there is no calm to compare with yet');

  const grid = gridOf(times[from]!, width, bins, windowBins);
  const level = baselineOf(asSeries(times.subarray(from, end), judged.subarray(from, end), unit), grid);
  if (level?.baselineEnd === undefined || level.baselineEnd === 0) {
    return unknown('there is no calm to compare with yet');
  }
  const seen = level.deviations.subarray(grid.incidentStart).filter((value) => !Number.isNaN(value)).length;
  if (seen < ENOUGH_OF_WINDOW * windowBins) return unknown('too few samples came lately');

  const signs = settings.direction === 'either' ? ([1, -1] as const) : [settings.direction === 'up' ? 1 : -1];
  const stretches = signs.map((sign) => {
    const stretch = excursion(level.deviations, grid.incidentStart, bins, sign as 1 | -1);
    return {
      ...stretch,
      rarity: surprise(
        level.deviations,
        level.baselineEnd,
        bins - grid.incidentStart,
        sign as 1 | -1,
        stretch.height,
      ),
    };
  });
  const loudest = stretches.reduce((best, one) => (one.height > best.height ? one : best));
  const stretchFrom = loudest.from < 0 ? grid.incidentStart : loudest.from;
  const stretchTo = loudest.from < 0 ? bins - 1 : loudest.to;
  const now = meanOf(values, from + stretchFrom, from + stretchTo + 1);
  const usual = expected === null ? level.centre : meanOf(expected, from + stretchFrom, from + stretchTo + 1);
  const change = expected === null ? now - level.centre : now - usual - level.centre;

  const isLarge =
    Math.abs(change) >= Math.max(settings.leastChange * Math.abs(usual), LEAST_ABSOLUTE[unit] ?? 0) &&
    Math.abs(change) > 0;
  const goesOn = loudest.from >= 0 && loudest.to >= bins - 1 - ONGOING_STEPS;
  const words = `it is ${quantity(now, unit)}, ${expected === null ? 'baseline' : 'usual at this hour'} ${quantity(usual, unit)}`;
  if (!isLarge || !goesOn || loudest.rarity < settings.rarity) {
    return { state: 'well', since: null, statement: words };
  }
  const chance = `baseline data do so once in ${Math.round(10 ** Math.min(loudest.rarity, SERIES.maxSurprise)).toLocaleString('en')} windows`;
  return {
    state: 'bad',
    since: times[from + stretchFrom]!,
    statement: `${words}; ${chance} or less`,
  };
}

/** What earlier days let expect on the grid, at the level of today's calm; null when no day is known. */
function expectedOf(
  { times, values, earlier }: Watched,
  at: number,
  settings: Strangeness,
): Float64Array | null {
  const end = endAt(times, at);
  const width = stepOf(times) || 1;
  const baselineEnd = Math.max(0, end - Math.round(settings.windowSeconds / width));
  const calmFrom = Math.max(0, baselineEnd - Math.round(settings.baselineSeconds / width));
  const today = medianOf(values.subarray(calmFrom, baselineEnd));
  const days = earlier.flatMap((day) => {
    const then = medianOf(day.subarray(calmFrom, baselineEnd));
    if (Number.isNaN(then)) return [];
    const ratio = then > 0 && today > 0 ? today / then : 1;
    const growth = Math.min(SERIES.seasonGrowth, Math.max(1 / SERIES.seasonGrowth, ratio));
    return [day.map((value) => value * growth)];
  });
  if (days.length === 0) return null;
  return Float64Array.from({ length: values.length }, (_, index) =>
    medianOf(Float64Array.from(days, (day) => day[index]!)),
  );
}

function gridOf(start: number, width: number, bins: number, windowBins: number): Grid {
  const scratch = { counts: new Uint32Array(bins), sample: new Float64Array(bins) };
  const incidentStart = bins - windowBins;
  return { start, width, bins, incidentStart, alert: incidentStart, lead: 0, slack: 0, scratch };
}

function asSeries(times: Float64Array, values: Float64Array, unit: string): Series {
  return {
    id: 'watched',
    subject: { kind: 'service', service: 'watched' },
    signal: 'other',
    name: 'watched',
    unit,
    worse: 'either',
    perspective: 'self',
    query: '',
    source: '',
    times,
    values,
  };
}

function meanOf(values: Float64Array, from: number, to: number): number {
  const known = values.subarray(from, to).filter((value) => !Number.isNaN(value));
  return known.reduce((sum, value) => sum + value, 0) / known.length;
}

function medianOf(values: Float64Array): number {
  const known = values.filter((value) => !Number.isNaN(value)).sort();
  return quantileSorted(known, 0.5);
}

function unknown(statement: string): Judgement {
  return { state: 'unknown', since: null, statement };
}

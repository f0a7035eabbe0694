import { endAt, stepOf, type Judgement, type Watched } from './watched.js';

export interface Burn {
  objective: number;
  windows: readonly { longSeconds: number; shortSeconds: number; factor: number }[];
}

/**
 * Whether the error budget of an objective burns too fast: over a long window, so that it is worth waking somebody,
 * and over a short one, so that it still goes on (multi-window, multi-burn-rate alerts; Google SRE Workbook,
 * chapter 5). `values` are ratios of bad to all, `weights` how many there were in all.
 */
export function judgeBurnRate(watched: Watched, at: number, { objective, windows }: Burn): Judgement {
  const budget = 1 - objective;
  const rates = windows.map((window) => ({
    ...window,
    long: meanWithin(watched, at, window.longSeconds) / budget,
    short: meanWithin(watched, at, window.shortSeconds) / budget,
  }));
  const burning = rates.find(({ long, short, factor }) => long >= factor && short >= factor);
  if (burning) {
    const { long, longSeconds, short, shortSeconds } = burning;
    const pace = `${times(long)} over ${span(longSeconds)} and ${times(short)} over ${span(shortSeconds)}`;
    return {
      state: 'bad',
      since: at - shortSeconds,
      statement: `the error budget of ${Number((objective * 100).toFixed(4))} % burns at ${pace} the sustainable rate`,
    };
  }
  const known = rates.find(({ short }) => !Number.isNaN(short));
  if (!known) return { state: 'unknown', since: null, statement: 'no recent requests' };
  return {
    state: 'well',
    since: null,
    statement: `the error budget burns at ${times(known.short)} the sustainable rate`,
  };
}

/** Weighted mean of the samples of the last `seconds`; NaN when none of them counts. */
function meanWithin({ times: grid, values, weights }: Watched, at: number, seconds: number): number {
  const end = endAt(grid, at);
  const from = Math.max(0, end - Math.max(1, Math.round(seconds / (stepOf(grid) || seconds))));
  let sum = 0;
  let total = 0;
  for (let index = from; index < end; index += 1) {
    const value = values[index]!;
    const weight = weights === null ? 1 : weights[index]!;
    if (Number.isNaN(value) || !(weight > 0)) continue;
    sum += value * weight;
    total += weight;
  }
  return total === 0 ? NaN : sum / total;
}

function times(rate: number): string {
  return `${Number(rate.toPrecision(3))} times`;
}

function span(seconds: number): string {
  return seconds % 3600 === 0 ? `${seconds / 3600} h` : `${Number((seconds / 60).toFixed(1))} min`;
}

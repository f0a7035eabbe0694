import type { TimeUnit } from '../packs/schema.js';
import { isLong, speaksFor, timeUnitIn } from './words.js';

/*
 * Whether a metric is of time, and in which unit: by its name, else by the bounds of its buckets or by its values.
 */

/** Why a metric of that name is no latency of requests; null when it may be one. */
export function noLatency(words: readonly string[]): string | null {
  const isTimed = timeUnitIn(words) !== null || speaksFor('time', words);
  if (isLong(words)) return 'it counts minutes or longer: requests do not take so long';
  if (!isTimed) return 'nothing in its name says that it measures time';
  if (speaksFor('size', words) && timeUnitIn(words) === null) return 'its name says that it measures no time';
  if (speaksFor('inner', words)) return 'it times what a process does by itself, no requests';
  return null;
}

export interface UnitRead {
  unit: TimeUnit;
  why: string;
  doubts: string[];
}

/** The unit by the name, else by the bounds of buckets: those that people choose tell seconds from milliseconds. */
export function unitOf(words: readonly string[], bounds: readonly number[]): UnitRead | string {
  const named = timeUnitIn(words);
  if (named !== null) return { unit: named, why: `its name gives ${named}`, doubts: [] };
  const positive = bounds.filter((bound) => bound > 0);
  const [least, most] = [positive[0], positive.at(-1)];
  if (least === undefined || most === undefined)
    return 'neither its name nor bounds of buckets give its unit';
  const why = `its buckets end at ${least} to ${most}`;
  // Nobody's requests take less than 50 ms of a bound in milliseconds below one, nor more than 100 s by default.
  if (least <= 0.25 && most <= 120) return { unit: 's', why: `${why}: seconds`, doubts: [] };
  if (least >= 1 && most >= 500 && most <= 600_000) {
    return { unit: 'ms', why: `${why}: milliseconds`, doubts: ['its unit is read off its buckets'] };
  }
  if (least >= 10 && most > 600_000) {
    return { unit: 'us', why: `${why}: microseconds`, doubts: ['its unit is read off its buckets'] };
  }
  return `neither its name nor its buckets (${least} to ${most}) give its unit`;
}

export const SECONDS: Record<TimeUnit, string> = { s: '', ms: ' / 1e3', us: ' / 1e6', ns: ' / 1e9' };

/** The unit by the name, else by how large the values are; between 5 and 50 both units are plausible. */
export function unitOfLevel(words: readonly string[], level: number): UnitRead | string {
  const named = timeUnitIn(words);
  if (named !== null) return { unit: named, why: `its name gives ${named}`, doubts: [] };
  const doubts = ['its unit is read off its values'];
  if (level > 0 && level < 5) return { unit: 's', why: 'its values are small: seconds', doubts };
  if (level > 50 && level < 60_000) return { unit: 'ms', why: 'its values are large: milliseconds', doubts };
  return 'neither its name nor its values give its unit';
}

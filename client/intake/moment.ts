import { z } from 'zod';

/** The last second of the year 9999: what dates can write. */
const LAST = 253_402_300_799;

const DIVISORS = [
  // Nano-, micro- and milliseconds: no date of our time has so many seconds.
  [1e17, 1e9],
  [1e14, 1e6],
  [1e11, 1e3],
] as const;

/**
 * A foreign time in unix seconds: RFC 3339 (also with an offset without a colon), or seconds, milli-, micro- or
 * nanoseconds since 1970 as number or digits. Undefined for anything else, for times before 1970 and after 9999.
 */
export function secondsOf(value: unknown): number | undefined {
  if (typeof value === 'number') return inSeconds(value);
  if (typeof value !== 'string') return undefined;
  const text = value.trim();
  if (/^\d{1,19}(\.\d+)?$/.test(text)) return inSeconds(Number(text));
  if (!/^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d/.test(text) || text.length > 40) return undefined;
  return inSeconds(Date.parse(text.replace(/([+-]\d\d)(\d\d)$/, '$1:$2')) / 1000, 1);
}

function inSeconds(
  value: number,
  unit: number = DIVISORS.find(([least]) => value > least)?.[1] ?? 1,
): number | undefined {
  const seconds = value / unit;
  return seconds >= 0 && seconds <= LAST ? seconds : undefined;
}

/** A time in a payload, in any of the ways that `secondsOf` reads. */
export const moment = z.unknown().transform((value, context) => {
  const seconds = secondsOf(value);
  if (seconds !== undefined) return seconds;
  context.addIssue({ code: 'custom', message: 'expected a time' });
  return z.NEVER;
});

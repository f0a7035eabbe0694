import { BadInput } from '../errors.js';

const EXPECTED = 'expected a time: 10m, "2h ago", 10:42 (UTC), 2026-11-24T10:42:00Z, or seconds since 1970';

const DAY_SECONDS = 86_400;

/** Clocks that differ by this much are taken to agree. */
const CLOCK_SKEW_SECONDS = 60;

/**
 * Reads a moment as people write it, into unix seconds: an age (`10m`, `2h ago`), a time of day (the last such
 * time), a day (its beginning), ISO 8601, or unix seconds. Without a zone it is UTC, as in everything that Faultline prints.
 *
 * @param option what it was given for: `--since`
 * @throws BadInput that says what was expected; also for the future, in which nothing has begun yet.
 */
export async function readMoment(option: string, text: string, now: number): Promise<number> {
  const moment = unixSeconds(text) ?? (await spoken(text, now)) ?? (await spoken(`${text} ago`, now));
  if (moment === undefined || moment < 0) throw new BadInput(`${option}: ${EXPECTED}, got '${text}'`);
  if (moment > now + CLOCK_SKEW_SECONDS) {
    const written = new Date(moment * 1000).toISOString();
    throw new BadInput(`${option}: expected a time in the past, got '${text}' (${written})`);
  }
  return moment;
}

/** As `readMoment`, for an option that may be left out. */
export async function readOptionalMoment(
  option: string,
  text: string | undefined,
  now: number,
): Promise<number | undefined> {
  return text === undefined ? undefined : readMoment(option, text, now);
}

function unixSeconds(text: string): number | undefined {
  return /^\d{10}(\.\d+)?$/.test(text) ? Number(text) : undefined;
}

async function spoken(text: string, now: number): Promise<number | undefined> {
  const { parse } = await import('chrono-node');
  const trimmed = text.trim();
  const [found] = parse(trimmed, { instant: new Date(now * 1000), timezone: 'UTC' });
  if (found?.text !== trimmed) return undefined;
  const { start } = found;
  const seconds = start.date().getTime() / 1000;
  const hasDay = start.isCertain('day') || start.isCertain('weekday');
  if (!hasDay) return seconds > now ? seconds - DAY_SECONDS : seconds;
  // A day alone means its beginning.
  return start.isCertain('hour') ? seconds : seconds - (seconds % DAY_SECONDS);
}

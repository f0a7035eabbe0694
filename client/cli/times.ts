import { parse } from 'chrono-node';
import { InvalidArgumentError } from 'commander';

const EXPECTED = 'Expected a time: 10m, "2h ago", 10:42 (UTC), 2026-11-24T10:42:00Z, or seconds since 1970.';

const DAY_SECONDS = 86_400;

/**
 * Reads a moment as people write it, into unix seconds: an age (`10m`, `2h ago`), a time of day (the last such
 * time), a day (its beginning), ISO 8601, or unix seconds. Without a zone it is UTC, as in everything that Faultline prints.
 *
 * @throws InvalidArgumentError that says what was expected; also for the future, in which nothing has begun yet.
 */
export function readMoment(text: string, now: number): number {
  const moment = unixSeconds(text) ?? spoken(text, now) ?? spoken(`${text} ago`, now);
  if (moment === undefined || moment < 0) throw new InvalidArgumentError(EXPECTED);
  if (moment > now + 60) {
    throw new InvalidArgumentError(`It lies in the future (${new Date(moment * 1000).toISOString()}).`);
  }
  return moment;
}

function unixSeconds(text: string): number | undefined {
  return /^\d{10}(\.\d+)?$/.test(text) ? Number(text) : undefined;
}

function spoken(text: string, now: number): number | undefined {
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

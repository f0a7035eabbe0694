import pMap from 'p-map';
import type { Change } from '../../../model/change.js';
import type { Gap } from '../../../model/gap.js';
import { isOutage, SourceError } from '../metrics/source/errors.js';

/** Which changes are asked for; unix seconds. */
export interface ChangeWindow {
  from: number;
  to: number;
  /** When the alert began: of too many changes the nearest to it are kept. */
  alertTime: number;
}

export interface ChangesRead {
  changes: Change[];
  gaps: Gap[];
}

/** Takes what a source tells: what was read before a source failed is kept. */
export interface Found {
  add(change: Change): void;
  gap(gap: Gap): void;
}

export function isWithin({ from, to }: ChangeWindow, time: number): boolean {
  return time >= from && time <= to;
}

/**
 * What adds to a change and is not needed: its diff, its message. Null with a gap where the source refuses it.
 *
 * @throws SourceError when the source is away
 */
export async function ifGiven<T>(
  found: Found,
  source: string,
  what: string,
  asked: Promise<T>,
): Promise<T | null> {
  try {
    return await asked;
  } catch (error) {
    if (!(error instanceof SourceError) || isOutage(error)) throw error;
    found.gap({ source, what, reason: error.reason });
    return null;
  }
}

/** Repositories or projects asked at a time: forges ask their callers for few requests side by side. */
const CONCURRENCY = 2;

/**
 * Reads several places of one source. What one of them refuses is its own gap; when the source is away the rest is not
 * asked.
 *
 * @throws SourceError
 */
export async function eachPlace(
  source: string,
  places: readonly string[],
  found: Found,
  read: (place: string) => Promise<void>,
): Promise<void> {
  const outages: unknown[] = [];
  await pMap(
    places,
    async (place) => {
      if (outages.length > 0) return;
      try {
        await read(place);
      } catch (error) {
        if (error instanceof SourceError && !isOutage(error)) {
          found.gap({ source, what: `changes of ${place}`, reason: error.reason });
        } else outages.push(error);
      }
    },
    { concurrency: CONCURRENCY },
  );
  if (outages.length > 0) throw outages[0];
}

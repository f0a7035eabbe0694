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
  let outage: unknown = null;
  await pMap(
    places,
    async (place) => {
      if (outage !== null) return;
      try {
        await read(place);
      } catch (error) {
        if (error instanceof SourceError && !isOutage(error)) {
          found.gap({ source, what: `changes of ${place}`, reason: error.reason });
        } else outage ??= error;
      }
    },
    { concurrency: CONCURRENCY },
  );
  if (outage !== null) throw outage;
}

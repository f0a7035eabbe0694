import { createHash } from 'node:crypto';
import pMap from 'p-map';
import { change as changeSchema, reportedChange, type ReportedChange } from '../../../model/change.js';
import type { Gap } from '../../../model/gap.js';
import { safeChange } from '../../../report/safe-change.js';
import { parseJson, StoreError, type BlobStore } from '../../record/blob-store.js';
import type { Limits } from '../attempt.js';
import { gapOf } from '../gaps.js';
import type { ServiceNames } from '../scope/service-names.js';
import { nearestFirst } from './bounds.js';
import { isWithin, type ChangesRead, type ChangeWindow } from './source.js';

/*
 * Changes that were told to Faultline, in the store:
 *
 *     changes/ids/4f/4f0c...                                     the change, by what makes it one and the same
 *     changes/days/2026-11-30/s-checkout/1764500000-4f0c...      where it is found by day, service and time
 *
 * The change is written first and never replaced, so that telling it twice changes nothing.
 */

/** How gaps call them. */
export const REPORTED = 'reported changes';

export const CHANGES = 'changes/';
const DAY_SECONDS = 86_400;

/** Services with changes on one day that are looked through: ten list requests to S3. */
const MAX_FOLDERS = 10_000;
/** Changes of one service and day that are listed: a flag that is switched every 20 seconds. */
const MAX_LISTED = 5_000;
/** Changes that one diagnosis reads, those nearest to the alert: each is a request to S3. */
export const MAX_REPORTED = 200;
/** Days of a window that are looked through; a baseline of a week is the longest that is of use. */
const MAX_DAYS = 8;
const CONCURRENCY = 8;

/** Changes without a service, and of services whose names are too long for a key: read for every service. */
const SHARED_FOLDER = 'shared';
const LONGEST_FOLDER = 180;

/** Which reported changes are wanted. */
export interface ReportedQuestion {
  window: ChangeWindow;
  environment: string;
  /** The services whose changes are read, beside changes of no single one. */
  names: Pick<ServiceNames, 'resolve'>;
}

/** Keeps what pipelines, flags and people report of changes. */
export interface ReportedChanges {
  /** Keeps changes, without their secrets. One that is known already stays as it is. @throws StoreError */
  keep(changes: readonly ReportedChange[]): Promise<void>;
  /** Changes of an environment and of services within a window; what cannot be read is a gap. */
  read(question: ReportedQuestion, limits: Limits): Promise<ChangesRead>;
}

/** The reported changes of a store. */
export function reportedChangesIn(blobs: BlobStore): ReportedChanges {
  async function keep(one: ReportedChange): Promise<void> {
    const change = safeChange(one);
    const digest = identityOf(change);
    const isNew = await blobs.put(idKey(digest), Buffer.from(JSON.stringify(change)), { ifAbsent: true });
    // The second write of a repeat may be what an attempt before it did not get to.
    const kept = isNew ? change : ((await get(digest)) ?? change);
    await blobs.put(dayKey(kept, digest), Buffer.from(digest));
  }

  async function get(digest: string): Promise<ReportedChange | null> {
    const bytes = await blobs.get(idKey(digest));
    const parsed = reportedChange.safeParse(bytes && parseJson(bytes));
    return parsed.success ? parsed.data : null;
  }

  async function list(question: ReportedQuestion, { signal }: Limits, gaps: Gap[]): Promise<Listed[]> {
    const { window, names } = question;
    const found: Listed[] = [];
    for (const day of daysOf(window)) {
      const folders = await first(blobs.folders(`${CHANGES}days/${day}/`), MAX_FOLDERS);
      if (folders.isCut)
        gaps.push(cutGap(`changes of further services on ${day}`, `${MAX_FOLDERS} services a day`));
      for (const folder of folders.items) {
        signal.throwIfAborted();
        const service = serviceIn(folder);
        if (service !== null && names.resolve(service) === null) continue;
        const listed = await first(blobs.list(`${CHANGES}days/${day}/${folder}/`), MAX_LISTED);
        const whose = service ?? 'no single service';
        if (listed.isCut)
          gaps.push(cutGap(`further changes of ${whose} on ${day}`, `${MAX_LISTED} of a service and day`));
        found.push(...listed.items.flatMap(({ key }) => listedIn(key)));
      }
    }
    return found.filter(({ time }) => isWithin(window, time));
  }

  return {
    async keep(changes) {
      await pMap(changes, keep, { concurrency: CONCURRENCY });
    },

    async read(question, limits) {
      const gaps: Gap[] = [];
      try {
        const listed = nearestFirst(await list(question, limits, gaps), question.window.alertTime);
        if (listed.length > MAX_REPORTED) {
          const what = `${listed.length - MAX_REPORTED} of ${listed.length} changes`;
          gaps.push(cutGap(what, `${MAX_REPORTED}, those nearest to the alert,`));
        }
        const kept = await pMap(listed.slice(0, MAX_REPORTED), ({ digest }) => get(digest), {
          concurrency: CONCURRENCY,
          signal: limits.signal,
        });
        const isAsked = ({ environment }: ReportedChange) =>
          environment === null || environment === question.environment;
        // One whose object retention has just deleted is no more. The schema leaves out the environment.
        const changes = kept.filter((one) => one !== null).filter(isAsked);
        return { changes: changes.map((one) => changeSchema.parse(one)), gaps };
      } catch (error) {
        const gap =
          error instanceof StoreError
            ? { source: REPORTED, what: REPORTED, reason: error.message }
            : gapOf(error, limits, REPORTED, REPORTED);
        return { changes: [], gaps: [...gaps, gap] };
      }
    },
  };
}

interface Listed {
  time: number;
  digest: string;
}

function cutGap(what: string, most: string): Gap {
  return { source: REPORTED, what, reason: `a diagnosis looks through ${most} at most` };
}

/** The same id of the same source is another change in another environment and of another service. */
function identityOf({ source, environment, service, id }: ReportedChange): string {
  return createHash('sha256')
    .update(JSON.stringify([source, environment, service, id]))
    .digest('hex')
    .slice(0, 32);
}

function idKey(digest: string): string {
  return `${CHANGES}ids/${digest.slice(0, 2)}/${digest}`;
}

function dayKey({ time, service }: ReportedChange, digest: string): string {
  const seconds = String(Math.floor(time)).padStart(10, '0');
  return `${CHANGES}days/${dayOf(time)}/${folderOf(service)}/${seconds}-${digest}`;
}

function listedIn(key: string): Listed[] {
  const [, time, digest] = /\/(\d{10,12})-([0-9a-f]{32})$/.exec(key) ?? [];
  return time === undefined || digest === undefined ? [] : [{ time: Number(time), digest }];
}

function dayOf(unixSeconds: number): string {
  return new Date(unixSeconds * 1000).toISOString().slice(0, 10);
}

function daysOf({ from, to }: ChangeWindow): string[] {
  const firstDay = Math.floor(from / DAY_SECONDS);
  const days = Math.min(Math.floor(to / DAY_SECONDS) - firstDay + 1, MAX_DAYS);
  // Of a longer window the last days: a change hurts within hours.
  const start = Math.floor(to / DAY_SECONDS) - days + 1;
  return Array.from({ length: days }, (_, i) => dayOf((start + i) * DAY_SECONDS));
}

/** A service's name as a folder of the store, which takes letters, digits, dots and dashes. */
function folderOf(service: string | null): string {
  if (service === null) return SHARED_FOLDER;
  const bytes = [...Buffer.from(service)];
  const folder = bytes
    .map((byte) => {
      const char = String.fromCharCode(byte);
      return /[A-Za-z0-9.-]/.test(char) ? char : `_${byte.toString(16).padStart(2, '0')}`;
    })
    .join('');
  return folder.length > LONGEST_FOLDER ? SHARED_FOLDER : `s-${folder}`;
}

/** The service of a folder; null for changes of no single one. */
function serviceIn(folder: string): string | null {
  if (!folder.startsWith('s-')) return null;
  const percents = folder.slice(2).replaceAll('_', '%');
  try {
    return decodeURIComponent(percents);
  } catch {
    // No folder of ours: nothing of it is a service's name.
    return folder;
  }
}

/** The first of what is listed, and whether there are more. */
async function first<T>(listing: AsyncIterable<T>, most: number): Promise<{ items: T[]; isCut: boolean }> {
  const items: T[] = [];
  for await (const one of listing) {
    if (items.length === most) return { items, isCut: true };
    items.push(one);
  }
  return { items, isCut: false };
}

import type { Logger } from 'pino';
import type { RecordConfig } from '../../../config/record.js';
import type { IncidentRecord } from '../../../model/incident.js';
import type { BlobStore } from '../blob-store.js';
import { catchUp } from './catch-up.js';
import { forget, keepRevision } from './keep.js';
import { openRecord, type OpenRecord } from './open.js';

/** Keeps the database of the record beside the store. */
export interface RecordKeeper {
  /** Takes a revision that was stored, and returns at once. */
  note(record: IncidentRecord): void;
  /** Keeps what was noted, then closes the database. */
  close(): Promise<void>;
}

/**
 * How long a revision waits for others: a diagnosis in its first seconds has better uses of the machine than the
 * record, and a worker that diagnoses nothing opens no database.
 */
const GATHER_MS = 5_000;

/** How often the store is searched for revisions that were not kept: those of a worker that ended, or of a failure. */
const CATCH_UP_MS = 15 * 60 * 1000;

/** Revisions that wait at most; further ones are found in the store. */
const WAITING = 500;

const DAY = 24 * 3600;

/** Incidents that ended before are forgotten, unix seconds; 0 when none is. */
export function forgottenBefore({ retentionDays }: Pick<RecordConfig, 'retentionDays'>): number {
  return retentionDays === 0 ? 0 : Date.now() / 1000 - retentionDays * DAY;
}

/**
 * The store is what counts, and the database follows it: a failure is logged, and the next search of the store makes
 * up for it. So no diagnosis waits for the database or fails with it.
 */
export function startRecordKeeper(
  config: RecordConfig,
  blobs: BlobStore,
  log: Pick<Logger, 'info' | 'warn'>,
): RecordKeeper {
  if (!config.enabled) return { note: () => {}, close: async () => {} };
  const ending = new AbortController();
  const waiting: { record: IncidentRecord; savedAt: number }[] = [];
  let open: OpenRecord | null = null;
  let nextCatchUp = 0;
  let working: Promise<void> | null = null;
  let timer: NodeJS.Timeout | null = null;

  async function work(): Promise<void> {
    try {
      open ??= await openRecord(config);
      const { db } = open!;
      for (let one = waiting[0]; one; one = waiting[0]) {
        await keepRevision(db, one.record, one.savedAt);
        waiting.shift();
      }
      if (Date.now() < nextCatchUp || ending.signal.aborted) return;
      const since = forgottenBefore(config);
      await forget(db, since);
      const { kept, unreadable } = await catchUp(db, blobs, { since, signal: ending.signal });
      if (kept > 0) log.info({ kept }, 'revisions of the store were added to the record');
      if (unreadable.length > 0) log.warn({ unreadable }, 'records of the store cannot be read');
      nextCatchUp = Date.now() + CATCH_UP_MS;
    } catch (error) {
      if (ending.signal.aborted) return;
      log.warn({ error: String(error) }, 'the database of the record cannot be used: it follows later');
      await open?.close().catch(() => {});
      open = null;
      schedule(CATCH_UP_MS);
    }
  }

  function schedule(afterMs: number): void {
    if (timer || ending.signal.aborted) return;
    timer = setTimeout(() => {
      timer = null;
      working = (working ?? Promise.resolve()).then(work);
    }, afterMs);
    timer.unref();
  }

  return {
    note(record) {
      if (waiting.length < WAITING) waiting.push({ record, savedAt: Date.now() / 1000 });
      else nextCatchUp = 0;
      schedule(GATHER_MS);
    },
    async close() {
      ending.abort();
      if (timer) clearTimeout(timer);
      await working;
      if (waiting.length > 0 && open) await work();
      await open?.close().catch(() => {});
    },
  };
}

import type { IncidentRecord } from '../../model/incident.js';
import { threadPool } from '../thread-pool.js';
import type { StorePlace } from './open-store.js';

/** Makes the page of a record. */
export type MakePage = (record: IncidentRecord) => Promise<string>;

/** What crosses into the thread that draws pages. */
export interface PageTask {
  place: StorePlace;
  record: IncidentRecord;
}

/** Drawing takes part of a second. The limit is well within that of `saveRecord`, which goes on without plots then. */
const DEADLINE_MS = 10_000;

/**
 * Draws pages in a thread: a worker's event loop beats and polls meanwhile. `make` rejects after `deadlineMs`; `close`
 * ends the thread.
 */
export function startPageThread(
  place: StorePlace,
  deadlineMs = DEADLINE_MS,
): { make: MakePage; close: () => Promise<void> } {
  const thread = threadPool<PageTask, string>(new URL('./page-thread', import.meta.url), 1);
  return {
    make: (record) => thread.run({ place, record }, { signal: AbortSignal.timeout(deadlineMs) }),
    close: () => thread.close(),
  };
}

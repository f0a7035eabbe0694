import type { BlobStore } from '../blob-store.js';
import {
  newestFirst,
  parseRevisionKey,
  recordUri,
  RECORDS,
  revisionKey,
  type RevisionId,
} from '../record-keys.js';
import { parseRecord, RecordUnreadable } from '../records.js';
import { keepRevision } from './keep.js';
import type { RecordDb } from './schema.js';

/** What came of reading the store into the database. */
export interface CaughtUp {
  /** Revisions in the store. */
  stored: number;
  /** Those that were not in the database, and are now. */
  kept: number;
  /** Those that are damaged, or of another version of Faultline. */
  unreadable: string[];
}

export interface CatchUpOptions {
  /** Revisions that were saved before are forgotten ones (unix seconds). */
  since?: number;
  signal?: AbortSignal;
  /** Gets the number of revisions that were kept so far. */
  onProgress?: (kept: number) => void;
}

/** Damaged records that are named. */
const NAMED = 20;

/**
 * Keeps every revision of the store that the database does not have. It lists the store, a request for each 1,000
 * objects of an S3 store, and reads what is missing.
 * @throws StoreError, or the error of the database
 */
export async function catchUp(
  db: RecordDb,
  blobs: BlobStore,
  { since = 0, signal, onProgress }: CatchUpOptions = {},
): Promise<CaughtUp> {
  const known = new Set<string>();
  for (const { record_uri } of await db.selectFrom('revisions').select('record_uri').execute())
    known.add(record_uri);
  const result: CaughtUp = { stored: 0, kept: 0, unreadable: [] };
  const missing: { id: RevisionId; modifiedAt: number }[] = [];
  for await (const { key, modifiedAt } of blobs.list(RECORDS)) {
    const id = parseRevisionKey(key);
    if (!id || modifiedAt < since) continue;
    result.stored += 1;
    if (!known.has(recordUri(id))) missing.push({ id, modifiedAt });
  }
  // The newest of an incident first: the others then add nothing but themselves.
  for (const { id, modifiedAt } of newestFirst(missing)) {
    signal?.throwIfAborted();
    const problem = await keepStored(db, blobs, id, modifiedAt);
    if (problem === null) {
      result.kept += 1;
      onProgress?.(result.kept);
    } else if (result.unreadable.length < NAMED) result.unreadable.push(problem);
  }
  return result;
}

/** The problem of a revision that cannot be read; null for one that was kept, or deleted meanwhile. */
async function keepStored(
  db: RecordDb,
  blobs: BlobStore,
  id: RevisionId,
  savedAt: number,
): Promise<string | null> {
  const json = await blobs.get(revisionKey(id));
  if (json === null) return null;
  try {
    await keepRevision(db, parseRecord(json, recordUri(id)), savedAt);
    return null;
  } catch (error) {
    if (error instanceof RecordUnreadable) return error.message;
    throw error;
  }
}

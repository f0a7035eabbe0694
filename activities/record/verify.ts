import pMap from 'p-map';
import type { BlobStore } from './blob-store.js';
import { blobKey, blobsNamedIn, sha256 } from './evidence-store.js';
import { takeInventory } from './inventory.js';
import { recordUri } from './record-keys.js';
import { parseRecord } from './records.js';

/** Objects in memory at a time. */
const CONCURRENCY = 4;

/** More than so many have one cause. */
const MAX_PROBLEMS = 1000;

/** One object that is not as it was stored. */
export interface StoreProblem {
  key: string;
  problem: string;
}

export interface VerifyReport {
  /** Blobs whose digest was computed, and records that were read. */
  checked: { blobs: number; records: number };
  /** At most `MAX_PROBLEMS`. */
  problems: StoreProblem[];
}

/**
 * Reads the whole store: each blob must have the digest that its key says, each record must be readable, and each
 * blob that a record names must be there. Changes nothing.
 * @throws StoreError
 */
export async function verifyStore(blobs: BlobStore): Promise<VerifyReport> {
  const { evidence, documents, incidents } = await takeInventory(blobs);
  const problems: StoreProblem[] = [];
  const found = (key: string, problem: string): void => {
    if (problems.length < MAX_PROBLEMS) problems.push({ key, problem });
  };
  const blobKeys = [...evidence.keys(), ...documents.keys()];
  const revisions = incidents.flatMap((incident) => incident.revisions);

  const checkBlob = async (key: string): Promise<void> => {
    const bytes = await blobs.get(key);
    // Retention may delete it meanwhile.
    if (bytes && sha256(bytes) !== key.split('/').at(-1)) found(key, 'its content has another digest');
  };
  const checkRecord = async ({ key, id }: (typeof revisions)[number]): Promise<void> => {
    const json = await blobs.get(key);
    if (!json) return;
    try {
      parseRecord(json, recordUri(id));
    } catch (error) {
      found(key, error instanceof Error ? error.message : String(error));
    }
    for (const name of new Set(blobsNamedIn(json.toString('utf8')).map(blobKey))) {
      if (!evidence.has(name) && !documents.has(name))
        found(key, `it names ${name}, which is not in the store`);
    }
  };
  await pMap(blobKeys, checkBlob, { concurrency: CONCURRENCY });
  await pMap(revisions, checkRecord, { concurrency: CONCURRENCY });
  return { checked: { blobs: blobKeys.length, records: revisions.length }, problems };
}

import type { Logger } from 'pino';
import type { Config } from '../../config/schema.js';
import { storeId, type BlobStore } from './blob-store.js';
import { createEvidence, type EvidenceStore } from './evidence-store.js';
import { openBlobs } from './open-store.js';
import { startPageThread } from './page.js';
import { createRecords, type Records } from './records.js';
import { startRecordKeeper } from './database/keeper.js';
import { startRetention } from './retention-timer.js';
import { retentionRules } from './retention.js';

/** The store of a worker, which also keeps it small. */
export interface RunningStore {
  blobs: BlobStore;
  evidence: EvidenceStore;
  records: Records;
  /** Null when the store could not be used at the start. */
  id: string | null;
  /** Ends retention, the thread that draws pages and the record of past incidents. */
  close(): Promise<void>;
}

/**
 * Opens the store of the configuration, with a thread that draws pages and the timer of retention. A store that
 * cannot be used now is logged: activities try again.
 * @throws StoreError when credentials of an S3 store are missing
 */
export async function startStore(config: Config, log: Logger): Promise<RunningStore> {
  const blobs = openBlobs(config.store);
  let id: string | null = null;
  try {
    id = await storeId(blobs);
    log.info({ store: blobs.description, id }, 'evidence and records are kept here');
  } catch (error) {
    log.error({ error: String(error) }, 'the store cannot be used: summaries wait for it');
  }
  const pages = startPageThread(config.store);
  const retention = startRetention(blobs, retentionRules(config), log);
  const records = createRecords({
    blobs,
    reportsUrl: config.store.reportsUrl,
    makePage: pages.make,
    onPageLost: (error) => log.error({ error }, 'the page of an incident could not be made'),
  });
  const keeper = startRecordKeeper(config.record, blobs, log);
  return {
    blobs,
    evidence: createEvidence(blobs),
    records: {
      ...records,
      saveRecord: async (input) => {
        const saved = await records.saveRecord(input);
        keeper.note(input.record);
        return saved;
      },
    },
    id,
    close: async () => {
      await Promise.all([retention.stop(), pages.close(), keeper.close()]);
    },
  };
}

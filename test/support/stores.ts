import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openBlobs } from '../../activities/record/open-store.js';
import type { BlobStore } from '../../activities/record/blob-store.js';
import { store as storeSchema, type StoreConfig } from '../../config/store.js';
import { s3Store } from './s3-server.js';

/** A store of a test's own. */
export interface TestStore {
  /** Differs between tests; not used by the S3 store. */
  directory: string;
  config: StoreConfig;
  blobs: BlobStore;
}

export const STORE_KINDS = ['folder', 's3'] as const;

/**
 * Describes what must hold of every store: once on a folder, once on an S3 server. `store()` is the running test's
 * own, empty one.
 */
export function describeStores(
  title: string,
  tests: (store: () => TestStore, kind: (typeof STORE_KINDS)[number]) => void,
): void {
  for (const kind of STORE_KINDS) {
    describe(`${title} (${kind})`, () => {
      let current: TestStore;
      // The S3 server may have to be built.
      before(async function () {
        this.timeout(240_000);
        if (kind === 's3') await s3Store(this);
      });
      beforeEach(async function () {
        const directory = await mkdtemp(join(tmpdir(), 'faultline-store-'));
        const s3 = kind === 's3' ? await s3Store(this) : undefined;
        const config = storeSchema.parse({ directory: join(directory, 'store'), ...(s3 && { s3 }) });
        current = { directory: config.directory, config, blobs: openBlobs(config) };
      });
      afterEach(() => rm(join(current.directory, '..'), { recursive: true, force: true }));
      tests(() => current, kind);
    });
  }
}

/** Keys of everything in a store, sorted. */
export async function keysIn(blobs: BlobStore, prefix = ''): Promise<string[]> {
  const keys = [];
  for await (const { key } of blobs.list(prefix)) keys.push(key);
  return keys.sort();
}

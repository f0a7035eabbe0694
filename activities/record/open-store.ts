import type { StoreConfig } from '../../config/store.js';
import type { BlobStore } from './blob-store.js';
import { FolderBlobs } from './folder-blobs.js';
import { S3Blobs } from './s3-blobs.js';

/** What of the configuration says where the store is; plain data, also for threads. */
export type StorePlace = Pick<StoreConfig, 'directory' | 'publicReports' | 's3'>;

/**
 * Opens the store of the configuration; touches nothing yet.
 * @throws StoreError when credentials of an S3 store are missing
 */
export function openBlobs({ directory, publicReports, s3 }: StorePlace): BlobStore {
  return s3 ? new S3Blobs(s3) : new FolderBlobs(directory, publicReports);
}

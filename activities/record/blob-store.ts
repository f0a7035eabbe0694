import { randomUUID } from 'node:crypto';
import { z } from 'zod';

/** An object of the store. */
export interface BlobInfo {
  key: string;
  bytes: number;
  /** Unix seconds, by the clock of the store. */
  modifiedAt: number;
}

/**
 * Keeps bytes under keys such as `evidence/ab/ab12...`. An object appears whole or not at all, and a reader that
 * starts after a write has ended sees it, from any host. All methods reject with `StoreError` when the store cannot
 * be used.
 */
export interface BlobStore {
  /** The store in a message: `folder /var/lib/faultline`, `bucket faultline at https://s3.example`. */
  readonly description: string;

  /**
   * Writes an object.
   * @param options.ifAbsent does not replace an object that is there; of several writers one succeeds
   * @returns false when `ifAbsent` was given and the object is there
   */
  put(key: string, bytes: Buffer, options?: { ifAbsent?: boolean }): Promise<boolean>;

  /** Reads an object of at most `MAX_BLOB_BYTES`; null when there is none. */
  get(key: string): Promise<Buffer | null>;

  /** What is known of an object without reading it; null when there is none. */
  head(key: string): Promise<BlobInfo | null>;

  /** The objects whose keys begin with `prefix`, in no promised order. */
  list(prefix: string): AsyncIterable<BlobInfo>;

  /** Names of the folders directly below `folder` (`records/`), in no promised order. */
  folders(folder: string): AsyncIterable<string>;

  /** Deletes an object; one that is not there is no error. */
  delete(key: string): Promise<void>;

  /** Path or address of an object, for people. */
  locationOf(key: string): string;
}

/** The store cannot be used: the message says which setting or right to correct. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
}

/** Evidence of the largest scope is a few megabytes; an object that is larger fills the memory of a worker. */
export const MAX_BLOB_BYTES = 256 * 1024 * 1024;

/** @throws StoreError when an object is larger than `MAX_BLOB_BYTES` */
export function checkSize(key: string, bytes: number): void {
  if (bytes <= MAX_BLOB_BYTES) return;
  throw new StoreError(`${key}: expected at most ${MAX_BLOB_BYTES} bytes in one object, got ${bytes}`);
}

/** Segments begin with a letter, a digit or an underscore, so that no key leaves its folder. S3 allows 1,024 bytes. */
const KEY = /^(?:\w[\w.-]{0,200}\/){0,6}\w[\w.-]{0,200}$/;

/** @throws StoreError when the key could not be used in every store */
export function checkKey(key: string): void {
  if (!KEY.test(key)) throw new StoreError(`expected a key such as evidence/ab/ab12, got '${key}'`);
}

const ID_KEY = 'store.json';
const idFile = z.object({ id: z.string().regex(/^[0-9a-f]{8}$/) });

/**
 * The id of a store, eight hex digits, chosen when it is first used. Two workers with different ids do not share
 * their evidence and records.
 * @throws StoreError
 */
export async function storeId(blobs: BlobStore): Promise<string> {
  const existing = await readId(blobs);
  if (existing !== null) return existing;
  const id = randomUUID().slice(0, 8);
  const isOurs = await blobs.put(ID_KEY, Buffer.from(`${JSON.stringify({ id })}\n`), { ifAbsent: true });
  return isOurs ? id : ((await readId(blobs)) ?? id);
}

async function readId(blobs: BlobStore): Promise<string | null> {
  const bytes = await blobs.get(ID_KEY);
  if (bytes === null) return null;
  const parsed = idFile.safeParse(parseJson(bytes));
  if (parsed.success) return parsed.data.id;
  const place = blobs.locationOf(ID_KEY);
  throw new StoreError(`${place}: expected {"id": "<8 hex digits>"}; delete it, and the store gets a new id`);
}

/** The JSON in these bytes; undefined when they hold none. */
export function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}

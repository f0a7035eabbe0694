import { createHash } from 'node:crypto';
import type { Condition } from '../../model/condition.js';
import type { EvidenceRef } from '../../model/incident.js';
import type { Series } from '../../model/series.js';
import type { SliceTable } from '../../model/slices.js';
import type { LogTable, SpanTable } from '../../model/telemetry.js';
import { storeId, type BlobStore } from './blob-store.js';
import { decode, decodeTable, encode, encodeTable } from './evidence-format.js';

/** Evidence that is no series, by its kind. */
export interface Tables {
  logs: LogTable;
  spans: SpanTable;
  conditions: Condition[];
  slices: SliceTable;
}

/** Keeps what a diagnosis read, so that its report can be made again when the source has forgotten it. */
export interface EvidenceStore {
  /** Stores series; the same series stored twice are one blob. `about` says what they are, for people. */
  put(series: readonly Series[], about: string): Promise<EvidenceRef>;

  /** Reads series again. Throws `EvidenceMissing`, `EvidenceCorrupt` or `StoreError`. */
  get(uri: string): Promise<Series[]>;

  /** Stores a table of another kind of evidence; the same table stored twice is one blob. */
  putTable<K extends keyof Tables>(kind: K, table: Tables[K], about: string): Promise<EvidenceRef>;

  /** Reads such a table again. Throws as `get` does. */
  getTable<K extends keyof Tables>(kind: K, uri: string): Promise<Tables[K]>;

  /** Stores any bytes and answers their URI; the same bytes stored twice are one blob. */
  putBytes(bytes: Buffer): Promise<string>;

  /** Reads bytes again. Throws as `get` does. */
  getBytes(uri: string): Promise<Buffer>;
}

/** The store has no such blob: it was deleted, or the store is not the one that it was written to. */
export class EvidenceMissing extends Error {
  override readonly name = 'EvidenceMissing';

  constructor(uri: string, reason: string) {
    super(`evidence ${uri}: ${reason}`);
  }
}

/** The blob is not what was stored. */
export class EvidenceCorrupt extends Error {
  override readonly name = 'EvidenceCorrupt';

  constructor(uri: string, reason: string) {
    super(`evidence ${uri}: ${reason}`);
  }
}

/** Series, and everything else. Retention deletes the two by different rules. */
export type BlobKind = 'evidence' | 'documents';

/** A blob of this kind, by the SHA-256 of its bytes. */
export interface BlobId {
  kind: BlobKind;
  digest: string;
}

/** `evidence/<id of the store>/<SHA-256>` */
const URI = /^(evidence|documents)\/([0-9a-f]{8})\/([0-9a-f]{64})$/;
const URIS = /\b(evidence|documents)\/[0-9a-f]{8}\/([0-9a-f]{64})\b/g;

/** Two digits of the digest make a folder, so that no folder of a file system grows long. */
export const blobKey = ({ kind, digest }: BlobId): string => `${kind}/${digest.slice(0, 2)}/${digest}`;

/** Every blob whose URI stands in a text, such as the JSON of a record. */
export function blobsNamedIn(text: string): BlobId[] {
  return [...text.matchAll(URIS)].map(([, kind, digest]) => ({ kind: kind as BlobKind, digest: digest! }));
}

export const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/**
 * Retention deletes a blob that no record names a day after it was written. One that is stored again is written again
 * when it is older than this, so that it has its day again.
 */
const REWRITE_AFTER_SECONDS = 6 * 3600;

async function unpacked<T>(uri: string, bytes: Buffer, unpack: (bytes: Buffer) => Promise<T>): Promise<T> {
  try {
    return await unpack(bytes);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new EvidenceCorrupt(uri, `cannot be read: ${reason}`);
  }
}

/** The evidence of a store: each blob under the digest of its bytes, which is checked whenever it is read. */
export function createEvidence(blobs: BlobStore): EvidenceStore {
  let knownId: string | null = null;
  const ownId = async (): Promise<string> => (knownId ??= await storeId(blobs));

  async function write(kind: BlobKind, bytes: Buffer): Promise<{ uri: string; digest: string }> {
    const digest = sha256(bytes);
    const key = blobKey({ kind, digest });
    const existing = await blobs.head(key);
    const isFresh = existing && Date.now() / 1000 - existing.modifiedAt < REWRITE_AFTER_SECONDS;
    if (!isFresh) await blobs.put(key, bytes);
    return { uri: `${kind}/${await ownId()}/${digest}`, digest };
  }

  async function read(uri: string): Promise<Buffer> {
    const [, kind, store, digest] = URI.exec(uri) ?? [];
    if (kind === undefined || digest === undefined) {
      throw new EvidenceMissing(uri, 'expected evidence/<id of a store>/<SHA-256>');
    }
    const bytes = await blobs.get(blobKey({ kind: kind as BlobKind, digest }));
    if (bytes === null) throw new EvidenceMissing(uri, await whyMissing(store));
    const found = sha256(bytes);
    if (found !== digest) throw new EvidenceCorrupt(uri, `its content has the digest ${found}`);
    return bytes;
  }

  async function whyMissing(store: string | undefined): Promise<string> {
    const own = await ownId();
    return store === own
      ? `not in the store any more (${blobs.description}); was it deleted by hand or by store.retention?`
      : `it is in another store (id ${store}); this one is ${own} (${blobs.description}), ` +
          'and all workers must use the same store';
  }

  return {
    async put(series, about) {
      const frames: Buffer[] = [];
      for await (const frame of encode(series)) frames.push(frame);
      const bytes = Buffer.concat(frames);
      const { uri, digest } = await write('evidence', bytes);
      const summary = `${series.length} series of ${about}`;
      return { kind: 'series', uri, digest, bytes: bytes.length, summary };
    },

    async get(uri) {
      return unpacked(uri, await read(uri), decode);
    },

    async putTable(kind, table, about) {
      const bytes = await encodeTable(kind, table);
      return { kind, ...(await write('evidence', bytes)), bytes: bytes.length, summary: about };
    },

    async getTable<K extends keyof Tables>(kind: K, uri: string) {
      return (await unpacked(uri, await read(uri), (bytes) => decodeTable(kind, bytes))) as Tables[K];
    },

    putBytes: async (bytes) => (await write('documents', bytes)).uri,
    getBytes: read,
  };
}

import { createHash, randomUUID } from 'node:crypto';
import { access, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import type { EvidenceRef } from '../../model/incident.js';
import type { Series } from '../../model/series.js';
import { decode, encode } from './evidence-format.js';

/** Keeps what was seen: a run, its report and a later look read the same samples, also when the source forgot. */
export interface EvidenceStore {
  /** Stores series; the same series stored twice are one blob. `about` says what they are, for people. */
  put(series: readonly Series[], about: string): Promise<EvidenceRef>;

  /** Reads series again. Throws `EvidenceMissing` or `EvidenceCorrupt`. */
  get(uri: string): Promise<Series[]>;
}

/** The store has no such blob: it was cleaned up, or belongs to another store. */
export class EvidenceMissing extends Error {
  override readonly name = 'EvidenceMissing';

  constructor(readonly uri: string) {
    super(`evidence ${uri}: not in this store; was store.directory moved or cleaned?`);
  }
}

/** The blob is not what was stored. */
export class EvidenceCorrupt extends Error {
  override readonly name = 'EvidenceCorrupt';

  constructor(
    readonly uri: string,
    reason: string,
  ) {
    super(`evidence ${uri}: ${reason}`);
  }
}

const URI = /^evidence\/([0-9a-f]{64})$/;

/**
 * An evidence store in a folder. A blob's name is the SHA-256 of its bytes, checked at every reading; it appears
 * whole or not at all, so writers may race and die.
 */
export class FolderStore implements EvidenceStore {
  private readonly folder: string;

  constructor(directory: string) {
    this.folder = path.resolve(directory, 'evidence');
  }

  async put(series: readonly Series[], about: string): Promise<EvidenceRef> {
    await mkdir(this.folder, { recursive: true });
    const draft = path.join(this.folder, `.draft-${randomUUID()}`);
    try {
      const { digest, bytes } = await writeDraft(draft, series);
      const target = this.fileOf(digest);
      if (!(await exists(target))) {
        await mkdir(path.dirname(target), { recursive: true });
        await rename(draft, target);
      }
      return { uri: `evidence/${digest}`, digest, bytes, summary: `${series.length} series of ${about}` };
    } finally {
      await rm(draft, { force: true });
    }
  }

  async get(uri: string): Promise<Series[]> {
    const digest = URI.exec(uri)?.[1];
    if (!digest) throw new EvidenceMissing(uri);
    let file: Buffer;
    try {
      file = await readFile(this.fileOf(digest));
    } catch (error) {
      if (isMissing(error)) throw new EvidenceMissing(uri);
      throw error;
    }
    const found = createHash('sha256').update(file).digest('hex');
    if (found !== digest) throw new EvidenceCorrupt(uri, `its content has the digest ${found}`);
    try {
      return await decode(file);
    } catch (error) {
      throw new EvidenceCorrupt(uri, `cannot be read: ${error instanceof Error ? error.message : 'unknown'}`);
    }
  }

  /** Two digits of the digest make a folder: no folder grows long. */
  private fileOf(digest: string): string {
    return path.join(this.folder, digest.slice(0, 2), `${digest}.evidence`);
  }
}

async function writeDraft(
  file: string,
  series: readonly Series[],
): Promise<{ digest: string; bytes: number }> {
  const hash = createHash('sha256');
  let bytes = 0;
  const handle = await open(file, 'wx');
  try {
    for await (const chunk of encode(series)) {
      hash.update(chunk);
      bytes += chunk.length;
      await handle.write(chunk);
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
  return { digest: hash.digest('hex'), bytes };
}

async function exists(file: string): Promise<boolean> {
  try {
    await access(file);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

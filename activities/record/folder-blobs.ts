import { randomUUID } from 'node:crypto';
import { chmod, link, mkdir, open, readdir, readFile, rename, rm, rmdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { checkKey, checkSize, StoreError, type BlobInfo, type BlobStore } from './blob-store.js';

/** Unfinished files; those of a process that died are deleted by retention. */
const DRAFTS = 'drafts';

/** What `publicReports` opens to other users of the machine. */
const PUBLIC = /^incidents(\/|$)/;

/** The folder of an object may be deleted, as empty, between its creation and the rename into it. */
const WRITE_ATTEMPTS = 5;

/**
 * Objects as files. Files are readable by their owner only (0600, folders 0700). With `publicReports` everybody may
 * read what is below `incidents`, and pass through the folder itself.
 */
export class FolderBlobs implements BlobStore {
  readonly description: string;
  private readonly root: string;

  constructor(
    directory: string,
    private readonly publicReports = false,
  ) {
    this.root = path.resolve(directory);
    this.description = `folder ${this.root}`;
  }

  async put(key: string, bytes: Buffer, { ifAbsent = false } = {}): Promise<boolean> {
    checkKey(key);
    checkSize(key, bytes.length);
    const draft = path.join(this.root, DRAFTS, randomUUID());
    return this.guarded('write', async () => {
      await this.makeFolder(DRAFTS);
      try {
        await writeDraft(draft, bytes, this.isPublic(key) ? 0o644 : 0o600);
        return await this.moveInto(key, draft, ifAbsent);
      } finally {
        await rm(draft, { force: true });
      }
    });
  }

  async get(key: string): Promise<Buffer | null> {
    checkKey(key);
    return this.guarded('read', async () => {
      try {
        const file = this.locationOf(key);
        checkSize(key, (await stat(file)).size);
        return await readFile(file);
      } catch (error) {
        return nullIfMissing(error);
      }
    });
  }

  async head(key: string): Promise<BlobInfo | null> {
    checkKey(key);
    return this.guarded('read', async () => {
      try {
        const { size, mtimeMs } = await stat(this.locationOf(key));
        return { key, bytes: size, modifiedAt: mtimeMs / 1000 };
      } catch (error) {
        return nullIfMissing(error);
      }
    });
  }

  async *list(prefix: string): AsyncGenerator<BlobInfo> {
    for await (const key of this.keysBelow(prefix.slice(0, prefix.lastIndexOf('/') + 1))) {
      if (!key.startsWith(prefix)) continue;
      // A file that is deleted meanwhile is not listed.
      const info = await this.head(key);
      if (info) yield info;
    }
  }

  async *folders(folder: string): AsyncGenerator<string> {
    for (const entry of await this.entriesOf(folder)) if (entry.isDirectory()) yield entry.name;
  }

  async delete(key: string): Promise<void> {
    checkKey(key);
    await this.guarded('delete', async () => {
      await rm(this.locationOf(key), { force: true });
      for (let folder = path.posix.dirname(key); folder !== '.'; folder = path.posix.dirname(folder)) {
        if (!(await removedAsEmpty(path.join(this.root, folder)))) return;
      }
    });
  }

  locationOf(key: string): string {
    return path.join(this.root, key);
  }

  private isPublic(key: string): boolean {
    return this.publicReports && PUBLIC.test(key);
  }

  private async *keysBelow(folder: string): AsyncGenerator<string> {
    for (const entry of await this.entriesOf(folder)) {
      const key = `${folder}${entry.name}`;
      if (entry.isDirectory()) yield* this.keysBelow(`${key}/`);
      // Other files, such as .nfs0001 of an NFS client, are not objects of the store.
      else if (entry.isFile() && /^\w/.test(entry.name)) yield key;
    }
  }

  private async entriesOf(folder: string) {
    return this.guarded('list', async () => {
      try {
        return await readdir(path.join(this.root, folder), { withFileTypes: true });
      } catch (error) {
        nullIfMissing(error);
        return [];
      }
    });
  }

  private async moveInto(key: string, draft: string, ifAbsent: boolean): Promise<boolean> {
    const target = this.locationOf(key);
    for (let attempt = 1; ; attempt += 1) {
      await this.makeFolder(path.posix.dirname(key));
      try {
        if (!ifAbsent) await rename(draft, target);
        // Unlike rename, link fails when the file is there.
        else await link(draft, target);
        return true;
      } catch (error) {
        const code = codeOf(error);
        if (ifAbsent && code === 'EEXIST') return false;
        if (code !== 'ENOENT' || attempt === WRITE_ATTEMPTS) throw error;
      }
    }
  }

  /** Makes a folder of the store, given by its key, and those above it, each with the mode that belongs to it. */
  private async makeFolder(folder: string): Promise<void> {
    await mkdir(path.dirname(this.root), { recursive: true });
    let at = '.';
    for (const name of ['.', ...folder.split('/')]) {
      at = path.posix.join(at, name);
      const traversable = this.publicReports && at === '.' ? 0o711 : 0o700;
      await makeOne(path.join(this.root, at), this.isPublic(at) ? 0o755 : traversable);
    }
  }

  private async guarded<T>(verb: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const code = codeOf(error);
      if (error instanceof StoreError || code === null) throw error;
      throw new StoreError(
        `store.directory: cannot ${verb} in ${this.root}: ${REASONS[code] ?? `the system answers ${code}`}`,
        { cause: error },
      );
    }
  }
}

const REASONS: Record<string, string> = {
  EACCES: 'this user has no right to; run every worker as one user, or choose another store.directory',
  EPERM:
    'the system does not permit it: the folder must belong to this user, on a file system with hard links',
  ENOTSUP: 'the file system does not allow hard links, which the store needs; choose another store.directory',
  EROFS: 'the file system is read-only; choose another store.directory',
  ENOSPC: 'the disk is full; make room, or lower store.retention.maxBytes',
  EDQUOT: 'the quota is used up; make room, or lower store.retention.maxBytes',
  ENOTDIR: 'a part of the path is a file; choose another store.directory',
  EEXIST: 'a part of the path is a file; choose another store.directory',
};

async function writeDraft(file: string, bytes: Buffer, mode: number): Promise<void> {
  const handle = await open(file, 'wx', 0o600);
  try {
    await handle.writeFile(bytes);
    // Not by open, whose mode the umask lowers.
    if (mode !== 0o600) await handle.chmod(mode);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function makeOne(folder: string, mode: number): Promise<void> {
  try {
    await mkdir(folder, { mode: 0o700 });
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
    const found = await stat(folder);
    if (!found.isDirectory()) throw error;
    // A folder that is open further than needed was made so by an administrator.
    if ((found.mode & mode) === mode) return;
  }
  if (mode !== 0o700) await chmod(folder, mode);
}

async function removedAsEmpty(folder: string): Promise<boolean> {
  try {
    await rmdir(folder);
    return true;
  } catch {
    // It holds other objects, or is gone already.
    return false;
  }
}

function nullIfMissing(error: unknown): null {
  if (codeOf(error) === 'ENOENT') return null;
  throw error;
}

function codeOf(error: unknown): string | null {
  return error instanceof Error && 'code' in error ? String(error.code) : null;
}

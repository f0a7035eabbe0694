import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import lockfile from 'proper-lockfile';
import type { Logger } from 'pino';

const UPDATE_MS = 1000;
/** A lock that nobody has touched for so long is a dead process's. */
const STALE_MS = 10_000;
/** The same when its process is known to be gone: time enough for the server to follow it (tether.ts). */
const ORPHAN_STALE_MS = 3000;

interface Owner {
  pid: number;
  address: string;
}

/**
 * Makes this process the only one to run a server on the file: SQLite would let two of them in, and each would
 * spoil the other's work. Returns the function that gives the file back,
 * which may be called again.
 *
 * A lock left by a process that was killed is taken over within seconds.
 * @throws Error that names who holds the file.
 */
export async function lockDatabase(
  file: string,
  address: string,
  log: Pick<Logger, 'info' | 'warn'>,
): Promise<() => Promise<void>> {
  await mkdir(dirname(file), { recursive: true });
  const ownerFile = `${file}.owner.json`;
  const owner = await readOwner(ownerFile);
  const orphaned = owner !== null && !isAlive(owner.pid);
  if (orphaned) log.info(`${file} was left by process ${owner.pid}, which is gone: taking it over`);
  try {
    const release = await lockfile.lock(file, {
      realpath: false,
      stale: orphaned ? ORPHAN_STALE_MS : STALE_MS,
      update: UPDATE_MS,
      retries: orphaned ? { retries: 40, factor: 1, minTimeout: 250, maxTimeout: 250 } : 0,
      onCompromised: (error) => log.warn({ err: error }, `the lock of ${file} was lost`),
    });
    await writeFile(ownerFile, JSON.stringify({ pid: process.pid, address } satisfies Owner));
    let released: Promise<void> | undefined;
    return () => {
      released ??= rm(ownerFile, { force: true }).then(() => release());
      return released;
    };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ELOCKED') throw error;
    const holder = await readOwner(ownerFile);
    const who = holder === null ? 'another process' : `process ${holder.pid} (Temporal at ${holder.address})`;
    throw new Error(`${file} is in use by ${who}: stop that one, use it, or choose another file.`, {
      cause: error,
    });
  }
}

async function readOwner(ownerFile: string): Promise<Owner | null> {
  try {
    return JSON.parse(await readFile(ownerFile, 'utf8')) as Owner;
  } catch {
    return null;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

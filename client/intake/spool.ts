import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import lockfile from 'proper-lockfile';
import type { Logger } from 'pino';
import writeFileAtomic from 'write-file-atomic';
import { z } from 'zod';
import { anomaly, type Anomaly } from '../../model/anomaly.js';
import { withoutSecrets } from '../../report/mask.js';
import { Overloaded, TemporalUnavailable } from '../errors.js';
import type { Incidents } from '../incidents.js';

export interface SpoolOptions {
  directory: string;
  /** Beyond so much on disk, senders are told to come back. */
  maxBytes: number;
  log: Pick<Logger, 'info' | 'warn' | 'error'>;
  /** Pause after a delivery that failed. @default 2000 */
  againMilliseconds?: number | undefined;
}

/** A door to Temporal that keeps signals on disk while Temporal is away. */
export interface Spool extends Pick<Incidents, 'raise'> {
  /** Signals that wait on disk. */
  waiting(): number;
  /** Stops delivering; what waits stays on disk for the next start. */
  close(): Promise<void>;
}

interface Entry {
  name: string;
  bytes: number;
  anomalies: number;
}

/** One delivery takes as long as Temporal may take for a batch; nobody waits for it. */
const DELIVERY_TIMEOUT_SECONDS = 10;
const DIGITS = 12;

const batch = z.array(anomaly);

/**
 * Opens the spool of a directory, and delivers what an earlier process left there.
 *
 * `raise` hands signals to Temporal as long as it takes them. When it does not, they are written and synced to disk, and
 * only then does `raise` resolve. As long as anything waits, what comes later waits behind it, so that an end never
 * overtakes its beginning. A batch that is delivered twice, because we died in between, does no harm: triage knows
 * repeats. `Overloaded` when the disk's share is full.
 *
 * @throws Error when another process holds the directory.
 */
export async function openSpool(
  incidents: Pick<Incidents, 'raise'>,
  { directory, maxBytes, log, againMilliseconds = 2000 }: SpoolOptions,
): Promise<Spool> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const release = await lockedBy(directory);
  const queue = await left(directory);
  let next = Number(queue.at(-1)?.name.slice(0, DIGITS) ?? 0) + 1;
  let bytes = queue.reduce((sum, entry) => sum + entry.bytes, 0);
  const closing = new AbortController();
  let delivering: Promise<void> | null = null;
  // One write after the other: the names tell the order.
  let writing: Promise<unknown> = Promise.resolve();

  function deliver(): void {
    delivering ??= deliverAll().finally(() => (delivering = null));
  }

  async function deliverAll(): Promise<void> {
    for (;;) {
      const entry = queue[0];
      if (!entry || closing.signal.aborted) return;
      const anomalies = await readBatch(directory, entry, log);
      try {
        if (anomalies) await incidents.raise(anomalies, { timeoutSeconds: DELIVERY_TIMEOUT_SECONDS });
      } catch (error) {
        log.warn(
          { waiting: waiting(), error: String(error) },
          'signals wait on disk: Temporal does not take them',
        );
        await sleep(againMilliseconds, undefined, { signal: closing.signal }).catch(() => undefined);
        continue;
      }
      if (anomalies) await rm(join(directory, entry.name), { force: true });
      queue.shift();
      bytes -= entry.bytes;
      if (queue.length === 0) log.info('all signals that waited on disk are delivered');
    }
  }

  async function write(anomalies: Anomaly[]): Promise<void> {
    const text = JSON.stringify(anomalies.map(withoutSecrets));
    const size = Buffer.byteLength(text);
    if (bytes + size > maxBytes) {
      throw new Overloaded(`${waiting()} signals wait on disk already (webhook.spool.maxBytes)`);
    }
    const name = `${String(next).padStart(DIGITS, '0')}.json`;
    next += 1;
    bytes += size;
    try {
      await writeFileAtomic(join(directory, name), text, { mode: 0o600, fsync: true });
      await syncFolder(directory);
    } catch (error) {
      bytes -= size;
      throw new TemporalUnavailable('Temporal does not answer, and the spool cannot be written', {
        cause: error,
      });
    }
    queue.push({ name, bytes: size, anomalies: anomalies.length });
    deliver();
  }

  const waiting = (): number => queue.reduce((sum, entry) => sum + entry.anomalies, 0);
  if (queue.length > 0) {
    log.info({ waiting: waiting() }, 'delivering the signals that an earlier process left on disk');
    deliver();
  }

  return {
    async raise(anomalies, options) {
      if (queue.length === 0) {
        try {
          await incidents.raise(anomalies, options);
          return;
        } catch (error) {
          if (!(error instanceof TemporalUnavailable)) throw error;
        }
      }
      const written = writing.then(() => write(anomalies));
      writing = written.catch(() => undefined);
      await written;
    },
    waiting,
    async close() {
      closing.abort();
      await delivering;
      await writing;
      await release();
    },
  };
}

/** Two processes that deliver from one folder would bring its order apart. */
async function lockedBy(directory: string): Promise<() => Promise<void>> {
  try {
    return await lockfile.lock(directory, {
      stale: 10_000,
      update: 2_000,
      retries: { retries: 6, minTimeout: 2_000, factor: 1 },
    });
  } catch (error) {
    throw new Error(
      `webhook.spool.directory: ${directory} is in use by another receiver; each needs a folder of its own`,
      { cause: error },
    );
  }
}

/** What an earlier process left, oldest first. */
async function left(directory: string): Promise<Entry[]> {
  const names = (await readdir(directory)).filter((name) => /^\d{12}\.json$/.test(name)).sort();
  return Promise.all(
    names.map(async (name) => {
      const file = join(directory, name);
      const { size } = await stat(file);
      const parsed = batch.safeParse(parsedOrNull(await readFile(file, 'utf8')));
      return { name, bytes: size, anomalies: parsed.data?.length ?? 0 };
    }),
  );
}

/** Null when the file is not what was written: it is put aside, for a person to look at, and the rest goes on. */
async function readBatch(
  directory: string,
  entry: Entry,
  log: SpoolOptions['log'],
): Promise<Anomaly[] | null> {
  const file = join(directory, entry.name);
  const parsed = batch.safeParse(parsedOrNull(await readFile(file, 'utf8')));
  if (parsed.success) return parsed.data;
  await rename(file, `${file}.unreadable`);
  log.error({ file: `${file}.unreadable` }, 'a file of the spool cannot be read and was put aside');
  return null;
}

function parsedOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** A new name in a folder is durable when the folder is. */
async function syncFolder(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

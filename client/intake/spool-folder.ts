import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import lockfile from 'proper-lockfile';
import writeFileAtomic from 'write-file-atomic';
import { z } from 'zod';
import { anomaly, type Anomaly } from '../../model/anomaly.js';

/** A file of the spool: alerts of one post and one environment. */
export interface SpoolFile {
  name: string;
  bytes: number;
  anomalies: number;
  environment: string;
  /** When it was written, unix milliseconds. */
  since: number;
}

/** Why a file is not delivered; the end of its name. */
export type AsideReason = 'unreadable' | 'refused';

const DIGITS = 12;
const BATCH = /^\d{12}\.json$/;
const ASIDE = /^\d{12}\.json\.(unreadable|refused)$/;
/** Files put aside that are kept for a person to examine; the oldest goes first. */
const MAX_ASIDE = 100;
const batch = z.array(anomaly).min(1);

/** The folder of a spool: numbered files, one for each batch of alerts, which tell the order. */
export class SpoolFolder {
  private next = 1;

  private constructor(
    private readonly directory: string,
    private readonly unlock: () => Promise<void>,
  ) {}

  /**
   * Takes a folder for this process alone: two that deliver from one folder would bring its order apart.
   *
   * @param onLost another process has taken the folder while this one was stopped
   * @throws Error when another process holds it
   */
  static async open(directory: string, onLost: (error: Error) => void): Promise<SpoolFolder> {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    try {
      const unlock = await lockfile.lock(directory, {
        stale: 10_000,
        update: 2_000,
        retries: { retries: 6, minTimeout: 2_000, factor: 1 },
        // The default throws in a timer, which ends the process.
        onCompromised: onLost,
      });
      return new SpoolFolder(directory, unlock);
    } catch (error) {
      throw new Error(
        `webhook.spool.directory: ${directory} is in use by another receiver; each needs a folder of its own`,
        { cause: error },
      );
    }
  }

  /** What an earlier process left, oldest first. `skipped` gets each file that cannot be read now, which stays. */
  async left(skipped: (name: string, error: unknown) => void): Promise<SpoolFile[]> {
    const names = (await readdir(this.directory)).filter((name) => BATCH.test(name)).sort();
    this.next = Number(names.at(-1)?.slice(0, DIGITS) ?? 0) + 1;
    const files: SpoolFile[] = [];
    for (const name of names) {
      try {
        const { size: bytes, mtimeMs: since } = await stat(join(this.directory, name));
        const anomalies = await this.read(name);
        if (anomalies === null) await this.putAside(name, 'unreadable');
        else {
          const [{ environment }] = anomalies;
          files.push({ name, bytes, anomalies: anomalies.length, environment, since });
        }
      } catch (error) {
        skipped(name, error);
      }
    }
    return files;
  }

  /** Writes a batch durably. @throws when the disk does not take it */
  async write(text: string, about: Pick<SpoolFile, 'anomalies' | 'environment'>): Promise<SpoolFile> {
    const name = `${String(this.next).padStart(DIGITS, '0')}.json`;
    this.next += 1;
    await writeFileAtomic(join(this.directory, name), text, { mode: 0o600, fsync: true });
    await this.sync();
    return { name, bytes: Buffer.byteLength(text), since: Date.now(), ...about };
  }

  /** The alerts of a file; null when it is not what was written. */
  async read(name: string): Promise<[Anomaly, ...Anomaly[]] | null> {
    const parsed = batch.safeParse(parsedOrNull(await readFile(join(this.directory, name), 'utf8')));
    return parsed.success ? (parsed.data as [Anomaly, ...Anomaly[]]) : null;
  }

  async remove(name: string): Promise<void> {
    await rm(join(this.directory, name), { force: true });
  }

  /** Leaves a file out of the deliveries, for a person to examine. */
  async putAside(name: string, reason: AsideReason): Promise<void> {
    await rename(join(this.directory, name), join(this.directory, `${name}.${reason}`));
    const aside = (await readdir(this.directory)).filter((one) => ASIDE.test(one)).sort();
    for (const old of aside.slice(0, -MAX_ASIDE)) await this.remove(old);
  }

  async close(): Promise<void> {
    await this.unlock();
  }

  /** A new name in a folder is durable when the folder is. */
  private async sync(): Promise<void> {
    const handle = await open(this.directory, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  }
}

function parsedOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

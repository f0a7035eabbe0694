import { setTimeout as sleep } from 'node:timers/promises';
import { group } from 'd3-array';
import type { Logger } from 'pino';
import type { Anomaly } from '../../model/anomaly.js';
import { Overloaded, TemporalUnavailable } from '../errors.js';
import type { Incidents } from '../incidents.js';
import { SpoolFolder, type AsideReason, type SpoolFile } from './spool-folder.js';

export interface SpoolOptions {
  directory: string;
  /** Beyond so much on disk, senders are told to come back. */
  maxBytes: number;
  log: Pick<Logger, 'info' | 'warn' | 'error'>;
  /** Pause after a delivery that failed. @default 2000 */
  againMilliseconds?: number | undefined;
}

export interface SpoolStatus {
  /** Alerts that wait on disk. */
  waiting: number;
  /** How long the oldest of them waits; 0 when none does. */
  oldestSeconds: number;
  /** Batches that were left out of the deliveries since the start. */
  putAside: Record<AsideReason, number>;
  /** Another process has the folder: nothing is written or delivered until a restart. */
  isLost: boolean;
}

/** Hands alerts to Temporal, and keeps them on disk while Temporal is away. */
export interface Spool extends Pick<Incidents, 'raise'> {
  status(): SpoolStatus;
  /** Stops delivering; what waits stays on disk for the next start. */
  close(): Promise<void>;
}

/** One delivery takes as long as Temporal may take for a batch; no sender waits for it. */
const DELIVERY_TIMEOUT_SECONDS = 10;
/** How often a batch is tried that Temporal refuses, or that cannot be read, before it is put aside. */
const MAX_TRIES = 5;
/** Every queue tries again every few seconds; the log gets one warning for all of them. */
const WARN_EVERY_MS = 30_000;

/**
 * Opens the spool of a directory, and delivers what an earlier process left there.
 *
 * `raise` hands alerts to Temporal as long as it takes them. When it does not, they are written and synced to disk, and
 * only then does `raise` resolve. There is a queue for each environment: as long as anything of an environment waits,
 * what comes later for it waits behind, so that an end never overtakes its beginning. A batch that is delivered twice,
 * because we died in between, does no harm: triage knows repeats. A batch that Temporal refuses five times for another
 * reason than being away is put aside. `Overloaded` when the disk's share is full.
 *
 * @throws Error when another process holds the directory.
 */
export async function openSpool(incidents: Pick<Incidents, 'raise'>, options: SpoolOptions): Promise<Spool> {
  const spool = new FolderSpool(incidents, options);
  await spool.open();
  return spool;
}

class FolderSpool implements Spool {
  private readonly queues = new Map<string, SpoolFile[]>();
  private readonly delivering = new Map<string, Promise<void>>();
  private readonly putAside = { unreadable: 0, refused: 0 };
  private readonly closing = new AbortController();
  private folder: SpoolFolder | null = null;
  private isLost = false;
  /** No warning before, on the monotonic clock. */
  private silentUntil = 0;
  private bytes = 0;
  /** One write after the other: the names tell the order. */
  private writing: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly incidents: Pick<Incidents, 'raise'>,
    private readonly options: SpoolOptions,
  ) {}

  async open(): Promise<void> {
    const { directory, log } = this.options;
    this.folder = await SpoolFolder.open(directory, (error) => {
      this.isLost = true;
      log.error(
        { error: String(error) },
        'another process has taken the folder of the spool; restart the receiver',
      );
    });
    const left = await this.folder.left((name, error) => {
      log.error(
        { file: name, error: String(error) },
        'a file of the spool cannot be read now and stays there',
      );
    });
    for (const file of left) this.enqueue(file);
    if (left.length > 0) {
      log.info(
        { waiting: this.status().waiting },
        'delivering the alerts that an earlier process left on disk',
      );
    }
  }

  async raise(anomalies: Anomaly[], options: { timeoutSeconds: number }): Promise<void> {
    const parts = [...group(anomalies, ({ environment }) => environment)];
    await Promise.all(parts.map(([environment, part]) => this.raiseIn(environment, part, options)));
  }

  status(): SpoolStatus {
    const files = [...this.queues.values()].flat();
    const oldest = files.reduce((since, file) => Math.min(since, file.since), Infinity);
    return {
      waiting: files.reduce((sum, file) => sum + file.anomalies, 0),
      oldestSeconds: files.length === 0 ? 0 : Math.max(0, (Date.now() - oldest) / 1000),
      putAside: { ...this.putAside },
      isLost: this.isLost,
    };
  }

  async close(): Promise<void> {
    this.closing.abort();
    await Promise.all(this.delivering.values());
    await this.writing;
    // A lock that was lost is another's.
    if (!this.isLost) await this.folder?.close();
  }

  private async raiseIn(environment: string, anomalies: Anomaly[], options: { timeoutSeconds: number }) {
    if (!this.queues.has(environment)) {
      try {
        await this.incidents.raise(anomalies, options);
        return;
      } catch (error) {
        if (!(error instanceof TemporalUnavailable)) throw error;
      }
    }
    const written = this.writing.then(() => this.write(environment, anomalies));
    this.writing = written.catch(() => undefined);
    await written;
  }

  private async write(environment: string, anomalies: Anomaly[]): Promise<void> {
    const text = JSON.stringify(anomalies);
    if (this.bytes + Buffer.byteLength(text) > this.options.maxBytes) {
      throw new Overloaded(`${this.status().waiting} alerts wait on disk already (webhook.spool.maxBytes)`);
    }
    if (this.folder === null || this.isLost) {
      throw new TemporalUnavailable('Temporal does not answer, and another process has taken the spool');
    }
    try {
      this.enqueue(await this.folder.write(text, { anomalies: anomalies.length, environment }));
    } catch (error) {
      throw new TemporalUnavailable('Temporal does not answer, and the spool cannot be written', {
        cause: error,
      });
    }
  }

  private enqueue(file: SpoolFile): void {
    this.bytes += file.bytes;
    const { environment } = file;
    const queue = this.queues.get(environment);
    if (queue) queue.push(file);
    else this.queues.set(environment, [file]);
    if (!this.delivering.has(environment)) this.delivering.set(environment, this.deliverAll(environment));
  }

  private async deliverAll(environment: string): Promise<void> {
    let tries = 0;
    for (;;) {
      const file = this.queues.get(environment)?.[0];
      if (!file || this.closing.signal.aborted || this.isLost) {
        this.delivering.delete(environment);
        return;
      }
      try {
        await this.deliver(file);
        tries = 0;
        this.dequeue(file);
      } catch (error) {
        if (!(error instanceof TemporalUnavailable)) tries += 1;
        if (tries >= MAX_TRIES) {
          tries = 0;
          await this.setAside(file, 'refused', error);
        } else await this.pause(file, error);
      }
    }
  }

  /** @throws when the file cannot be read, or Temporal does not take it */
  private async deliver(file: SpoolFile): Promise<void> {
    const anomalies = await this.folder?.read(file.name).catch((error: unknown) => {
      // Removed by hand, or by a process that had the folder for a while: there is nothing left to deliver.
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
      throw error;
    });
    if (anomalies === undefined) {
      this.options.log.error(
        { file: file.name },
        'a file of the spool has gone; its alerts are not delivered',
      );
      return;
    }
    if (anomalies === null) {
      await this.setAside(file, 'unreadable', 'not what was written');
      return;
    }
    await this.incidents.raise(anomalies, { timeoutSeconds: DELIVERY_TIMEOUT_SECONDS });
    await this.folder?.remove(file.name).catch((error: unknown) => {
      this.options.log.error(
        { file: file.name, error: String(error) },
        'a delivered file of the spool cannot be removed; the next start delivers it again',
      );
    });
  }

  private async setAside(file: SpoolFile, reason: AsideReason, error: unknown): Promise<void> {
    this.putAside[reason] += 1;
    const facts = { file: file.name, environment: file.environment, alerts: file.anomalies };
    this.options.log.error(
      { ...facts, error: String(error) },
      `a file of the spool is ${reason} and was put aside`,
    );
    this.dequeue(file);
    await this.folder?.putAside(file.name, reason).catch((failure: unknown) => {
      this.options.log.error(
        { ...facts, error: String(failure) },
        'it stays where it is until the next start',
      );
    });
  }

  private async pause({ environment }: SpoolFile, error: unknown): Promise<void> {
    const { log, againMilliseconds = 2_000 } = this.options;
    if (performance.now() >= this.silentUntil) {
      this.silentUntil = performance.now() + WARN_EVERY_MS;
      const facts = { environment, waiting: this.status().waiting, error: String(error) };
      log.warn(facts, 'alerts wait on disk for Temporal');
    }
    await sleep(againMilliseconds, undefined, { signal: this.closing.signal }).catch(() => undefined);
  }

  private dequeue(file: SpoolFile): void {
    const queue = this.queues.get(file.environment);
    const at = queue?.indexOf(file) ?? -1;
    if (!queue || at < 0) return;
    queue.splice(at, 1);
    this.bytes -= file.bytes;
    if (queue.length > 0) return;
    this.queues.delete(file.environment);
    if (this.queues.size === 0) this.options.log.info('all alerts that waited on disk are delivered');
  }
}

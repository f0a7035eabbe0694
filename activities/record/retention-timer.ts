import { hostname } from 'node:os';
import type { Logger } from 'pino';
import { z } from 'zod';
import { parseJson, type BlobStore } from './blob-store.js';
import { prune, type PruneReport, type RetentionRules, type RevisionFacts } from './retention.js';

const HOUR = 3600;

/** How often a worker asks whether a run is due. */
const CHECK_SECONDS = 600;

/** A run that takes longer is stopped; what it deleted stays deleted. Well within the hour of the next run. */
const RUN_LIMIT_MS = 30 * 60 * 1000;

/** Note of a run: one object for each hour, made by the worker that runs then. */
const run = z.object({
  /** `pid@host` */
  worker: z.string(),
  /** When it began, unix seconds. */
  at: z.number(),
  /** What was deleted; null while it runs, and when it did not end. */
  deleted: z.object({ objects: z.number(), bytes: z.number() }).nullable(),
});
export type RetentionRun = z.infer<typeof run>;

/** The last run that is noted; null when there was none in the last day. */
export async function lastRun(blobs: BlobStore): Promise<RetentionRun | null> {
  const keys: string[] = [];
  for await (const { key } of blobs.list('retention/')) keys.push(key);
  const last = keys.sort().at(-1);
  const bytes = last === undefined ? null : await blobs.get(last);
  return (bytes && run.safeParse(parseJson(bytes)).data) ?? null;
}

/**
 * Runs retention if no worker has run it in this hour; answers null when one has. The note of a run is a
 * conditional write, so that of several workers one does the work; one that dies is followed in the next hour.
 */
export async function runRetention(
  blobs: BlobStore,
  rules: RetentionRules,
  options: { now: number; known?: Map<string, RevisionFacts>; signal?: AbortSignal },
): Promise<PruneReport | null> {
  const key = `retention/${Math.floor(options.now / HOUR)}.json`;
  const note = (report: PruneReport | null): Buffer => {
    const worker = `${process.pid}@${hostname()}`;
    const entry: RetentionRun = { worker, at: options.now, deleted: report?.deleted ?? null };
    return Buffer.from(`${JSON.stringify(entry)}\n`);
  };
  if (!(await blobs.put(key, note(null), { ifAbsent: true }))) return null;
  const report = await prune(blobs, rules, options);
  await blobs.put(key, note(report));
  return report;
}

/** Runs retention once an hour while the worker lives. `stop` ends a run that is under way. */
export function startRetention(
  blobs: BlobStore,
  rules: RetentionRules,
  log: Pick<Logger, 'info' | 'warn'>,
): { stop(): Promise<void> } {
  const ending = new AbortController();
  const known = new Map<string, RevisionFacts>();
  let running: Promise<void> | null = null;

  async function runNow(): Promise<void> {
    const signal = AbortSignal.any([ending.signal, AbortSignal.timeout(RUN_LIMIT_MS)]);
    try {
      const report = await runRetention(blobs, rules, { now: Date.now() / 1000, known, signal });
      if (report) logReport(report, log);
    } catch (error) {
      if (!ending.signal.aborted)
        log.warn({ error: String(error) }, 'retention stopped; it runs again next hour');
    }
  }
  const check = (): void => {
    running ??= runNow().finally(() => {
      running = null;
    });
  };
  const timer = setInterval(check, CHECK_SECONDS * 1000);
  timer.unref();
  return {
    async stop() {
      clearInterval(timer);
      ending.abort();
      await running;
    },
  };
}

function logReport(report: PruneReport, log: Pick<Logger, 'info' | 'warn'>): void {
  const { deleted, incidents, remaining, postponed, overBytes } = report;
  if (deleted.objects > 0)
    log.info({ deleted, incidents, remaining, postponed }, 'retention deleted old objects');
  if (overBytes > 0) {
    log.warn(
      { overBytes },
      'the store stays above store.retention.maxBytes: the rest belongs to open incidents or is new; raise the limit',
    );
  }
}

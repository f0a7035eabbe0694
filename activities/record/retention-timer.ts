import { hostname } from 'node:os';
import type { Logger } from 'pino';
import type { BlobStore } from './blob-store.js';
import { prune, type PruneReport, type RetentionRules, type RevisionFacts } from './retention.js';

const HOUR = 3600;

/** How often a worker asks whether a run is due. */
const CHECK_SECONDS = 600;

/** A run that takes longer is stopped; what it deleted stays deleted. Well within the hour of the next run. */
const RUN_LIMIT_MS = 30 * 60 * 1000;

/** Where the runs of retention are noted: one object for each hour, made by the worker that runs then. */
export const RUNS = 'retention/';

/**
 * Runs retention if no worker has run it in this hour; answers null when one has. The note of a run is a
 * conditional write, so that of several workers one does the work; one that dies is followed in the next hour.
 */
export async function runRetention(
  blobs: BlobStore,
  rules: RetentionRules,
  options: { now: number; known?: Map<string, RevisionFacts>; signal?: AbortSignal },
): Promise<PruneReport | null> {
  const key = `${RUNS}${Math.floor(options.now / HOUR)}.json`;
  const note = (report: PruneReport | null) =>
    Buffer.from(`${JSON.stringify({ worker: `${process.pid}@${hostname()}`, at: options.now, report })}\n`);
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

  async function run(): Promise<void> {
    const signal = AbortSignal.any([ending.signal, AbortSignal.timeout(RUN_LIMIT_MS)]);
    try {
      const report = await runRetention(blobs, rules, { now: Date.now() / 1000, known, signal });
      if (report) logReport(report, log);
    } catch (error) {
      if (!ending.signal.aborted) log.warn({ error: String(error) }, 'retention stopped; it runs again next hour');
    }
  }
  const check = (): void => {
    running ??= run().finally(() => {
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
  if (deleted.objects > 0) log.info({ deleted, incidents, remaining, postponed }, 'retention deleted old objects');
  if (overBytes > 0) {
    log.warn(
      { overBytes },
      'the store stays above store.retention.maxBytes: the rest belongs to open incidents or is new; raise the limit',
    );
  }
}

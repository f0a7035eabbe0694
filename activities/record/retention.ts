import pMap from 'p-map';
import type { Config } from '../../config/schema.js';
import type { BlobInfo, BlobStore } from './blob-store.js';
import { blobKey, blobsNamedIn } from './evidence-store.js';
import {
  takeInventory,
  totalOf,
  type Inventory,
  type RevisionObject,
  type StoredIncident,
  type Total,
} from './inventory.js';
import { recordUri } from './record-keys.js';
import { parseRecord } from './records.js';

const DAY = 86_400;

/** Records are read, and objects deleted, so many at a time: a worker diagnoses meanwhile. */
const CONCURRENCY = 8;

/** Objects deleted in one run; the next run goes on. At 20 ms each and 8 at a time this is under a minute. */
export const MAX_DELETIONS = 10_000;

/** Reported changes that are kept, two objects each: a thousand a day for a quarter. The oldest are deleted beyond. */
export const MAX_KEPT_CHANGES = 100_000;

export interface RetentionRules {
  /** Incidents whose last write is older are deleted; 0 for never. */
  days: number;
  /** Above it the oldest closed incidents are deleted; 0 for no limit. */
  maxBytes: number;
  /** An incident may still change for so long after its last write: it is open, or takes feedback. */
  openSeconds: number;
  /** Evidence that no record names is kept for so long: a diagnosis that is under way has not saved its record yet. */
  graceSeconds: number;
}

export function retentionRules({ store, followUp }: Pick<Config, 'store' | 'followUp'>): RetentionRules {
  const { maxDurationSeconds, feedbackWindowSeconds } = followUp;
  return {
    ...store.retention,
    openSeconds: maxDurationSeconds + feedbackWindowSeconds + DAY,
    graceSeconds: Math.max(DAY, maxDurationSeconds),
  };
}

/** Why an object is deleted. */
export type Reason =
  | 'incident older than store.retention.days'
  | 'incident beyond store.retention.maxBytes'
  | 'change older than store.retention.days'
  | 'change beyond the most that are kept'
  | 'superseded revision'
  | 'not named by any record'
  | 'unfinished write or old note of retention';

export interface PruneReport {
  /** What was deleted, or with `dryRun` would be. */
  deleted: Total;
  incidents: number;
  byReason: Partial<Record<Reason, Total>>;
  /** What remains. */
  remaining: Total;
  /** Objects that the next run deletes, because of `MAX_DELETIONS`. */
  postponed: number;
  /** Bytes by which the store stays above maxBytes, because the rest belongs to open incidents or is new. */
  overBytes: number;
}

/** What was read of a revision. Revisions never change, so a worker remembers it from run to run. */
export interface RevisionFacts {
  /** Keys of the blobs that it names. */
  names: string[];
  /** Whether the incident was over. One that cannot be read does not say so. */
  isClosed: boolean;
}

export interface PruneOptions {
  /** Unix seconds. */
  now: number;
  dryRun?: boolean;
  /** Facts of revisions that were read before; kept up to date. */
  known?: Map<string, RevisionFacts>;
  signal?: AbortSignal;
  maxDeletions?: number;
}

/**
 * Deletes what the rules do not keep. Never deletes what an open incident or a kept record names. Safe to run again,
 * to stop anywhere, and to run twice at the same time.
 * @throws StoreError
 */
export async function prune(
  blobs: BlobStore,
  rules: RetentionRules,
  { now, dryRun = false, known = new Map(), signal, maxDeletions = MAX_DELETIONS }: PruneOptions,
): Promise<PruneReport> {
  const inventory = await takeInventory(blobs, signal);
  const plan = new Plan(inventory, rules, now);
  plan.expire();
  plan.expireChanges();
  plan.dropSuperseded();
  await readFacts(blobs, plan.keptRevisions(), known, signal);
  plan.dropUnnamed(known);
  plan.shrink(known);

  const doomed = plan.inOrder();
  const chosen = doomed.slice(0, maxDeletions);
  if (!dryRun) await deleteAll(blobs, chosen, signal);
  return plan.report(chosen, doomed.length - chosen.length);
}

interface Doomed {
  object: BlobInfo;
  reason: Reason;
  /** Records go before the evidence that they name: a run that stops leaves no record without its evidence. */
  phase: 'first' | 'newest revisions' | 'blobs';
}
const PHASES = ['first', 'newest revisions', 'blobs'] as const;

class Plan {
  private readonly doomed = new Map<string, Doomed>();
  private readonly kept: StoredIncident[] = [];
  private removed = 0;
  private freed = 0;
  /** How many kept incidents name a blob. */
  private readonly uses = new Map<string, number>();

  constructor(
    private readonly inventory: Inventory,
    private readonly rules: RetentionRules,
    private readonly now: number,
  ) {}

  expire(): void {
    const { days, openSeconds } = this.rules;
    const oldest = days === 0 ? -Infinity : this.now - Math.max(days * DAY, openSeconds);
    for (const incident of this.inventory.incidents) {
      if (incident.lastWrite < oldest) this.remove(incident, 'incident older than store.retention.days');
      else this.kept.push(incident);
    }
  }

  expireChanges(): void {
    const { days } = this.rules;
    const oldest = days === 0 ? -Infinity : this.now - days * DAY;
    const newestFirst = [...this.inventory.changes].sort((a, b) => b.modifiedAt - a.modifiedAt);
    newestFirst.forEach((object, i) => {
      if (object.modifiedAt < oldest) this.drop(object, 'change older than store.retention.days', 'first');
      else if (i >= 2 * MAX_KEPT_CHANGES) this.drop(object, 'change beyond the most that are kept', 'first');
    });
  }

  /** The newest revision stays, those of the last day, and what each sink accepted last with its revision. */
  dropSuperseded(): void {
    const { drafts, runs } = this.inventory;
    for (const { revisions, publications } of this.kept) {
      const last = new Map(publications.map((entry) => [entry.sink, entry] as const).reverse());
      const needed = new Set([...last.values()].map(({ id }) => recordUri(id)));
      for (const old of revisions.slice(1)) {
        if (!needed.has(recordUri(old.id))) this.dropIfOld(old, 'superseded revision', 'first');
      }
      for (const entry of publications) {
        if (last.get(entry.sink) !== entry) this.dropIfOld(entry, 'superseded revision', 'first');
      }
    }
    for (const info of [...drafts, ...runs]) {
      this.dropIfOld(info, 'unfinished write or old note of retention', 'first');
    }
  }

  keptRevisions(): RevisionObject[] {
    return this.kept.flatMap(({ revisions }) => revisions.filter(({ key }) => !this.doomed.has(key)));
  }

  dropUnnamed(facts: ReadonlyMap<string, RevisionFacts>): void {
    for (const incident of this.kept) {
      for (const key of this.namesOf(incident, facts)) this.uses.set(key, (this.uses.get(key) ?? 0) + 1);
    }
    const { evidence, documents } = this.inventory;
    for (const key of [...evidence.keys(), ...documents.keys()])
      this.dropIfUnnamed(key, 'not named by any record');
  }

  /** Deletes the oldest closed incidents until the store is small enough. */
  shrink(facts: ReadonlyMap<string, RevisionFacts>): void {
    const { maxBytes } = this.rules;
    if (maxBytes === 0) return;
    const reason = 'incident beyond store.retention.maxBytes';
    for (const incident of [...this.kept].sort((a, b) => a.lastWrite - b.lastWrite)) {
      if (this.bytesLeft() <= maxBytes) return;
      const [newest] = incident.revisions;
      if (!newest || !facts.get(newest.key)?.isClosed) continue;
      // Before its revisions are doomed: they say what it names.
      const names = this.namesOf(incident, facts);
      this.remove(incident, reason);
      for (const key of names) {
        this.uses.set(key, this.uses.get(key)! - 1);
        this.dropIfUnnamed(key, reason);
      }
    }
  }

  /** What is deleted, in the order in which it is safe to. */
  inOrder(): Doomed[] {
    const all = [...this.doomed.values()];
    return PHASES.flatMap((phase) => all.filter((one) => one.phase === phase));
  }

  report(chosen: readonly Doomed[], postponed: number): PruneReport {
    const deleted = totalOf(chosen.map(({ object }) => object));
    const byReason: PruneReport['byReason'] = {};
    for (const { reason, object } of chosen) {
      const total = (byReason[reason] ??= { objects: 0, bytes: 0 });
      total.objects += 1;
      total.bytes += object.bytes;
    }
    const { total } = this.inventory;
    const remaining = { objects: total.objects - deleted.objects, bytes: total.bytes - deleted.bytes };
    const { maxBytes } = this.rules;
    const overBytes = maxBytes === 0 ? 0 : Math.max(0, this.bytesLeft() - maxBytes);
    return { deleted, incidents: this.removed, byReason, remaining, postponed, overBytes };
  }

  private bytesLeft(): number {
    return this.inventory.total.bytes - this.freed;
  }

  private namesOf({ revisions }: StoredIncident, facts: ReadonlyMap<string, RevisionFacts>): Set<string> {
    const kept = revisions.filter(({ key }) => !this.doomed.has(key));
    return new Set(kept.flatMap(({ key }) => facts.get(key)?.names ?? []));
  }

  private remove({ revisions, publications, reports }: StoredIncident, reason: Reason): void {
    this.removed += 1;
    for (const object of [...reports, ...publications, ...revisions.slice(1)])
      this.drop(object, reason, 'first');
    for (const object of revisions.slice(0, 1)) this.drop(object, reason, 'newest revisions');
  }

  private dropIfUnnamed(key: string, reason: Reason): void {
    const { graceSeconds, openSeconds } = this.rules;
    const { evidence, documents } = this.inventory;
    const object = evidence.get(key) ?? documents.get(key);
    if (!object || (this.uses.get(key) ?? 0) > 0) return;
    // A document may be named by the state of an open workflow alone.
    const age = evidence.has(key) ? graceSeconds : openSeconds;
    if (object.modifiedAt < this.now - age) this.drop(object, reason, 'blobs');
  }

  private dropIfOld(object: BlobInfo, reason: Reason, phase: Doomed['phase']): void {
    if (object.modifiedAt < this.now - this.rules.graceSeconds) this.drop(object, reason, phase);
  }

  private drop(object: BlobInfo, reason: Reason, phase: Doomed['phase']): void {
    if (this.doomed.has(object.key)) return;
    this.doomed.set(object.key, { object, reason, phase });
    this.freed += object.bytes;
  }
}

/** Reads the revisions that are not known yet, and forgets those that are gone. */
async function readFacts(
  blobs: BlobStore,
  revisions: readonly RevisionObject[],
  known: Map<string, RevisionFacts>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const keys = new Set(revisions.map(({ key }) => key));
  for (const key of known.keys()) if (!keys.has(key)) known.delete(key);
  const unread = revisions.filter(({ key }) => !known.has(key));
  await pMap(
    unread,
    async ({ key, id }) => {
      const json = await blobs.get(key);
      if (json) known.set(key, factsOf(json, recordUri(id)));
    },
    { concurrency: CONCURRENCY, ...(signal && { signal }) },
  );
}

function factsOf(json: Buffer, uri: string): RevisionFacts {
  return { names: blobsNamedIn(json.toString('utf8')).map(blobKey), isClosed: isClosed(json, uri) };
}

function isClosed(json: Buffer, uri: string): boolean {
  try {
    return parseRecord(json, uri).timings.closedAt !== null;
  } catch {
    return false;
  }
}

async function deleteAll(blobs: BlobStore, doomed: readonly Doomed[], signal?: AbortSignal): Promise<void> {
  for (const phase of PHASES) {
    const objects = doomed.filter((one) => one.phase === phase).map(({ object }) => object);
    await pMap(
      objects,
      async ({ key, modifiedAt }) => {
        // A blob that was stored again since the inventory is in use again.
        const isUsed = phase === 'blobs' && ((await blobs.head(key))?.modifiedAt ?? 0) > modifiedAt;
        if (!isUsed) await blobs.delete(key);
      },
      { concurrency: CONCURRENCY, ...(signal && { signal }) },
    );
  }
}

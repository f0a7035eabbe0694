import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { pino } from 'pino';
import { createPublish } from '../../activities/publish/publish.js';
import type { BlobStore } from '../../activities/record/blob-store.js';
import { FolderBlobs } from '../../activities/record/folder-blobs.js';
import { createRecords, type Records } from '../../activities/record/records.js';
import { configSchema } from '../../config/schema.js';
import type { IncidentRecord, Publication } from '../../model/incident.js';
import { SAMPLES } from '../support/records.js';

export const ID = 'incident/checkout/20261124-1042-0a1b2c';
const NOW = Math.floor(Date.now() / 1000);

/** More than any test lets fail. */
const MOST_ATTEMPTS = 30;

/** A sample as a revision of one incident that was opened now. */
export function revisionOf(
  sample: keyof typeof SAMPLES,
  revision: number,
  more: Partial<IncidentRecord> = {},
): IncidentRecord {
  const record = SAMPLES[sample]();
  const timings = { ...record.timings, openedAt: NOW };
  const runId = '01234567-89ab-cdef-0123-456789abcdef';
  return { ...record, id: ID, runId, revision, timings, revisionReason: 'update', ...more };
}

/** The course of an incident: suspected, then confirmed with another cause, nobody comes, then one, then over. */
export const COURSE: readonly IncidentRecord[] = [
  revisionOf('suspected pool saturation', 1, { revisionReason: 'first-result' }),
  revisionOf('confirmed bad deploy', 2),
  revisionOf('confirmed bad deploy', 3, { revisionReason: 'reminder', acknowledged: null }),
  revisionOf('confirmed bad deploy', 4, { revisionReason: 'acknowledged' }),
  revisionOf('resolved', 5, { revisionReason: 'final' }),
];

/** Opens these before each test, in this order, and closes them after it. */
export function openEach(make: () => { open(): Promise<void>; close(): Promise<void> }[]): void {
  let opened: ReturnType<typeof make> = [];
  beforeEach(async () => {
    opened = make();
    for (const one of opened) await one.open();
  });
  afterEach(async () => {
    for (const one of opened) await one.close();
  });
}

/** A store and the publish activity for one sink, whose configuration each test says. */
export class PublishLab {
  private directory = '';
  private blobs!: BlobStore;
  private records!: Records;

  async open(): Promise<void> {
    this.directory = await mkdtemp(join(tmpdir(), 'faultline-sink-'));
    this.blobs = new FolderBlobs(this.directory);
    this.records = createRecords({ blobs: this.blobs });
  }

  /** Loses all that the store knows, the ledger with it. */
  async forget(): Promise<void> {
    await rm(this.directory, { recursive: true });
  }

  async close(): Promise<void> {
    await rm(this.directory, { recursive: true, force: true });
  }

  /** One attempt of the activity. */
  async publish(sink: Record<string, unknown>, record: IncidentRecord, attempt = 1): Promise<Publication> {
    const { uri } = await this.records.saveRecord({ record });
    const { sinks } = configSchema.parse({
      metrics: { type: 'prometheus', url: 'http://127.0.0.1:9' },
      sinks: [{ name: 'it', ...sink }],
    });
    const { publish } = createPublish({
      sinks,
      records: this.records,
      blobs: this.blobs,
      log: pino({ level: 'silent' }),
    });
    const activity = new MockActivityEnvironment({ attempt }, { logger: new DefaultLogger('ERROR') });
    return activity.run(publish, { sink: 'it', recordUri: uri });
  }

  /** Seconds that Temporal would have waited between attempts. */
  waited = 0;

  /** Tries as Temporal does: again after whatever may pass, the waits counted instead of waited. */
  async untilDone(sink: Record<string, unknown>, record: IncidentRecord): Promise<Publication> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.publish(sink, record, attempt);
      } catch (error) {
        if (!(error instanceof ApplicationFailure) || error.nonRetryable || attempt > MOST_ATTEMPTS)
          throw error;
        this.waited += secondsOf(error.nextRetryDelay) ?? Math.min(2 ** (attempt - 1), 60);
      }
    }
  }

  /** Every revision of a course, one after the other. */
  async tell(
    sink: Record<string, unknown>,
    course: readonly IncidentRecord[] = COURSE,
  ): Promise<Publication[]> {
    const publications = [];
    for (const record of course) publications.push(await this.publish(sink, record));
    return publications;
  }
}

function secondsOf(delay: ApplicationFailure['nextRetryDelay']): number | null {
  return typeof delay === 'number' ? delay / 1000 : null;
}

/** The failure of a publication that does not come off. */
export async function failureOf(publication: Promise<unknown>): Promise<ApplicationFailure> {
  try {
    await publication;
  } catch (error) {
    assert.ok(error instanceof ApplicationFailure, String(error));
    return error;
  }
  return assert.fail('it was taken');
}

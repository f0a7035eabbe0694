import { activityInfo, cancellationSignal } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { Logger } from 'pino';
import type { SinkConfig } from '../../config/sinks/index.js';
import type { IncidentRecord, Publication } from '../../model/incident.js';
import type { Activities } from '../contract.js';
import type { BlobStore } from '../record/blob-store.js';
import { parseRecordUri, type RevisionId } from '../record/record-keys.js';
import { RecordMissing, RecordUnreadable, type Records } from '../record/records.js';
import { createLedger } from './ledger.js';
import { openSink } from './open-sink.js';
import type { Before, Sink } from './sink.js';

/**
 * The `publish` activity. Failures are `SinkUnavailable` (tried again, when the sink says so after the time that it
 * asks for) and, non-retryable, `SinkRefused`, `NoSuchSink`, `RecordMissing` and `RecordUnreadable`.
 */
export function createPublish(deps: {
  sinks: readonly SinkConfig[];
  records: Pick<Records, 'loadRecord'>;
  /** Where the ledger is kept. */
  blobs: BlobStore;
  log: Logger;
}): Pick<Activities, 'publish'> {
  const { records, log } = deps;
  const ledger = createLedger(deps.blobs, log);
  const sinks = new Map(deps.sinks.map((config) => [config.name, openSink(config)]));

  async function deliverOnce(sink: Sink, recordUri: string): Promise<Publication> {
    const record = await records.loadRecord(recordUri);
    const { id: incident, revision } = record;
    // The record was found by it.
    const id = parseRecordUri(recordUri)!;
    const accepted = await ledger.find(id, sink.name);
    if (accepted) {
      log.info({ sink: sink.name, incident, revision }, 'the sink has this summary already');
      return accepted;
    }
    const before = await lastTold(sink, record, id);
    const { attempt } = activityInfo();
    const reference = await sink.post({ record, before, attempt, signal: cancellationSignal() });
    const publication = { sink: sink.name, revision, at: Date.now() / 1000, reference };
    await ledger.add(id, publication);
    return publication;
  }

  /** The ledger knows best; without its file, what the incident itself remembers. */
  async function lastTold(sink: Sink, record: IncidentRecord, id: RevisionId): Promise<Before | null> {
    const entry = await ledger.last(id, sink.name);
    if (!entry) {
      const known = record.publications.findLast((publication) => publication.sink === sink.name);
      return known ? { reference: known.reference, record: null } : null;
    }
    try {
      const told = await records.loadRecord(entry.recordUri);
      return { reference: entry.publication.reference, record: told };
    } catch (error) {
      if (!(error instanceof RecordMissing || error instanceof RecordUnreadable)) throw error;
      return { reference: entry.publication.reference, record: null };
    }
  }

  return {
    async publish({ sink: name, recordUri }) {
      const sink = sinks.get(name);
      if (!sink) {
        const known = [...sinks.keys()].join(', ') || 'none';
        throw ApplicationFailure.nonRetryable(
          `sinks: expected one named ${name}, this worker has ${known}`,
          'NoSuchSink',
        );
      }
      try {
        return await deliverOnce(sink, recordUri);
      } catch (error) {
        if (error instanceof RecordMissing || error instanceof RecordUnreadable) {
          throw ApplicationFailure.nonRetryable(error.message, error.name);
        }
        throw error;
      }
    },
  };
}

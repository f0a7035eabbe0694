import { cancellationSignal } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { Logger } from 'pino';
import type { SinkConfig } from '../../config/schema.js';
import type { Publication } from '../../model/incident.js';
import type { Activities } from '../contract.js';
import { RecordMissing, RecordUnreadable, type Records } from '../record/records.js';
import { ledger } from './ledger.js';
import type { Sink } from './sink.js';
import { WebhookSink } from './webhook/webhook-sink.js';

/**
 * The `publish` activity. Failures are `SinkUnavailable` (tried again, when the sink says so after the time that it
 * asks for) and, non-retryable, `SinkRefused`, `NoSuchSink`, `RecordMissing` and `RecordUnreadable`.
 */
export function createPublish(deps: {
  sinks: readonly SinkConfig[];
  records: Pick<Records, 'loadRecord' | 'folderOf'>;
  log: Logger;
}): Pick<Activities, 'publish'> {
  const { records, log } = deps;
  const sinks = new Map(deps.sinks.map((config) => [config.name, new WebhookSink(config)]));

  async function deliverOnce(sink: Sink, recordUri: string): Promise<Publication> {
    const record = await records.loadRecord(recordUri);
    const { id: incident, revision } = record;
    const folder = records.folderOf(recordUri);
    const before = await ledger.find(folder, sink.name, revision);
    if (before) {
      log.info({ sink: sink.name, incident, revision }, 'the sink has this summary already');
      return before;
    }
    const reference = await sink.post(record, cancellationSignal());
    const publication = { sink: sink.name, revision, at: Date.now() / 1000, reference };
    await ledger.add(folder, publication);
    return publication;
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

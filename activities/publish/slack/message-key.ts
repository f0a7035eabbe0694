import type { MessageMetadata } from '@slack/types';
import type { IncidentRecord } from '../../../model/incident.js';
import type { Found } from './web-api.js';

/*
 * How a message says what it tells, so that it is found again: readers do not see it, Slack keeps it.
 */

const SUMMARY = 'faultline_summary';
const NEWS = 'faultline_news';

export function summaryMetadata(record: IncidentRecord, sink: string): MessageMetadata {
  return { event_type: SUMMARY, event_payload: keyOf(record, sink) };
}

export function newsMetadata(record: IncidentRecord, sink: string): MessageMetadata {
  return { event_type: NEWS, event_payload: keyOf(record, sink) };
}

/** Whether a message is that of this incident, at whatever revision. Two sinks may post to one channel. */
export function isSummaryOf({ id }: IncidentRecord, sink: string): (message: Found) => boolean {
  return ({ metadata }) =>
    metadata?.event_type === SUMMARY &&
    metadata.event_payload['incident'] === id &&
    metadata.event_payload['sink'] === sink;
}

/** Whether a message is the reply about this very revision. */
export function isNewsOf(record: IncidentRecord, sink: string): (message: Found) => boolean {
  const key = Object.entries(keyOf(record, sink));
  return ({ metadata }) =>
    metadata?.event_type === NEWS && key.every(([name, value]) => metadata.event_payload[name] === value);
}

function keyOf({ id, runId, revision }: IncidentRecord, sink: string): Record<string, string | number> {
  return { sink, incident: id, run: runId, revision };
}

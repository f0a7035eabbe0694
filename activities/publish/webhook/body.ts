import { RECORD_SCHEMA_ID, type IncidentRecord } from '../../../model/incident.js';
import { renderMarkdown } from '../../../report/markdown.js';
import { withoutSecrets } from '../../../report/mask.js';
import { revisionKey } from '../revision-key.js';

/** A CloudEvents 1.0 event in structured JSON form, whose data is the record and its Markdown rendering. */
export interface SummaryEvent {
  specversion: '1.0';
  /** One for each incident, run and revision: a receiver that has seen it ignores a repeat. */
  id: string;
  type: 'faultline.incident.published' | 'faultline.incident.updated' | 'faultline.incident.closed';
  source: string;
  subject: string;
  time: string;
  datacontenttype: 'application/json';
  /** `RECORD_SCHEMA_ID`: the schema of `data.record`. */
  dataschema: string;
  data: { record: IncidentRecord; markdown: string };
}

export function eventOf(record: IncidentRecord): SummaryEvent {
  const { openedAt, firstResultAt, closedAt } = record.timings;
  return {
    specversion: '1.0',
    id: revisionKey(record),
    type: typeOf(record),
    source: `faultline/${encodeURIComponent(record.environment)}`,
    subject: record.id,
    time: new Date((closedAt ?? firstResultAt ?? openedAt) * 1000).toISOString(),
    datacontenttype: 'application/json',
    dataschema: RECORD_SCHEMA_ID,
    data: { record: withoutSecrets(record), markdown: renderMarkdown(record) },
  };
}

function typeOf(record: IncidentRecord): SummaryEvent['type'] {
  if (record.timings.closedAt !== null) return 'faultline.incident.closed';
  return record.revision === 1 ? 'faultline.incident.published' : 'faultline.incident.updated';
}

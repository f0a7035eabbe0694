import type { IncidentRecord } from '../../../model/incident.js';
import { plainLines } from '../plain-brief.js';
import { markOf, revisionKey } from '../revision-key.js';

/** PagerDuty shows a note as plain text, on a phone too: so it is short. */
const MOST = { actions: 1, links: 2 } as const;

/** The summary as a note. `news` is what changed since the last one. Ends with the line by which it is known. */
export function noteOf(record: IncidentRecord, news: readonly string[]): string {
  return [...plainLines(record, news, MOST), noteMark(record)].join('\n');
}

/** The last line of a revision's note. */
export function noteMark(record: IncidentRecord): string {
  return `Faultline: ${markOf(revisionKey(record))}`;
}

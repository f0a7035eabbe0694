import type { IncidentRecord } from '../../model/incident.js';

/** Names one revision of one run for ever. A vendor's copy carries it, so that a repeat is known. */
export function revisionKey(record: IncidentRecord): string {
  return `${record.id}/${record.runId}/r${record.revision}`;
}

/** An incident's id or a revision's key where quotes, brackets and spaces would mean something. */
export function markOf(name: string): string {
  return name.split('/').map(encodeURIComponent).join('/');
}

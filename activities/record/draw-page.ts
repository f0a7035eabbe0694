import type { IncidentRecord } from '../../model/incident.js';
import { noEvidence } from '../../report/page/evidence.js';
import { renderPage } from '../../report/page/page.js';
import type { EvidenceStore } from './evidence-store.js';
import { readPageEvidence } from './page-evidence.js';

/*
 * The libraries that draw take a moment to load: whoever does not draw at once imports this file when it does.
 */

/** The page of a record, with plots of the evidence in this store. Draws for up to a second or so. */
export async function pageOf(record: IncidentRecord, store: Pick<EvidenceStore, 'get'>): Promise<string> {
  return renderPage(record, await readPageEvidence(record, store));
}

/** The page of a record that says why it has no plots. */
export function pageWithoutPlots(record: IncidentRecord, why: string): string {
  return renderPage(record, noEvidence(why));
}

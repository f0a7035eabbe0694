import type { StorePlace } from '../activities/record/open-store.js';
import type { IncidentRecord } from '../model/incident.js';

/**
 * Completes the excerpt of a record that a workflow answers from the store. Where the store cannot be reached, as from
 * a machine that is not one of the workers, it stays an excerpt and a gap says so. Loads the store's code when needed.
 */
export function completeFromStore(place: StorePlace): (record: IncidentRecord) => Promise<IncidentRecord> {
  return async (record) => {
    const { completeRecord } = await import('../activities/record/complete-record.js');
    const { documentsIn } = await import('../activities/record/documents.js');
    const { createEvidence } = await import('../activities/record/evidence-store.js');
    const { openBlobs } = await import('../activities/record/open-store.js');
    try {
      return await completeRecord(documentsIn(createEvidence(openBlobs(place))), record);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return { ...record, gaps: [...record.gaps, { source: 'store', what: 'all details', reason }] };
    }
  };
}

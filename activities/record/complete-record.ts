import { z } from 'zod';
import { change } from '../../model/change.js';
import { checkResult } from '../../model/check.js';
import { diagnosis } from '../../model/diagnosis.js';
import { scope, type DocumentRef, type IncidentRecord } from '../../model/incident.js';
import { isLost, type Documents } from './documents.js';

/** The parts of a record that come from documents. */
type Parts = Partial<Pick<IncidentRecord, 'scope' | 'diagnosis' | 'changes' | 'checks'>>;

/**
 * The whole record: a workflow keeps an excerpt of it, and says in `documents` where scope, diagnosis, changes and
 * checks are. A part that is not in the store any more stays as the excerpt has it, and a gap says so.
 */
export async function completeRecord(documents: Documents, record: IncidentRecord): Promise<IncidentRecord> {
  let complete = record;
  const checks: IncidentRecord['checks'] = [];
  const lost = new Map<string, string>();
  for (const ref of record.documents) {
    try {
      const parts = await partsOf(documents, ref);
      checks.push(...(parts.checks ?? []));
      complete = { ...complete, ...parts, ...(parts.checks && { checks: [...checks] }) };
    } catch (error) {
      if (!isLost(error)) throw error;
      lost.set(ref.kind, error.message);
    }
  }
  const [reason] = lost.values();
  if (reason === undefined) return complete;
  const gap = { source: 'store', what: `all details of ${[...lost.keys()].join(', ')}`, reason };
  return { ...complete, gaps: [...complete.gaps, gap] };
}

async function partsOf(documents: Documents, ref: DocumentRef): Promise<Parts> {
  switch (ref.kind) {
    case 'scope':
      // Edges of hundreds of services would weigh down every rendering.
      return { scope: await documents.get(ref, scope.omit({ graph: true })) };
    case 'changes':
      return { changes: await documents.get(ref, z.array(change)) };
    case 'checks':
      return { checks: await documents.get(ref, z.array(checkResult)) };
    case 'diagnosis':
      return { diagnosis: await documents.get(ref, diagnosis) };
  }
}

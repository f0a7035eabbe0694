import type { EvidenceRead, InvestigationSteps, SourceRequest } from '../../contract.js';
import { runAttempt, type Limits } from '../attempt.js';
import type { CollectDeps } from '../deps.js';

/** The `collectState` activity. */
export function createCollectState(deps: CollectDeps): Pick<InvestigationSteps, 'collectState'> {
  return { collectState: (request) => runAttempt((attempt) => collectState(deps, request, attempt)) };
}

/** Reads one source, for use outside Temporal. */
export async function collectState(
  deps: Pick<CollectDeps, 'config' | 'store'>,
  { source }: SourceRequest,
  _limits: Limits,
): Promise<EvidenceRead> {
  const evidence = await deps.store.putTable('conditions', [], 'nothing');
  return { evidence, gaps: [{ source, what: 'state', reason: 'it is not read yet' }] };
}

import type { EvidenceRead, InvestigationSteps, SourceRequest } from '../../contract.js';
import { runAttempt, type Limits } from '../attempt.js';
import type { CollectDeps } from '../deps.js';

/** The `collectLogs` activity. */
export function createCollectLogs(deps: CollectDeps): Pick<InvestigationSteps, 'collectLogs'> {
  return { collectLogs: (request) => runAttempt((attempt) => collectLogs(deps, request, attempt)) };
}

/** Reads one source, for use outside Temporal. */
export async function collectLogs(
  deps: Pick<CollectDeps, 'config' | 'store'>,
  { source }: SourceRequest,
  _limits: Limits,
): Promise<EvidenceRead> {
  const evidence = await deps.store.putTable('logs', { lines: [] }, 'nothing');
  return { evidence, gaps: [{ source, what: 'logs', reason: 'it is not read yet' }] };
}

import type { SpanTable } from '../../../model/telemetry.js';
import type { EvidenceRead, InvestigationSteps, SourceRequest } from '../../contract.js';
import { runAttempt, type Limits } from '../attempt.js';
import type { CollectDeps } from '../deps.js';

/** The `collectTraces` activity. */
export function createCollectTraces(deps: CollectDeps): Pick<InvestigationSteps, 'collectTraces'> {
  return { collectTraces: (request) => runAttempt((attempt) => collectTraces(deps, request, attempt)) };
}

const NO_SPANS: SpanTable = {
  services: [],
  operations: [],
  trace: new Uint32Array(),
  parent: new Int32Array(),
  service: new Uint32Array(),
  operation: new Uint32Array(),
  start: new Float64Array(),
  duration: new Float64Array(),
  failed: new Uint8Array(),
};

/** Reads one source, for use outside Temporal. */
export async function collectTraces(
  deps: Pick<CollectDeps, 'config' | 'store'>,
  { source }: SourceRequest,
  _limits: Limits,
): Promise<EvidenceRead> {
  const evidence = await deps.store.putTable('spans', NO_SPANS, 'nothing');
  return { evidence, gaps: [{ source, what: 'traces', reason: 'it is not read yet' }] };
}

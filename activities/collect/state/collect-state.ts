import type { Condition } from '../../../model/condition.js';
import type { Gap } from '../../../model/gap.js';
import type { Scope } from '../../../model/incident.js';
import { count } from '../../../model/wording.js';
import type { EvidenceRead, InvestigationSteps, SourceRequest } from '../../contract.js';
import { runAttempt, type Limits } from '../attempt.js';
import type { CollectDeps } from '../deps.js';
import { readKubernetesState } from '../kubernetes/conditions/index.js';
import { ServiceNames } from '../scope/service-names.js';
import { readStatus } from '../status/read-status.js';

type Deps = Pick<CollectDeps, 'config' | 'store'>;

/** The `collectState` activity. What cannot be read is a gap; it fails only when it is cancelled. */
export function createCollectState(deps: CollectDeps): Pick<InvestigationSteps, 'collectState'> {
  return { collectState: (request) => runAttempt((attempt) => collectState(deps, request, attempt)) };
}

/** Reads what one platform says of the services of a scope, for use outside Temporal too. */
export async function collectState(
  { config, store }: Deps,
  { scope, source }: SourceRequest,
  limits: Limits,
): Promise<EvidenceRead> {
  const { conditions, gaps } = await readState(config, source, scope, limits);
  const about = `${count(conditions.length, 'condition')} told by ${source}`;
  return { evidence: await store.putTable('conditions', conditions, about), gaps };
}

async function readState(
  { kubernetes, status, services }: Deps['config'],
  source: string,
  scope: Scope,
  limits: Limits,
): Promise<{ conditions: Condition[]; gaps: Gap[] }> {
  const cluster = kubernetes.find(({ name }) => name === source);
  if (cluster) return readKubernetesState(cluster, { scope, aliases: services.aliases }, limits);
  const page = status.find(({ name }) => name === source);
  if (page) {
    const { start: from, end: to } = scope.window;
    const { conditions, gaps } = await readStatus(page, { from, to }, limits);
    const names = new ServiceNames(scope.services, services.aliases);
    const named = conditions.map((one) => ({
      ...one,
      service: one.service === null ? null : (names.resolve(one.service) ?? one.service),
    }));
    return { conditions: named, gaps };
  }
  // The worker that planned the investigation knew a source that this one does not.
  const gap = { source, what: 'state', reason: 'no source of this name is configured for this worker' };
  return { conditions: [], gaps: [gap] };
}

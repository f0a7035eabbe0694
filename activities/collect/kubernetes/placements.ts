import type { KubernetesConfig } from '../../../config/kubernetes.js';
import type { Gap } from '../../../model/gap.js';
import type { Placement } from '../../../model/graph.js';
import type { Aliases } from '../../../model/identity/aliases.js';
import type { Limits } from '../attempt.js';
import { readObjects, withCluster, type ClusterScope } from './cluster.js';

/**
 * On which nodes the pods of services run. A cluster that is away is a gap at once: the plan of a diagnosis does not
 * wait for it.
 */
export async function readKubernetesPlacements(
  config: KubernetesConfig,
  request: { scope: ClusterScope; aliases: Aliases },
  { signal }: Limits,
): Promise<{ placements: Placement[]; gaps: Gap[] }> {
  const { read, gaps } = await withCluster(config, request, { signal }, async (cluster) => {
    const { pods } = await readObjects(cluster, ['pods']);
    const seenAt = cluster.api.now;
    const found = new Map<string, Placement>();
    for (const { metadata, spec } of pods.items) {
      const service = spec.nodeName === '' ? null : cluster.owners.serviceOf('Pod', metadata);
      if (service === null) continue;
      const learntFrom = { source: `kubernetes ${config.name}`, seenAt };
      found.set(JSON.stringify([service, spec.nodeName]), { service, host: spec.nodeName, learntFrom });
    }
    return [...found.values()];
  });
  return { placements: read ?? [], gaps };
}

import type { KubernetesConfig } from '../../../../config/kubernetes.js';
import type { Change } from '../../../../model/change.js';
import type { Gap } from '../../../../model/gap.js';
import type { Aliases } from '../../../../model/identity/aliases.js';
import type { Limits } from '../../attempt.js';
import { readObjects, withCluster, type ClusterScope } from '../cluster.js';
import { WORKLOADS } from '../conditions/workloads.js';
import type { Window } from './change.js';
import { rollouts } from './rollouts.js';
import { scalings } from './scaling.js';
import { routingChanges, settingChanges, type Member } from './settings.js';

const CHANGE_KINDS = [
  'replicaSets',
  'controllerRevisions',
  'deployments',
  'statefulSets',
  'daemonSets',
  'autoscalers',
  'services',
  'networkPolicies',
  'configMaps',
  'secrets',
  'scalingEvents',
] as const;

/**
 * What was changed in a cluster: rollouts with their images, restarts, scalings, config maps and secrets (that they
 * were written, never their values), services and network policies. What could not be read is a gap. Rejects only when
 * the work is cancelled, or when another attempt is worth it.
 */
export async function readKubernetesChanges(
  config: KubernetesConfig,
  request: { scope: ClusterScope; aliases: Aliases; window: Window },
  limits: Limits,
): Promise<{ changes: Change[]; gaps: Gap[] }> {
  const { window } = request;
  const source = config.name;
  const { read, gaps } = await withCluster(config, request, limits, async (cluster) => {
    const objects = await readObjects(cluster, CHANGE_KINDS);
    const { owners } = cluster;
    for (const { metadata } of objects.replicaSets.items) owners.add('ReplicaSet', metadata);
    const members: Member[] = WORKLOADS.flatMap(([plural, kind]) =>
      objects[plural].items.map((workload) => ({ kind, workload })),
    );
    const scaled = {
      deployments: objects.deployments.items,
      statefulSets: objects.statefulSets.items,
      replicaSets: objects.replicaSets.items,
      autoscalers: objects.autoscalers.items,
      events: objects.scalingEvents.items,
    };
    const routes = { services: objects.services.items, policies: objects.networkPolicies.items };
    return [
      ...rollouts(objects.replicaSets.items, objects.controllerRevisions.items, owners, window, source),
      ...scalings(scaled, owners, window, source),
      ...settingChanges('ConfigMap', objects.configMaps.items, members, owners, window, source),
      ...settingChanges('Secret', objects.secrets.items, members, owners, window, source),
      ...routingChanges(routes, members, owners, window, source),
    ];
  });
  return { changes: read ?? [], gaps };
}

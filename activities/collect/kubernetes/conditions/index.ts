import pMap from 'p-map';
import type { KubernetesConfig } from '../../../../config/kubernetes.js';
import type { Condition } from '../../../../model/condition.js';
import type { Gap } from '../../../../model/gap.js';
import type { Scope } from '../../../../model/incident.js';
import type { Aliases } from '../../../../model/identity/aliases.js';
import type { Limits } from '../../attempt.js';
import { CONCURRENCY } from '../../deps.js';
import { readObjects, withCluster, type Cluster } from '../cluster.js';
import { KINDS } from '../kinds.js';
import type { Node, Pod } from '../objects.js';
import { eventConditions } from './events.js';
import { mergedConditions } from './found.js';
import { MAX_NODES, nodeConditions, nodesOf } from './nodes.js';
import { podConditions } from './pods.js';
import { policyConditions } from './policies.js';
import { serviceConditions } from './services.js';
import {
  autoscalerConditions,
  certificateConditions,
  claimConditions,
  jobConditions,
  workloadConditions,
} from './workloads.js';

/** Kinds that are read in every namespace of the scope. */
const STATE_KINDS = [
  'pods',
  'replicaSets',
  'deployments',
  'statefulSets',
  'daemonSets',
  'jobs',
  'events',
  'services',
  'endpointSlices',
  'networkPolicies',
  'autoscalers',
  'claims',
  'certificates',
] as const;

export type StateScope = Pick<Scope, 'service' | 'services' | 'reading' | 'graph'>;

/**
 * What a cluster says is wrong with the services of a scope and the nodes that they run on. What could not be read is
 * a gap. Rejects only when the work is cancelled, or when another attempt is worth it.
 */
export async function readKubernetesState(
  config: KubernetesConfig,
  request: { scope: StateScope; aliases: Aliases },
  limits: Limits,
): Promise<{ conditions: Condition[]; gaps: Gap[] }> {
  const { read, gaps } = await withCluster(config, request, limits, async (cluster) => {
    const objects = await readObjects(cluster, STATE_KINDS);
    const { owners, names } = cluster;
    for (const { metadata } of objects.replicaSets.items) owners.add('ReplicaSet', metadata);
    for (const { metadata } of objects.jobs.items) owners.add('Job', metadata);
    const nodes = await readNodes(cluster, objects.pods.items);
    // The state is that of now, and not that of the end of the scope's window.
    const { now } = cluster.api;
    const { pods, events } = objects;
    return [
      ...podConditions(pods.items, events.items, owners, now),
      ...eventConditions(events.items, pods.items, owners, now),
      ...workloadConditions(objects, owners),
      ...autoscalerConditions(objects.autoscalers.items, owners),
      ...jobConditions(objects.jobs.items, owners),
      ...claimConditions(objects.claims.items, owners),
      ...certificateConditions(objects.certificates.items, owners, names, now),
      ...serviceConditions(objects, owners),
      ...policyConditions(objects, request.scope.graph.edges, owners),
      ...nodeConditions(nodes),
    ];
  });
  return { conditions: mergedConditions(read ?? [], config.name), gaps };
}

async function readNodes({ api, owners }: Cluster, pods: readonly Pod[]): Promise<Node[]> {
  const names = nodesOf(pods, owners);
  if (names.length > MAX_NODES) {
    const what = `the state of ${names.length - MAX_NODES} of ${names.length} nodes`;
    api.gaps.push({ source: api.name, what, reason: `one diagnosis asks for ${MAX_NODES} of them` });
  }
  const nodes = await pMap(names.slice(0, MAX_NODES), (name) => api.get(KINDS.nodes, name), {
    concurrency: CONCURRENCY,
  });
  return nodes.flatMap((node) => node ?? []);
}

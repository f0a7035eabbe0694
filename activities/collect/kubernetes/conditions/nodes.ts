import type { Node, Pod, StatusCondition } from '../objects.js';
import type { Owners } from '../owners.js';
import type { Found } from './found.js';

/** Nodes that one diagnosis asks for, one request each: first those on which pods are not ready, then the fullest. */
export const MAX_NODES = 30;

const PRESSURES = ['MemoryPressure', 'DiskPressure', 'PIDPressure'];

/** The nodes on which the services of the scope run, the most telling first. */
export function nodesOf(pods: readonly Pod[], owners: Owners): string[] {
  const weights = new Map<string, number>();
  for (const pod of pods) {
    const { nodeName } = pod.spec;
    if (nodeName === '' || owners.serviceOf('Pod', pod.metadata) === null) continue;
    const isReady = pod.status.conditions.some(({ type, status }) => type === 'Ready' && status === 'True');
    weights.set(nodeName, (weights.get(nodeName) ?? 0) + (isReady ? 1 : 1000));
  }
  return [...weights].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).map(([name]) => name);
}

/** What nodes say of themselves. */
export function nodeConditions(nodes: readonly Node[]): Found[] {
  return nodes.flatMap(({ metadata, status: { conditions } }) =>
    conditions.flatMap((one): Found[] => {
      const kind = kindOf(one);
      if (kind === null) return [];
      const { type, reason, message } = one;
      const since = one.lastTransitionTime ?? metadata.creationTimestamp ?? 0;
      const object = `node ${metadata.name}`;
      return [
        {
          ...{ kind, service: null, host: metadata.name, object, since, until: null, count: 1 },
          message: `${type}${reason && ` (${reason})`}: ${message}`,
          of: object,
        },
      ];
    }),
  );
}

function kindOf({ type, status }: StatusCondition): 'node-not-ready' | 'node-pressure' | null {
  if (type === 'Ready') return status === 'True' ? null : 'node-not-ready';
  if (status !== 'True') return null;
  if (type === 'NetworkUnavailable') return 'node-not-ready';
  return PRESSURES.includes(type) ? 'node-pressure' : null;
}

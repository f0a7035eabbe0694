import type { KubernetesConfig } from '../../config/kubernetes.js';
import type { Scope } from '../../model/incident.js';
import { kubernetes } from '../../config/kubernetes.js';
import { SERVICES } from './kubernetes-scenario.js';

/** A source at an address. */
export function clusterAt(url: string, more: object = {}): KubernetesConfig {
  return kubernetes.parse([{ type: 'address', name: 'cluster', url, ...more }])[0]!;
}

/** The scope of an incident of the front in which all services of the scenario are looked at. */
export function scopeAt(now: number): Scope {
  const learntFrom = { source: 'test', seenAt: null };
  return {
    environment: 'shop',
    service: 'front',
    symptom: 'errors',
    services: SERVICES,
    window: { start: now - 3600, end: now, stepSeconds: 15 },
    anomalyTime: now - 60,
    packs: [],
    graph: {
      services: SERVICES,
      edges: [{ caller: 'front', callee: 'ledger', learntFrom }],
      placements: [],
      external: [],
    },
    gaps: [],
  };
}

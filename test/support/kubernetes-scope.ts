import { readFileSync } from 'node:fs';
import type { KubernetesConfig } from '../../config/kubernetes.js';
import type { Scope } from '../../model/incident.js';
import { kubernetes } from '../../config/kubernetes.js';
import { scenario, SERVICES } from './kubernetes-scenario.js';
import { written, type Objects } from './kubernetes-server.js';

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

/** The objects of the scenario, and the clock of the server that has them. */
export interface Recording {
  what: string;
  now: number;
  objects: Objects;
}

/** The scenario as a real kube-apiserver answered it, and as this repository's own server has it. */
export function recordings(): Recording[] {
  const file = new URL('../fixtures/kube-apiserver/objects.json', import.meta.url);
  const recorded = JSON.parse(readFileSync(file, 'utf8')) as Omit<Recording, 'what'>;
  const now = 1_800_000_000;
  return [
    { what: 'as kube-apiserver 1.36.3 answered', ...recorded },
    { what: 'as written', now, objects: written(scenario(now), now) },
  ];
}

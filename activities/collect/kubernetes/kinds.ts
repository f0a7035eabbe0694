import type { z } from 'zod';
import * as objects from './objects.js';

/** A kind of object, as the API names it. */
export interface ObjectKind<T> {
  /** The plural of its path and of rules: `pods`. */
  resource: string;
  /** API group; empty for the core. */
  group: string;
  version: string;
  schema: z.ZodType<T>;
  /** What is asked for: whole objects, or their metadata alone, so that contents never leave the API server. */
  metadataOnly?: true;
  /** A cluster may not know it: then there is nothing to read, and nothing is missing. */
  optional?: true;
}

const kind = <T>(resource: string, group: string, version: string, schema: z.ZodType<T>): ObjectKind<T> => ({
  resource,
  group,
  version,
  schema,
});
const named = (resource: string, group: string): ObjectKind<objects.MetadataOnly> => ({
  ...kind(resource, group, 'v1', objects.metadataOnly),
  metadataOnly: true,
});

/** Every kind of object that is read: deploy/kubernetes-rbac.yml allows these and nothing else. */
export const KINDS = {
  pods: kind('pods', '', 'v1', objects.pod),
  events: kind('events', '', 'v1', objects.event),
  /** Events again, those that tell of scaling. */
  scalingEvents: kind('events', '', 'v1', objects.event),
  services: kind('services', '', 'v1', objects.service),
  claims: kind('persistentvolumeclaims', '', 'v1', objects.claim),
  nodes: kind('nodes', '', 'v1', objects.node),
  deployments: kind('deployments', 'apps', 'v1', objects.workload),
  replicaSets: kind('replicasets', 'apps', 'v1', objects.workload),
  statefulSets: kind('statefulsets', 'apps', 'v1', objects.workload),
  daemonSets: kind('daemonsets', 'apps', 'v1', objects.workload),
  controllerRevisions: kind('controllerrevisions', 'apps', 'v1', objects.controllerRevision),
  jobs: kind('jobs', 'batch', 'v1', objects.job),
  autoscalers: kind('horizontalpodautoscalers', 'autoscaling', 'v2', objects.autoscaler),
  endpointSlices: kind('endpointslices', 'discovery.k8s.io', 'v1', objects.endpointSlice),
  networkPolicies: kind('networkpolicies', 'networking.k8s.io', 'v1', objects.networkPolicy),
  certificates: {
    ...kind('certificates', 'cert-manager.io', 'v1', objects.certificate),
    optional: true as const,
  },
  configMaps: named('configmaps', ''),
  secrets: named('secrets', ''),
} as const;

/** Workloads by name alone, to find out in which namespaces the services of a scope are. */
export const WORKLOAD_NAMES = [
  named('deployments', 'apps'),
  named('statefulsets', 'apps'),
  named('daemonsets', 'apps'),
] as const;

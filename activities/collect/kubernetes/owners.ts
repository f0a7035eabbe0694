import { identify } from '../../../model/identity/identify.js';
import { workloadOfJob, workloadOfReplicaSet } from '../../../model/identity/workload.js';
import type { ServiceNames } from '../scope/service-names.js';
import { fullName } from './metadata.js';
import type { Metadata } from './objects.js';

/** What an object belongs to at the end of its chain of owners. */
export interface Root {
  kind: string;
  namespace: string;
  name: string;
}

/** Owners of owners: pod, replica set or job, deployment or cron job; custom controllers have one more. */
const LONGEST_CHAIN = 4;

/** Labels that name a service, the most telling first, as `identify` writes them. */
const SERVICE_LABELS = ['service_name', 'app_kubernetes_io_name', 'app', 'k8s_app'];

/** What the operator of OpenTelemetry names a service by; traces and metrics then use that name. */
const TELEMETRY_NAME = 'resource.opentelemetry.io/service.name';

/** How `identify` calls the workload of a kind. */
const WORKLOAD_LABELS: Record<string, string> = {
  Pod: 'pod',
  ReplicaSet: 'replicaset',
  Deployment: 'deployment',
  StatefulSet: 'statefulset',
  DaemonSet: 'daemonset',
  Job: 'job_name',
  CronJob: 'cronjob',
  Rollout: 'rollout',
  HorizontalPodAutoscaler: 'hpa',
  PersistentVolumeClaim: 'persistentvolumeclaim',
};

type Owned = Pick<Metadata, 'name' | 'namespace' | 'ownerReferences' | 'labels'> &
  Partial<Pick<Metadata, 'annotations'>>;

/** Says which service of a scope an object belongs to. */
export class Owners {
  private readonly parents = new Map<string, Owned['ownerReferences'][number] | undefined>();

  /** @param home whether the service, as it is found in the namespace, is the one that is diagnosed */
  constructor(
    private readonly names: ServiceNames,
    private readonly home: (service: string, namespace: string) => boolean = () => true,
  ) {}

  /** Makes the owner of an object known, so that chains may lead through it. */
  add(kind: string, metadata: Owned): void {
    this.parents.set(`${kind} ${fullName(metadata)}`, controllerOf(metadata));
  }

  /** The end of the chain of owners: the deployment of a pod. Where a link is not known, its name tells. */
  rootOf(kind: string, metadata: Owned): Root {
    const { namespace } = metadata;
    let at = { kind, name: metadata.name };
    let owner = controllerOf(metadata);
    for (let step = 0; owner !== undefined && step < LONGEST_CHAIN; step += 1) {
      at = { kind: owner.kind, name: owner.name };
      const key = `${at.kind} ${namespace}/${at.name}`;
      if (!this.parents.has(key)) return { ...guessed(at), namespace };
      owner = this.parents.get(key);
    }
    return { ...at, namespace };
  }

  /** The service of the scope; null where none is meant for certain. */
  serviceOf(kind: string, metadata: Owned): string | null {
    const { namespace, labels, annotations = {} } = metadata;
    const root = this.rootOf(kind, metadata);
    const own = Object.entries(labels).map(([key, value]) => [key.replaceAll(/[./-]/g, '_'), value]);
    const told: Record<string, string> = {
      ...(Object.fromEntries(own) as Record<string, string>),
      ...(namespace !== '' && { namespace }),
      [WORKLOAD_LABELS[root.kind] ?? 'workload']: root.name,
    };
    const traced = annotations[TELEMETRY_NAME];
    if (traced !== undefined) told['service_name'] = traced;
    const identity = identify(told, { serviceLabels: SERVICE_LABELS });
    const alone = identify({ namespace, [WORKLOAD_LABELS[root.kind] ?? 'workload']: root.name }, NO_LABELS);
    const written = SERVICE_LABELS.flatMap((label) => told[label] ?? []);
    for (const name of [identity.name, alone.name, root.name, ...written]) {
      const service = name === '' ? null : this.names.resolveIn(name, [namespace]);
      if (service !== null) return this.home(service, namespace) ? service : null;
    }
    return null;
  }
}

const NO_LABELS = { serviceLabels: [] };

function controllerOf({ ownerReferences }: Owned): Owned['ownerReferences'][number] | undefined {
  return ownerReferences.find(({ controller }) => controller === true) ?? ownerReferences[0];
}

/** The owner of an owner that was not read, by the way that Kubernetes names what it makes. */
function guessed({ kind, name }: { kind: string; name: string }): { kind: string; name: string } {
  if (kind === 'ReplicaSet') {
    const deployment = workloadOfReplicaSet(name);
    return deployment === name ? { kind, name } : { kind: 'Deployment', name: deployment };
  }
  if (kind !== 'Job') return { kind, name };
  const cronJob = workloadOfJob(name);
  return cronJob === name ? { kind, name } : { kind: 'CronJob', name: cronJob };
}

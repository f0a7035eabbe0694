import {
  APPS,
  condition,
  containerOf,
  create,
  deployment,
  event,
  labelsOf,
  NS,
  owner,
  patchStatus,
  pod,
  template,
  type Write,
} from '../../../test/support/kubernetes-scenario.js';
import { KubernetesServer, written, type Objects } from '../../../test/support/kubernetes-server.js';

/** The services have run for so long when the shop starts. */
const AGE_SECONDS = 6 * 3600;
/** Of the replica sets: the one that runs, and the one that a rollout makes. */
const RUNNING = '7d9f8b6c5f';
const ROLLED_OUT = '58c6d9b7f4';
const NEXT_REVISION = '3';

/** The cluster that the shop runs in, as its API server tells it. */
export interface Cluster {
  url: string;
  /** Rolls out an image that is not in the registry, after the old pod was ended. */
  rollOutMissingImage: (service: string) => void;
  /** Ends the pod of a service in a namespace whose quota allows no other. */
  refuseByQuota: (service: string) => void;
  recover: () => void;
  stop: () => Promise<void>;
}

/**
 * The reading half of an API server, over the objects that the controllers and kubelets of a real cluster would write:
 * a real one takes more of a machine than the whole shop.
 */
export async function startCluster(services: readonly string[]): Promise<Cluster> {
  const clock = (): number => Date.now() / 1000;
  const started = clock() - AGE_SECONDS;
  const objects: Objects = {};
  const recover = (): void => {
    for (const list of Object.keys(objects)) objects[list] = [];
    written(healthy(services, started), started, objects);
  };
  recover();
  const server = await KubernetesServer.start(objects, clock);
  return {
    url: server.url,
    rollOutMissingImage: (service) => {
      written(missingImage(service, clock()), clock(), objects);
    },
    refuseByQuota: (service) => {
      written(refused(service, clock()), clock(), objects);
    },
    recover,
    stop: () => server.close(),
  };
}

const iso = (time: number): string => new Date(time * 1000).toISOString().replace(/\.\d+/, '');
const podName = (service: string, replicaSet: string): string => `${service}-${replicaSet}-x2x4z`;
const podPath = `/api/v1/namespaces/${NS}/pods`;

function healthy(services: readonly string[], since: number): Write[] {
  const at = iso(since);
  return [
    create('/api/v1/namespaces', { metadata: { name: NS } }),
    ...services.flatMap((service) => [
      ...deployment(service),
      ...pod(service, {
        startTime: at,
        conditions: [condition('Ready', 'True', at)],
        containerStatuses: [containerOf({ running: { startedAt: at } }, { ready: true })],
      }),
    ]),
  ];
}

/** What ends the running pod, in the words of the API. */
const ending = (service: string): Write => ({
  method: 'DELETE',
  path: `${podPath}/${podName(service, RUNNING)}`,
  body: {},
});

function missingImage(service: string, now: number): Write[] {
  const at = (): string => iso(now);
  const image = `registry.example/${service}:1.2.4-rc`;
  const name = `${service}-${ROLLED_OUT}`;
  const labels = labelsOf(service);
  const message = `Back-off pulling image "${image}": ErrImagePull: rpc error: code = NotFound desc = failed to pull and unpack image "${image}": not found`;
  const waits = { waiting: { reason: 'ImagePullBackOff', message } };
  return [
    ending(service),
    create(`${APPS}/${NS}/replicasets`, {
      metadata: {
        ...{ name, labels, annotations: { 'deployment.kubernetes.io/revision': NEXT_REVISION } },
        ownerReferences: [owner('apps/v1', 'Deployment', service)],
      },
      spec: { replicas: 1, selector: { matchLabels: labels }, template: template(service, image) },
    }),
    create(podPath, {
      metadata: {
        ...{ name: podName(service, ROLLED_OUT), labels: { ...labels, 'pod-template-hash': ROLLED_OUT } },
        ownerReferences: [owner('apps/v1', 'ReplicaSet', name)],
      },
      spec: { containers: [{ name: 'app', image }] },
    }),
    patchStatus(`${podPath}/${podName(service, ROLLED_OUT)}`, {
      ...{ phase: 'Pending', startTime: at() },
      conditions: [condition('Ready', 'False', at(), { reason: 'ContainersNotReady' })],
      containerStatuses: [containerOf(waits, { image })],
    }),
    event({ kind: 'Pod', name: podName(service, ROLLED_OUT) }, 'Failed', `Error: ${message}`, at),
  ];
}

function refused(service: string, now: number): Write[] {
  const at = (): string => iso(now);
  const name = `${service}-${RUNNING}`;
  const used = 'requested: limits.memory=512Mi, used: limits.memory=4Gi, limited: limits.memory=4Gi';
  const message = `pods "${name}-" is forbidden: exceeded quota: compute, ${used}`;
  return [
    ending(service),
    patchStatus(`${APPS}/${NS}/replicasets/${name}`, {
      replicas: 0,
      conditions: [condition('ReplicaFailure', 'True', at(), { reason: 'FailedCreate', message })],
    }),
    event({ kind: 'ReplicaSet', name }, 'FailedCreate', `Error creating: ${message}`, at),
  ];
}

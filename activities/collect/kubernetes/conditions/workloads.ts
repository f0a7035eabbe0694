import type { ServiceNames } from '../../scope/service-names.js';
import type { Objects } from '../cluster.js';
import { fullName, lastWriteOf, revisionOf, type Write } from '../metadata.js';
import type { Autoscaler, Certificate, Claim, Job, Metadata, StatusCondition, Workload } from '../objects.js';
import type { Owners } from '../owners.js';
import { ofRoot, type Found } from './found.js';
import { kindOfReason } from './reasons.js';

/** The kinds of workloads that are read, with the kind's name. */
export const WORKLOADS = [
  ['deployments', 'Deployment'],
  ['statefulSets', 'StatefulSet'],
  ['daemonSets', 'DaemonSet'],
] as const;
type WorkloadKinds = (typeof WORKLOADS)[number][0];

type Told = Pick<Found, 'kind' | 'since' | 'message'> & Partial<Pick<Found, 'until' | 'count'>>;

/** What an object of a service tells; nothing of those that belong to none. */
function of(owners: Owners, kind: string, metadata: Metadata, told: readonly Told[]): Found[] {
  const service = told.length === 0 ? null : owners.serviceOf(kind, metadata);
  if (service === null) return [];
  const object = `${kind.toLowerCase()} ${fullName(metadata)}`;
  return told.map((one) => ({
    ...{ service, host: null, object, until: null, count: 1 },
    of: ofRoot(owners.rootOf(kind, metadata)),
    ...one,
  }));
}

/** What deployments, their replica sets and the other workloads tell: scaled away, stuck, refused. */
export function workloadConditions(objects: Objects<WorkloadKinds | 'replicaSets'>, owners: Owners): Found[] {
  const newest = newestReplicaSets(objects.replicaSets.items, owners);
  return [
    ...WORKLOADS.flatMap(([plural, kind]) =>
      objects[plural].items.flatMap((one) =>
        of(owners, kind, one.metadata, [
          ...scaledToZero(one, newest.get(fullName(one.metadata))),
          ...stuck(one, newest.get(fullName(one.metadata))?.metadata.creationTimestamp ?? null),
          ...refused(one),
        ]),
      ),
    ),
    ...objects.replicaSets.items.flatMap((one) => of(owners, 'ReplicaSet', one.metadata, refused(one))),
  ];
}

/** The newest replica set of each deployment, by the deployment's full name. */
export function newestReplicaSets(sets: readonly Workload[], owners: Owners): Map<string, Workload> {
  const newest = new Map<string, Workload>();
  for (const set of sets) {
    const key = fullName(owners.rootOf('ReplicaSet', set.metadata));
    const known = newest.get(key);
    if (known === undefined || revisionOf(set) > revisionOf(known)) newest.set(key, set);
  }
  return newest;
}

/**
 * When a workload was scaled to zero; null where it is not. `kubectl scale` to zero leaves no writer of the replicas
 * behind (the API leaves a zero out of a scale), but then the controller writes the replica set, or the status.
 */
export function zeroSince({ metadata, spec }: Workload, newest: Workload | undefined): Write | null {
  if (spec.replicas !== 0) return null;
  const own = lastWriteOf(metadata, ['spec', 'replicas']);
  const followed =
    (newest && lastWriteOf(newest.metadata, ['spec', 'replicas'])) ?? lastWriteOf(metadata, ['status']);
  const time = own?.time ?? followed?.time ?? metadata.creationTimestamp ?? 0;
  return { manager: own?.manager ?? '', time };
}

function scaledToZero(workload: Workload, newest: Workload | undefined): Told[] {
  const write = zeroSince(workload, newest);
  if (write === null) return [];
  const by = write.manager && ` by ${write.manager}`;
  return [{ kind: 'scaled-to-zero', since: write.time, message: `its replicas are set to 0${by}` }];
}

/** The controller says so only after the deadline of the rollout: it began with the new replica set. */
function stuck({ metadata, spec, status }: Workload, rolloutSince: number | null): Told[] {
  const progress = conditionOf(status?.conditions, 'Progressing', 'False');
  if (progress?.reason !== 'ProgressDeadlineExceeded') return [];
  const told = progress.lastTransitionTime ?? metadata.creationTimestamp ?? 0;
  const since = Math.min(rolloutSince ?? Infinity, told - (spec.progressDeadlineSeconds ?? 0));
  return [{ kind: 'rollout-stuck', since, message: progress.message }];
}

/** Pods that may not be made: a quota, a limit, an account or an admission that refuses them. */
function refused({ metadata, status }: Workload): Told[] {
  const failure = conditionOf(status?.conditions, 'ReplicaFailure', 'True');
  const kind = failure && kindOfReason(failure.reason, failure.message);
  if (!failure || kind === null || kind === undefined) return [];
  const since = failure.lastTransitionTime ?? metadata.creationTimestamp ?? 0;
  return [{ kind, since, message: failure.message }];
}

/** Autoscalers that want more than they may have. */
export function autoscalerConditions(autoscalers: readonly Autoscaler[], owners: Owners): Found[] {
  return autoscalers.flatMap(({ metadata, spec: { maxReplicas, scaleTargetRef }, status }) => {
    const limited = conditionOf(status?.conditions, 'ScalingLimited', 'True');
    if (limited?.reason !== 'TooManyReplicas') return [];
    const target = { ...metadata, name: scaleTargetRef.name, ownerReferences: [] };
    const object = `horizontalpodautoscaler ${fullName(metadata)}`;
    const since = limited.lastTransitionTime ?? metadata.creationTimestamp ?? 0;
    const message = `${limited.message || 'more replicas are wanted than allowed'} (maxReplicas ${maxReplicas})`;
    return of(owners, scaleTargetRef.kind, target, [{ kind: 'at-scale-limit', since, message }]).map(
      (one) => ({
        ...one,
        object,
      }),
    );
  });
}

/** Jobs that gave up. */
export function jobConditions(jobs: readonly Job[], owners: Owners): Found[] {
  return jobs.flatMap(({ metadata, status }) => {
    const failed = conditionOf(status?.conditions, 'Failed', 'True');
    if (failed === undefined) return [];
    const since = failed.lastTransitionTime ?? metadata.creationTimestamp ?? 0;
    const message = `${failed.reason}: ${failed.message}`;
    const count = Math.max(1, status?.failed ?? 1);
    return of(owners, 'Job', metadata, [{ kind: 'job-failed', since, message, count }]);
  });
}

/** Claims whose volume is gone; one that waits is no trouble yet, and events tell why it cannot be had. */
export function claimConditions(claims: readonly Claim[], owners: Owners): Found[] {
  return claims.flatMap(({ metadata, status }) => {
    if (status?.phase !== 'Lost') return [];
    const since = lastWriteOf(metadata, ['status', 'phase'])?.time ?? metadata.creationTimestamp ?? 0;
    const told: Told = { kind: 'volume-failed', since, message: 'the volume of the claim is lost' };
    return of(owners, 'PersistentVolumeClaim', metadata, [told]);
  });
}

/** Certificates (of cert-manager) that ended, or could not be had. */
export function certificateConditions(
  certificates: readonly Certificate[],
  owners: Owners,
  names: ServiceNames,
  now: number,
): Found[] {
  return certificates.flatMap(({ metadata, spec, status }) => {
    const notAfter = status?.notAfter ?? null;
    if (notAfter === null || notAfter > now) return [];
    const reason = conditionOf(status?.conditions, 'Ready', 'False')?.message ?? '';
    const told: Told = {
      kind: 'certificate-expired',
      since: notAfter,
      message: `the certificate for ${spec.dnsNames.join(', ') || metadata.name} has ended${reason && `: ${reason}`}`,
    };
    const named = spec.dnsNames.flatMap((name) => names.resolve(name) ?? [])[0];
    if (named === undefined) return of(owners, 'Certificate', metadata, [told]);
    const object = `certificate ${fullName(metadata)}`;
    return [{ ...told, service: named, host: null, object, of: object, until: null, count: 1 }];
  });
}

function conditionOf(
  conditions: readonly StatusCondition[] | undefined,
  type: string,
  status: 'True' | 'False',
): StatusCondition | undefined {
  return conditions?.find((one) => one.type === type && one.status === status);
}

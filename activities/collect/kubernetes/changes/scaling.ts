import type { Change } from '../../../../model/change.js';
import { fullName, lastWriteOf } from '../metadata.js';
import type { Autoscaler, Event, Workload } from '../objects.js';
import type { Owners } from '../owners.js';
import { spanOf } from '../conditions/events.js';
import { newestReplicaSets, zeroSince } from '../conditions/workloads.js';
import { changeOf, within, type Window } from './change.js';

/** What the controller says of every step: `Scaled down replica set payment-7f9c from 3 to 0`. */
const STEP = /^Scaled (?:up|down) replica set (\S+) (?:from (\d+) to (\d+)|to (\d+)(?: from (\d+))?)/;

/** Steps of several replica sets so near to one another are one rollout. */
const ROLLOUT_SECONDS = 600;
/** How far the controller's word may come after the write. */
const SAME_SECONDS = 60;

interface Step {
  deployment: string;
  set: string;
  from: number | null;
  to: number;
  time: number;
}

/**
 * Workloads that were scaled without a rollout, by the controller's events or by who wrote their scale, and autoscalers
 * whose limits were written.
 */
export function scalings(
  {
    deployments,
    statefulSets,
    events,
    autoscalers,
    replicaSets,
  }: {
    deployments: readonly Workload[];
    statefulSets: readonly Workload[];
    replicaSets: readonly Workload[];
    autoscalers: readonly Autoscaler[];
    /** Those with the reason ScalingReplicaSet. */
    events: readonly Event[];
  },
  owners: Owners,
  window: Window,
  source: string,
): Change[] {
  const made = new Map(
    replicaSets.map(({ metadata }) => [fullName(metadata), metadata.creationTimestamp ?? 0]),
  );
  const steps = events.flatMap((event) => stepOf(event, window.to) ?? []);
  const told = steps.filter((step) => within(step.time, window) && isScaling(step, steps, made));
  const byEvent = told.map((step) => ({ kind: 'Deployment', name: step.deployment, ...step }));
  const newest = newestReplicaSets(replicaSets, owners);
  const written = [...listed('Deployment', deployments), ...listed('StatefulSet', statefulSets)].flatMap(
    ({ kind, workload }) => {
      const { metadata, spec } = workload;
      const scale = metadata.managedFields.filter(({ subresource }) => subresource === 'scale');
      const time =
        lastWriteOf({ managedFields: scale }, ['spec', 'replicas'])?.time ??
        zeroSince(workload, newest.get(fullName(workload.metadata)))?.time ??
        null;
      const name = fullName(metadata);
      const isTold = told.some(
        (step) => step.deployment === name && Math.abs(step.time - (time ?? 0)) <= SAME_SECONDS,
      );
      return within(time, window) && !isTold
        ? [{ kind, name, from: null, to: spec.replicas ?? 1, time }]
        : [];
    },
  );
  const all = new Map(
    [...listed('Deployment', deployments), ...listed('StatefulSet', statefulSets)].map(
      ({ kind, workload }) => [`${kind} ${fullName(workload.metadata)}`, workload.metadata],
    ),
  );
  const scaled = [...byEvent, ...written].flatMap(({ kind, name, from, to, time }) => {
    const metadata = all.get(`${kind} ${name}`);
    const service = metadata ? owners.serviceOf(kind, metadata) : null;
    if (metadata === undefined || service === null) return [];
    const title = `${kind} ${name} scaled ${from === null ? '' : `from ${from} `}to ${to} replicas`;
    const by = lastWriteOf(metadata, ['spec', 'replicas'])?.manager ?? '';
    const id = `scale ${name} ${time}`;
    return [
      changeOf({ id, kind: 'scaling', time, service, title, details: [by && `written by ${by}`] }, source),
    ];
  });
  return [...scaled, ...autoscalers.flatMap((one) => limitsWritten(one, owners, window, source))];
}

function listed(kind: string, workloads: readonly Workload[]): { kind: string; workload: Workload }[] {
  return workloads.map((workload) => ({ kind, workload }));
}

function stepOf(event: Event, now: number): Step | null {
  const [, set, from, to, onlyTo, before] = STEP.exec(event.message) ?? [];
  if (set === undefined) return null;
  const { namespace } = event.involvedObject;
  const earlier = from ?? before;
  return {
    deployment: fullName(event.involvedObject),
    set: `${namespace}/${set}`,
    from: earlier === undefined ? null : Number(earlier),
    to: Number(to ?? onlyTo),
    time: spanOf(event, now).since,
  };
}

/** A step of a replica set that is not new, while no other one of its deployment moves. */
function isScaling(step: Step, steps: readonly Step[], made: ReadonlyMap<string, number>): boolean {
  const isNew = Math.abs((made.get(step.set) ?? -Infinity) - step.time) <= SAME_SECONDS;
  const isRollout = steps.some(
    (other) =>
      other.deployment === step.deployment &&
      other.set !== step.set &&
      Math.abs(other.time - step.time) <= ROLLOUT_SECONDS,
  );
  return !isNew && !isRollout;
}

function limitsWritten(
  { metadata, spec }: Autoscaler,
  owners: Owners,
  window: Window,
  source: string,
): Change[] {
  const write = lastWriteOf(metadata, ['spec', 'maxReplicas']);
  if (write === null || !within(write.time, window)) return [];
  const { kind, name } = spec.scaleTargetRef;
  const service = owners.serviceOf(kind, { ...metadata, name, ownerReferences: [] });
  if (service === null) return [];
  const id = `horizontalpodautoscaler ${fullName(metadata)} ${metadata.resourceVersion}`;
  const title = `Autoscaler ${fullName(metadata)} written: at most ${spec.maxReplicas} replicas`;
  const details = [`written by ${write.manager}`];
  return [changeOf({ id, kind: 'scaling', time: write.time, service, title, details }, source)];
}

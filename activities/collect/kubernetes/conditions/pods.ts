import type { Owners } from '../owners.js';
import { fullName } from '../metadata.js';
import type { ContainerStatus, Event, Pod, StatusCondition } from '../objects.js';
import { ofRoot, type Found } from './found.js';
import { kindOfReason } from './reasons.js';

/** A container that failed less often may have had one bad moment; more often it is a loop. */
const LOOP_FROM = 2;

/** A pod that is not ready for less time may just be starting. */
const STARTING_SECONDS = 60;

/** Exit codes of processes that were told to end: 128 and SIGKILL, SIGTERM. */
const ENDED_BY_SIGNAL = [137, 143];

/** What the pods of services say is wrong with them. `now` is when they were read, unix seconds. */
export function podConditions(
  pods: readonly Pod[],
  events: readonly Event[],
  owners: Owners,
  now: number,
): Found[] {
  const killed = podsWith(events, /^(Liveness|Startup) probe/);
  const probed = podsWith(events, /probe/);
  return pods.flatMap((pod) => {
    const service = owners.serviceOf('Pod', pod.metadata);
    if (service === null) return [];
    const name = fullName(pod.metadata);
    const base: PodBase = {
      service,
      host: null,
      object: `pod ${name}`,
      of: ofRoot(owners.rootOf('Pod', pod.metadata)),
    };
    const { containerStatuses, initContainerStatuses } = pod.status;
    const troubles = [
      ...initContainerStatuses.flatMap((one) => containerTrouble(pod, one, true, false) ?? []),
      ...containerStatuses.flatMap((one) => containerTrouble(pod, one, false, killed.has(name)) ?? []),
      ...podTrouble(pod),
    ];
    // That a probe fails is why it is not ready.
    const told = troubles.length > 0 || probed.has(name) ? troubles : notReady(pod, now);
    return told.map((trouble) => ({ ...base, ...trouble }));
  });
}

type PodBase = Pick<Found, 'service' | 'host' | 'object' | 'of'>;
type Trouble = Omit<Found, keyof PodBase>;

/** Pods, by full name, of which kubelet says that such a probe fails; it restarts those of two kinds of probes. */
function podsWith(events: readonly Event[], probe: RegExp): Set<string> {
  return new Set(
    events
      .filter(({ reason, message }) => reason === 'Unhealthy' && probe.test(message))
      .map(({ involvedObject }) => fullName(involvedObject)),
  );
}

function containerTrouble(
  pod: Pod,
  container: ContainerStatus,
  isInit: boolean,
  isKilledByProbe: boolean,
): Trouble | null {
  const { name, state, lastState, restartCount } = container;
  const waiting = state?.waiting;
  const ended = state?.terminated ?? lastState?.terminated;
  const running = state?.running?.startedAt ?? null;
  const part = `${isInit ? 'init container' : 'container'} ${name}`;
  const count = Math.max(1, restartCount);
  const since = Math.min(notReadySince(pod) ?? Infinity, ended?.finishedAt ?? Infinity, running ?? Infinity);
  const begun = Number.isFinite(since) ? since : (pod.metadata.creationTimestamp ?? 0);
  const exit = ended && `ended with exit code ${ended.exitCode}${ended.reason && ` (${ended.reason})`}`;
  const detail = [ended?.message, waiting?.message].filter(Boolean).join('; ');
  const told = (kind: Found['kind'], words: string, from: number, until: number | null): Trouble => ({
    ...{ kind, count, until, since: from },
    message: detail === '' ? `${part} ${words}` : `${part} ${words}: ${detail}`,
  });
  if (ended?.reason === 'OOMKilled') {
    const words = `ended with exit code ${ended.exitCode}: out of memory`;
    return told('out-of-memory', words, ended.finishedAt ?? begun, running);
  }
  const isLoop =
    waiting?.reason === 'CrashLoopBackOff' ||
    (ended !== null && ended !== undefined && ended.exitCode !== 0 && restartCount >= LOOP_FROM);
  if (isLoop) {
    const words = `${exit ?? 'ends'}, restarted ${restartCount} times`;
    const isProbe = isKilledByProbe && ENDED_BY_SIGNAL.includes(ended?.exitCode ?? 0);
    if (isProbe) return told('probe-failing', `${words} since its probe fails`, begun, running);
    return told(isInit ? 'start-failed' : 'crash-loop', words, begun, running);
  }
  const reason = waiting?.reason ?? ended?.reason ?? '';
  const kind = kindOfReason(reason, waiting?.message ?? '');
  if (kind === null || running !== null) return null;
  return told(kind, `of image ${container.image} waits (${reason})`, begun, null);
}

/** Since when the pod is not ready, null while it is. */
function notReadySince({ status }: Pod): number | null {
  const ready = status.conditions.find(({ type }) => type === 'Ready');
  return ready?.status === 'False' ? (ready.lastTransitionTime ?? status.startTime) : null;
}

function podTrouble({ metadata, status }: Pod): Trouble[] {
  const scheduled = status.conditions.find(({ type }) => type === 'PodScheduled');
  if (scheduled?.status === 'False' && scheduled.reason === 'Unschedulable') {
    const since = scheduled.lastTransitionTime ?? metadata.creationTimestamp ?? 0;
    return [{ kind: 'unschedulable', since, until: null, message: scheduled.message, count: 1 }];
  }
  if (status.phase === 'Failed' && status.reason === 'Evicted') {
    const ended = [...status.containerStatuses].flatMap(({ state }) => state?.terminated?.finishedAt ?? []);
    const disrupted = status.conditions.find(({ type }) => type === 'DisruptionTarget')?.lastTransitionTime;
    const since = disrupted ?? ended[0] ?? status.startTime ?? metadata.creationTimestamp ?? 0;
    // The pod stays as it is: that it was evicted is over, what it meant may last.
    return [{ kind: 'evicted', since, until: since, message: status.message, count: 1 }];
  }
  return [];
}

function notReady({ status }: Pod, now: number): Trouble[] {
  const ready: StatusCondition | undefined = status.conditions.find(({ type }) => type === 'Ready');
  const since = ready?.lastTransitionTime ?? null;
  if (status.phase !== 'Running' || ready?.status !== 'False' || since === null) return [];
  if (now - since < STARTING_SECONDS) return [];
  const message = ready.message || ready.reason || 'the pod is not ready';
  return [{ kind: 'not-ready', since, until: null, message, count: 1 }];
}

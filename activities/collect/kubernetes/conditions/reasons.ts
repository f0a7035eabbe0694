import type { ConditionKind } from '../../../../model/condition.js';

/*
 * The words in which kubelet, scheduler and controllers say what is wrong (Kubernetes v1.36), and what they mean. One
 * table serves the waiting containers, the events and the failures of controllers.
 */

interface Reason {
  kind: ConditionKind;
  /** The machine's word for it. */
  reason: RegExp;
  /** What its message must say as well. */
  message?: RegExp;
}

/** What an administrator's limits refuse: ResourceQuota and LimitRange. */
const BEYOND_LIMIT = /exceeded quota|(?:maximum|minimum) \S+ usage|must specify (?:limits|requests)/i;
/** A volume or an environment that names an object that is not there: a mistake of the settings, and none of a disk. */
const MISSING_OBJECT =
  /(?:configmap|secret|serviceaccount|key) ?"?\S* (?:in \S+ )?not found|references non-existent/i;

const REASONS: readonly Reason[] = [
  {
    kind: 'image-pull',
    reason:
      /^(ErrImagePull|ImagePullBackOff|InvalidImageName|ErrImageNeverPull|ImageInspectError|RegistryUnavailable|SignatureValidationFailed)$/,
  },
  {
    kind: 'image-pull',
    reason: /^(BackOff|Failed|InspectFailed)$/,
    message: /pull(?:ing)? image|ImagePull|inspect image/i,
  },
  { kind: 'crash-loop', reason: /^CrashLoopBackOff$/ },
  { kind: 'crash-loop', reason: /^BackOff$/, message: /restarting failed container/i },
  { kind: 'out-of-memory', reason: /^(OOMKilled|OOMKilling)$/ },
  { kind: 'probe-failing', reason: /^(Unhealthy|ProbeError)$/ },
  { kind: 'evicted', reason: /^(Evicted|Preempted)$/ },
  { kind: 'unschedulable', reason: /^(FailedScheduling|Unschedulable)$/ },
  { kind: 'quota-exceeded', reason: /^FailedCreate$/, message: BEYOND_LIMIT },
  { kind: 'start-failed', reason: /^FailedMount$/, message: MISSING_OBJECT },
  {
    kind: 'volume-failed',
    reason:
      /^(FailedMount|FailedAttachVolume|FailedMapVolume|ProvisioningFailed|FailedBinding|VolumeResizeFailed)$/,
  },
  { kind: 'job-failed', reason: /^BackoffLimitExceeded$/ },
  {
    kind: 'start-failed',
    reason:
      /^(CreateContainerConfigError|CreateContainerError|RunContainerError|PostStartHookError|StartError|ContainerCannotRun|FailedCreate|FailedCreatePodSandBox|FailedPostStartHook)$/,
  },
  { kind: 'start-failed', reason: /^Failed$/, message: /^Error: /i },
  { kind: 'node-not-ready', reason: /^(NodeNotReady)$/ },
];

/** What a reason means; null for those that tell of no trouble, or of none that is known here. */
export function kindOfReason(reason: string, message: string): ConditionKind | null {
  const found = REASONS.find(
    (one) => one.reason.test(reason) && (one.message === undefined || one.message.test(message)),
  );
  return found?.kind ?? null;
}

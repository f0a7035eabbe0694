import type { QueryDefinition, SignalDefinition, UpdateDefinition } from '@temporalio/common';
import type { Anomaly } from './anomaly.js';
import type { IncidentMessage, TriageMessage } from './delivery.js';
import type { GuardRequest, GuardState } from './guard.js';
import type { HeartbeatMessage, HeartbeatState } from './heartbeat.js';
import type { IncidentRecord } from './incident.js';
import type {
  Acknowledgement,
  Cancellation,
  FeedbackGiven,
  IncidentStatus,
  Progress,
  RaiseAnswer,
  RerunRequest,
} from './progress.js';
import type { Merge, Moved, Split, TriageState } from './triage.js';

/*
 * What client, workflows and workers must agree on: names, and every signal, update and query with its types.
 * No zod here: workflow code imports it by value.
 */

/** Where incident and triage workflows run, and their short activities. */
export const TASK_QUEUE = 'faultline';
/** Where activities run that read sources, and those that analyse: a worker has slots of their own for them. */
export const COLLECT_TASK_QUEUE = 'faultline-collect';
export const ANALYSIS_TASK_QUEUE = 'faultline-analysis';

/** Where checks run that ask what only workers of one zone can reach. */
export function zoneTaskQueue(zone: string): string {
  return `faultline-checks-${zone}`;
}

/** Workflow types. */
export const TRIAGE_WORKFLOW = 'triage';
export const DIAGNOSE_WORKFLOW = 'diagnoseIncident';

/** One triage workflow takes the anomalies of one environment. */
export function triageWorkflowId(environment: string): string {
  return `triage/${environment}`;
}

/*
 * Plain objects instead of `defineSignal` and its like: those would load the workflow package in every client.
 */
function signal<Args extends unknown[]>(name: string): SignalDefinition<Args> {
  return { type: 'signal', name } as SignalDefinition<Args>;
}
function update<Answer, Args extends unknown[]>(name: string): UpdateDefinition<Answer, Args> {
  return { type: 'update', name } as UpdateDefinition<Answer, Args>;
}
function query<Answer, Args extends unknown[] = []>(name: string): QueryDefinition<Answer, Args> {
  return { type: 'query', name } as QueryDefinition<Answer, Args>;
}

/** To triage: anomalies as their source reported them, firing and resolved, repeats included. */
export const anomaliesRaised = signal<[Anomaly[]]>('anomaliesRaised');
/** To triage, from incidents: they closed, or opened again. */
export const triageMessages = signal<[TriageMessage[]]>('triageMessages');
/** To triage: as `anomaliesRaised`, but waits and answers which incident took each anomaly. */
export const raise = update<RaiseAnswer, [Anomaly[]]>('raise');
/** To triage: two open incidents are one; the first gives its anomalies away and ends. */
export const mergeIncidents = update<Moved, [Merge]>('merge');
/** To triage: the anomalies of one service get an incident of their own. */
export const splitIncident = update<Moved, [Split]>('split');
/** To triage: what is open, what was counted, and what was placed nowhere and why. */
export const triageState = query<TriageState>('triageState');
/** To triage: the incident of each of these fingerprints, null for an unknown one. */
export const whereabouts = query<(string | null)[], [string[]]>('whereabouts');

/** To an incident, from triage and other incidents: its alerts, and which of them to give away. */
export const incidentMessages = signal<[IncidentMessage[]]>('incidentMessages');
/** To an incident: a person works on it. */
export const acknowledge = update<IncidentStatus, [Acknowledgement]>('acknowledge');
/** To an incident: a person says whether the root cause is right, and which it is. */
export const giveFeedback = update<IncidentStatus, [FeedbackGiven]>('feedback');
/** To an incident: investigate now, do not wait for the timer. */
export const rerun = update<IncidentStatus, [RerunRequest]>('rerun');
/** To an incident: stop and close it. */
export const cancel = update<IncidentStatus, [Cancellation]>('cancel');

/** Of an incident: where its investigation is. */
export const progress = query<Progress>('progress');
/** Of an incident: its record as it stands, at most 512 KiB, with an excerpt of the diagnosis. */
export const record = query<IncidentRecord>('record');

/** Custom search attributes, by name and Temporal type; `faultline doctor` and the dev server register them. */
export const SEARCH_ATTRIBUTES = {
  FaultlineService: 'KEYWORD',
  FaultlineSeverity: 'KEYWORD',
  FaultlineState: 'KEYWORD',
  FaultlineRootCause: 'KEYWORD',
  FaultlineFaultKind: 'KEYWORD',
  FaultlineVerdict: 'KEYWORD',
  FaultlineConfidence: 'DOUBLE',
  FaultlineFeedback: 'KEYWORD',
  FaultlineEnvironment: 'KEYWORD',
} as const;
export type SearchAttributeName = keyof typeof SEARCH_ATTRIBUTES;

/** Field of an incident's memo: the title of the alert that opened it, for lists. */
export const TITLE_MEMO = 'title';
/** A longer title is cut in the memo, which every list of incidents carries. */
export const MAX_TITLE_MEMO = 200;

/** One look of a watch; its schedule is `watch/<environment>/<name>`. */
export const WATCH_WORKFLOW = 'watch';

export function watchScheduleId(environment: string, name: string): string {
  return `watch/${environment}/${name}`;
}

/** Watches one heartbeat: one run for each, which never ends. */
export const HEARTBEAT_WORKFLOW = 'heartbeat';
/** To a heartbeat: it was heard of. */
export const heartbeatMessage = signal<[HeartbeatMessage]>('heartbeatMessage');
/** Of a heartbeat: when it was last heard of. */
export const heartbeatState = query<HeartbeatState>('heartbeatState');

export function heartbeatId(environment: string, name: string): string {
  return `heartbeat/${environment}/${name}`;
}

/** Keeps changes that were reported: one short run for each report. */
export const KEEP_CHANGES_WORKFLOW = 'keepChanges';

/** Watches one rollout. */
export const GUARD_WORKFLOW = 'guardRollout';
/** Of a deploy guard: what it has seen by now. */
export const guardState = query<GuardState>('guardState');

/** A guard of the same service, or of the same change of it, is the same guard while it runs. */
export function guardId({
  environment,
  service,
  changeId,
}: Pick<GuardRequest, 'environment' | 'service' | 'changeId'>): string {
  return ['guard', environment, service, ...(changeId === null ? [] : [changeId])].join('/');
}

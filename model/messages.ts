import type { QueryDefinition, SignalDefinition, UpdateDefinition } from '@temporalio/common';
import type { Anomaly } from './anomaly.js';
import type { Diagnosis } from './diagnosis.js';
import type { IncidentRecord } from './incident.js';
import type {
  Acknowledgement,
  Cancellation,
  FeedbackGiven,
  Progress,
  RaiseAnswer,
  RerunRequest,
} from './progress.js';
import type { Merge, Moved, MoveOrder, Split, TriageState } from './triage.js';

/*
 * What client, workflows and workers must agree on: names, and every signal, update and query with its types.
 * No zod here: workflow code imports it by value.
 */

/** Where incident and triage workflows run, and their short activities. */
export const TASK_QUEUE = 'faultline';
/** Where activities run that read sources, and those that analyse: a worker has slots of their own for them. */
export const COLLECT_TASK_QUEUE = 'faultline-collect';
export const ANALYSIS_TASK_QUEUE = 'faultline-analysis';

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
/** To triage, from an incident that has ended: its workflow id. */
export const incidentClosed = signal<[string]>('incidentClosed');
/** To triage, from an incident that an anomaly reached after its end: its workflow id, and what made it open again. */
export const incidentReopened = signal<[string, Anomaly[]]>('incidentReopened');
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

/** To an incident: further anomalies that belong to it. */
export const anomalyAdded = signal<[Anomaly[]]>('anomalyAdded');
/** To an incident: anomalies of it that are over. */
export const anomalyResolved = signal<[Anomaly[]]>('anomalyResolved');
/** To an incident: anomalies that are another's from now on. */
export const anomaliesMoved = signal<[MoveOrder]>('anomaliesMoved');
/** To an incident: a person works on it. */
export const acknowledge = update<IncidentRecord, [Acknowledgement]>('acknowledge');
/** To an incident: a person says whether the root cause is right, and which it is. */
export const giveFeedback = update<IncidentRecord, [FeedbackGiven]>('feedback');
/** To an incident: investigate now, do not wait for the timer. */
export const rerun = update<IncidentRecord, [RerunRequest]>('rerun');
/** To an incident: stop and close it. */
export const cancel = update<IncidentRecord, [Cancellation]>('cancel');

/** Of an incident: where its investigation is. */
export const progress = query<Progress>('progress');
/** Of an incident: its latest diagnosis, null before the first. */
export const diagnosis = query<Diagnosis | null>('diagnosis');
/** Of an incident: its whole record as it stands. */
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
  FaultlineEnvironment: 'KEYWORD',
} as const;
export type SearchAttributeName = keyof typeof SEARCH_ATTRIBUTES;

/** One look of a watch; its schedule is `watch/<environment>/<name>`. */
export const WATCH_WORKFLOW = 'watch';

export function watchScheduleId(environment: string, name: string): string {
  return `watch/${environment}/${name}`;
}

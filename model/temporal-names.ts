/** Names that client, workflows and workers must agree on. No zod here: workflow code imports it by value. */

/** Where incident and triage workflows and their activities run. */
export const TASK_QUEUE = 'faultline';

/** Workflow types. */
export const TRIAGE_WORKFLOW = 'triage';
export const DIAGNOSE_WORKFLOW = 'diagnoseIncident';

/** One triage workflow takes the anomalies of one environment. */
export function triageWorkflowId(environment: string): string {
  return `triage/${environment}`;
}

/** Signals, updates and queries of the triage workflow. */
export const ANOMALIES_RAISED = 'anomaliesRaised';
export const INCIDENT_CLOSED = 'incidentClosed';
export const INCIDENT_REOPENED = 'incidentReopened';
export const RAISE = 'raise';
export const MERGE = 'merge';
export const SPLIT = 'split';
export const TRIAGE_STATE = 'triageState';
export const WHEREABOUTS = 'whereabouts';

/** Signals, updates and queries of an incident's workflow. */
export const ANOMALY_ADDED = 'anomalyAdded';
export const ANOMALY_RESOLVED = 'anomalyResolved';
export const ANOMALIES_MOVED = 'anomaliesMoved';
export const ACKNOWLEDGE = 'acknowledge';
export const VERDICT = 'verdict';
export const LOOK_AGAIN = 'lookAgain';
export const CANCEL = 'cancel';
export const PROGRESS = 'progress';
export const DIAGNOSIS = 'diagnosis';
export const RECORD = 'record';

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

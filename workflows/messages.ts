import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { Anomaly } from '../model/anomaly.js';
import type { Diagnosis } from '../model/diagnosis.js';
import type { IncidentRecord } from '../model/incident.js';
import type {
  Acknowledgement,
  Cancellation,
  LookRequest,
  Progress,
  RaiseAnswer,
  VerdictGiven,
} from '../model/progress.js';
import * as names from '../model/temporal-names.js';
import type { Merge, Moved, MoveOrder, Split, TriageState } from '../model/triage.js';

/** To triage: anomalies as their source reported them, firing and resolved, repeats included. */
export const anomaliesRaised = defineSignal<[Anomaly[]]>(names.ANOMALIES_RAISED);
/** To triage, from an incident that has ended: its workflow id. */
export const incidentClosed = defineSignal<[string]>(names.INCIDENT_CLOSED);
/** To triage, from an incident that had ended when an anomaly reached it: its workflow id, and what made it open again. */
export const incidentReopened = defineSignal<[string, Anomaly[]]>(names.INCIDENT_REOPENED);
/** To triage: as `anomaliesRaised`, but waits and answers which incident took each anomaly. */
export const raise = defineUpdate<RaiseAnswer, [Anomaly[]]>(names.RAISE);

/** To triage: two open incidents are one; the first hands its anomalies over and ends. */
export const mergeIncidents = defineUpdate<Moved, [Merge]>(names.MERGE);
/** To triage: the anomalies of one service get an incident of their own. */
export const splitIncident = defineUpdate<Moved, [Split]>(names.SPLIT);
/** To triage: what is open, what was counted, and what was placed nowhere and why. */
export const triageState = defineQuery<TriageState>(names.TRIAGE_STATE);
/** To triage: the incident of each of these fingerprints, null for those that none knows. */
export const whereabouts = defineQuery<(string | null)[], [string[]]>(names.WHEREABOUTS);

/** To an incident: further anomalies that belong to it. */
export const anomalyAdded = defineSignal<[Anomaly[]]>(names.ANOMALY_ADDED);
/** To an incident: anomalies of it that are over. */
export const anomalyResolved = defineSignal<[Anomaly[]]>(names.ANOMALY_RESOLVED);
/** To an incident: anomalies that are another's from now on. */
export const anomaliesMoved = defineSignal<[MoveOrder]>(names.ANOMALIES_MOVED);
/** To an incident: somebody is on it. */
export const acknowledge = defineUpdate<IncidentRecord, [Acknowledgement]>(names.ACKNOWLEDGE);
/** To an incident: a person says whether the root cause is right, and which it is. */
export const giveVerdict = defineUpdate<IncidentRecord, [VerdictGiven]>(names.VERDICT);
/** To an incident: look now, do not wait for the timer. */
export const lookAgain = defineUpdate<IncidentRecord, [LookRequest]>(names.LOOK_AGAIN);
/** To an incident: stop looking, close it. */
export const cancel = defineUpdate<IncidentRecord, [Cancellation]>(names.CANCEL);

export const progress = defineQuery<Progress>(names.PROGRESS);
export const diagnosis = defineQuery<Diagnosis | null>(names.DIAGNOSIS);
export const record = defineQuery<IncidentRecord>(names.RECORD);

import type { FaultKind } from './diagnosis.js';
import type { FeedbackGrade, IncidentState } from './incident.js';

/** What the `progress` query of an incident's workflow answers: where it is, for a live view. */
export interface Progress {
  state: IncidentState;
  /** One line for people, the title of the summary: `[Diagnosing] checkout: latency alert since 10:42 UTC`. */
  headline: string;
  /** A summary is saved: there is a report to read. */
  isPublished: boolean;
  /** In the order in which they run. */
  steps: ProgressStep[];
}

export type StepState = 'waiting' | 'running' | 'done' | 'failed';

export interface ProgressStep {
  /** Identity of the step within the incident, readable: `collect golden signals`. */
  name: string;
  state: StepState;
  /** What came of it, or why it failed; empty while there is nothing to say. */
  detail: string;
  /** When it began and ended, in unix seconds; `endedAt` is left out while it runs. */
  startedAt?: number;
  endedAt?: number;
}

/** What an update of an incident answers: it was taken, and this is the incident's state now. */
export interface IncidentStatus {
  id: string;
  state: IncidentState;
}

/** What the `raise` update of the triage workflow answers: where each anomaly went. */
export interface RaiseAnswer {
  incidents: RaisedIncident[];
}

export interface RaisedIncident {
  /** The anomaly's own fingerprint. */
  fingerprint: string;
  /** The incident that looks after it. */
  workflowId: string;
  /** True when that incident was open before this call. */
  joined: boolean;
}

/** Argument of the `acknowledge` update. */
export interface Acknowledgement {
  by: string;
}

/** Argument of the `feedback` update: what a person says about the root cause. */
export interface FeedbackGiven {
  grade: FeedbackGrade;
  /** Where it really began; null when the diagnosis was right or nobody knows. */
  service: string | null;
  faultKind: FaultKind | null;
  note: string;
  by: string;
}

/** Argument of the `rerun` update: look now, whatever the timers say. */
export interface RerunRequest {
  by: string;
}

/** Argument of the `cancel` update. */
export interface Cancellation {
  by: string;
  reason: string;
}

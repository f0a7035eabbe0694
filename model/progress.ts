import type { FaultKind } from './diagnosis.js';
import type { IncidentState } from './incident.js';

/** What the PROGRESS query of an incident's workflow answers: where it is, for a live view. */
export interface Progress {
  state: IncidentState;
  /** One line for people, the title of the summary: `[Diagnosing] checkout: latency alert since 10:42 UTC`. */
  headline: string;
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

/** What the RAISE update of the triage workflow answers: where each anomaly went. */
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

/** Argument of the ACKNOWLEDGE update. */
export interface Acknowledgement {
  by: string;
}

/** Argument of the VERDICT update: what a person says about the root cause. */
export interface VerdictGiven {
  correct: boolean;
  /** Where it really began; null when the diagnosis was right or nobody knows. */
  service: string | null;
  faultKind: FaultKind | null;
  note: string;
  by: string;
}

/** Argument of the LOOK_AGAIN update: look now, whatever the timers say. */
export interface LookRequest {
  by: string;
}

/** Argument of the CANCEL update. */
export interface Cancellation {
  by: string;
  reason: string;
}

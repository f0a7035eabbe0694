import type { Anomaly } from '../model/anomaly.js';
import type { IncidentRecord } from '../model/incident.js';
import type {
  Acknowledgement,
  Cancellation,
  RerunRequest,
  Progress,
  RaisedIncident,
  FeedbackGiven,
} from '../model/progress.js';
import type { Moved } from '../model/triage.js';
import type { IncidentFilters, IncidentRow } from './incident-list.js';
import type { StartRequest } from './manual-anomaly.js';

export interface IncidentList {
  incidents: IncidentRow[];
  /** Whether there are more than were asked for. */
  more: boolean;
}

export interface WatchOptions {
  /** Time between two looks. @default 1000 */
  everyMilliseconds?: number | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * Everything a client can do with incidents. `id` is a whole workflow id, or a beginning or end of one that fits
 * a single incident. Every method rejects with TemporalUnavailable when Temporal does not take the call; those
 * that concern one incident also with IncidentNotFound, AmbiguousId, NoWorker and Refused (errors.ts).
 */
export interface Incidents {
  /**
   * Hands anomalies to triage: one signal per environment, more when they are very many. Resolves when Temporal
   * holds them durably, whether or not a worker runs. Triage knows repeats, so calling again does no harm.
   */
  raise(anomalies: Anomaly[], options: { timeoutSeconds: number }): Promise<void>;
  /** Starts the diagnosis of what a person saw, or names the incident that looks after it already. */
  start(request: StartRequest): Promise<RaisedIncident>;
  /** The incident's whole record as it stands. Of a closed incident it needs no worker. */
  show(id: string): Promise<IncidentRecord>;
  progress(id: string): Promise<Progress>;
  /** Yields the progress whenever it changed, and ends when a summary is out or the incident is closed. */
  watch(id: string, options?: WatchOptions): AsyncIterable<Progress>;
  /** Newest first. Needs no worker. */
  list(filters: IncidentFilters, options: { limit: number }): Promise<IncidentList>;
  acknowledge(id: string, given: Acknowledgement): Promise<IncidentRecord>;
  giveFeedback(id: string, given: FeedbackGiven): Promise<IncidentRecord>;
  /** Looks now instead of when its timer is due. Resolves when the incident has taken it, not when it has looked. */
  rerun(id: string, given: RerunRequest): Promise<IncidentRecord>;
  /** Stops and closes an incident. Takes a whole id only: rejects with BadInput for a part of one. */
  cancel(id: string, given: Cancellation): Promise<IncidentRecord>;
  /** Makes two open incidents of one environment one: the first hands its alerts over and ends. */
  merge(id: string, into: string, given: { by: string }): Promise<Moved>;
  /** Gives the alerts of one service an incident of their own. */
  split(id: string, given: { service: string; by: string }): Promise<Moved>;
  /** The whole id behind a part of one. */
  findId(part: string): Promise<string>;
  /** Resolves when Temporal answers and has the namespace. */
  ready(options: { timeoutSeconds: number }): Promise<void>;
  close(): Promise<void>;
}

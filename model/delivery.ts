import type { Anomaly } from './anomaly.js';

/** What triage and incidents send each other. */

/** Alerts of an incident that are only counted: a 12-digit mark of each episode, joined, by service. */
export type CountedAlerts = Record<string, { firing: string; resolved: string }>;

/**
 * A message to an incident. The same id is the same message: an incident that knows it ignores it. Any kind may be the
 * one that starts an incident's run; the run waits for its first `firing` or `transferred`, and keeps a `resolved` that
 * comes before.
 */
export interface IncidentMessage {
  id: string;
  body:
    | { kind: 'firing'; anomalies: Anomaly[] }
    | { kind: 'resolved'; anomalies: Anomaly[] }
    /** Give the alerts of one service (null: all) to another incident; with all, or none left, end as merged. */
    | { kind: 'transfer'; to: string; service: string | null; by: string }
    /** Alerts that another incident gave away. */
    | { kind: 'transferred'; from: string; by: string; anomalies: Anomaly[]; counted: CountedAlerts };
}

/**
 * A message from an incident to triage. The same id is the same message.
 *
 * `closed`: sent once for each end, also after a merge. `reopened`: the incident is open and holds these alerts, which
 * triage may not know: an alert reached it after its end, or another incident's `transferred` reached it, also while it
 * was open. `firing` are the listed ones of its firing alerts; triage takes the incident's word for who has them.
 */
export interface TriageMessage {
  id: string;
  incident: string;
  body: { kind: 'closed' } | { kind: 'reopened'; firing: Anomaly[] };
}

/** One entry of an outbox. */
export interface OutboxItem {
  incident: string;
  environment: string;
  /** Whether the incident's workflow is started when it does not run; else it is only signalled. */
  start: boolean;
  message: IncidentMessage;
}

/**
 * What came of an entry. `ended`: the incident does not run and was not started; it knows nothing of the message. That
 * is also said of a retry that would start an incident which ended while the message was on its way; never of
 * `transferred`.
 */
export interface DeliveryResult {
  /** Of the message. */
  id: string;
  outcome: 'delivered' | 'ended';
}

/**
 * What an incident's workflow is started with, by whoever sends its first message. Its opening anomalies are in its
 * first messages, not here.
 */
export interface DiagnoseInput {
  /** The triage workflow that waits to hear when this incident ends. */
  triageId: string;
  environment: string;
}

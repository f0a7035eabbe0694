import type { Anomaly } from './anomaly.js';

/** What triage and its activities tell each other. */

/** A silence or maintenance window that holds now. */
export interface ActiveSilence {
  name: string;
  reason: string;
  /** Field or label to the pattern that must fit; `*` stands for anything. */
  match: Record<string, string>;
}

/** How anomalies are placed in one round of triage, by the worker's configuration. */
export interface TriagePolicy {
  settleSeconds: number;
  joinBy: ('group' | 'service' | 'calls')[];
  silences: ActiveSilence[];
}

/** A service with trouble, and when it last began. */
export interface TroubledService {
  name: string;
  /** Unix seconds. */
  at: number;
}

/** Services whose anomalies are known to belong together. */
export interface Trouble {
  services: TroubledService[];
}

export interface CorrelateRequest {
  /** Unix seconds. */
  at: number;
  /** What has no incident yet. */
  troubles: Trouble[];
  incidents: (Trouble & { id: string })[];
}

/** Where a trouble belongs: an open incident, or another trouble of the same request, by its index. */
export type TroubleHome =
  { kind: 'incident'; id: string; why: string } | { kind: 'trouble'; index: number; why: string };

export interface CorrelateAnswer {
  /** One for each trouble, in their order; null when it stands alone. */
  homes: (TroubleHome | null)[];
  /** Why who calls whom is not known, or only in part; null when it is known. */
  blind: string | null;
}

/** An anomaly that triage placed nowhere, counted and explained. */
export type DropReason = 'silenced' | 'end-of-unknown' | 'over-before-heard';

/** What the `triageState` query answers. */
export interface TriageState {
  counts: TriageCounts;
  open: { id: string; services: string[]; anomalies: number; flaps: number }[];
  /** The latest anomalies that were placed nowhere. */
  drops: { fingerprint: string; service: string; at: number; why: string }[];
  /** Anomalies that wait for their place. */
  waiting: number;
}

/** Every anomaly that was raised is one of these; `raised` is their sum. */
export interface TriageCounts {
  raised: number;
  /** Firing anomalies that opened or joined an incident. */
  placed: number;
  repeats: number;
  /** Ends that reached their incident. */
  ended: number;
  silenced: number;
  /** Ends of alerts that no incident knew. */
  strays: number;
  /** Alerts that were over before triage heard of them. */
  late: number;
  /** Incidents opened. */
  incidents: number;
  /** Placed anomalies of an alert that had ended in the same incident before. */
  flaps: number;
}

/** Argument of the `merge` update: two open incidents are one. */
export interface Merge {
  from: string;
  into: string;
  by: string;
}

/** Argument of the `split` update: a service of an open incident has trouble of its own. */
export interface Split {
  from: string;
  service: string;
  by: string;
  /** Those of the incident's anomalies that are of the service, at least one. */
  anomalies: Anomaly[];
}

/** What the `merge` and SPLIT updates answer: where the anomalies are now. */
export interface Moved {
  from: string;
  to: string;
}

/** Argument of an incident's `anomaliesMoved` signal: hand these over to another incident. */
export interface MoveOrder {
  to: string;
  /** Only anomalies of this service; null for all, which ends the incident. */
  service: string | null;
  by: string;
}

/** What triage, its activities and its clients exchange. */

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
  /** Names of services of their own that look alike (`mail`, `mail-service`): alerts of them do not mean one. */
  apart?: string[];
}

/** A service with alerts, and when the latest of them began. */
export interface AffectedService {
  name: string;
  /** Unix seconds. */
  at: number;
  /** Where alerts say that it is; left out where none does. */
  namespaces?: string[];
  clusters?: string[];
}

/** Services whose alerts are known to belong together. */
export interface AffectedServices {
  services: AffectedService[];
}

/** Question to the `correlate` activity. */
export interface CorrelateRequest {
  /** Unix seconds. */
  at: number;
  /** Alert groups that have no incident yet. */
  groups: AffectedServices[];
  incidents: (AffectedServices & { id: string })[];
}

/** Where an alert group belongs: an open incident, or another group of the same request, by its index. */
export type GroupTarget =
  { kind: 'incident'; id: string; why: string } | { kind: 'group'; index: number; why: string };

export interface CorrelateAnswer {
  /** One for each group, in their order; null when it stands alone. */
  targets: (GroupTarget | null)[];
  /** Why who calls whom is not known, or only in part; null when it is known. */
  blind: string | null;
}

/** Why an anomaly was placed nowhere; each is counted. */
export type DropReason = 'silenced' | 'orphan-resolve' | 'resolved-before-seen' | 'overflow' | 'malformed';

/** What the `triageState` query answers. */
export interface TriageState {
  counts: TriageCounts;
  /** How many incidents are open. */
  openIncidents: number;
  /** The 200 that were opened last. */
  open: { id: string; services: string[]; alerts: number; flaps: number }[];
  /** The latest 50 anomalies that were placed nowhere. */
  drops: TriageDrop[];
  /** Firing anomalies that wait for their incident. */
  waiting: number;
  /** Messages to incidents that are not delivered yet. */
  undelivered: number;
}

export interface TriageDrop {
  fingerprint: string;
  service: string;
  /** Unix seconds. */
  at: number;
  why: string;
}

/**
 * Every anomaly that was raised is counted once:
 * `raised = placed + duplicates + resolved + silenced + orphanResolves + resolvedBeforeSeen + overflow + malformed +
 * waiting`.
 */
export interface TriageCounts {
  raised: number;
  /** Firing anomalies that opened or joined an incident. */
  placed: number;
  /** Repeats of what is known, firing or resolved. */
  duplicates: number;
  /** Ends of alerts that an open incident has, or that wait for theirs. */
  resolved: number;
  silenced: number;
  /** Ends of alerts that triage does not know. */
  orphanResolves: number;
  /** Firing anomalies that came after the end of the same episode. */
  resolvedBeforeSeen: number;
  /** Firing anomalies beyond what may wait. */
  overflow: number;
  malformed: number;
  /** Incidents opened. */
  incidents: number;
  /** Of the placed ones those of an alert that had fired in the same incident before. */
  flaps: number;
}

/** Argument of the `merge` update: two open incidents become one. */
export interface Merge {
  from: string;
  into: string;
  by: string;
}

/** Argument of the `split` update: the alerts of a service of an open incident get an incident of their own. */
export interface Split {
  from: string;
  service: string;
  by: string;
}

/** Answer of the `merge` and `split` updates: where the alerts are now. */
export interface Moved {
  from: string;
  to: string;
}

import type { IncidentRecord, IncidentState, RevisionReason } from '../../model/incident.js';
import type { ProgressStep } from '../../model/progress.js';
import * as alerts from './alerts.js';
import { withEntry, type Timeline } from './timeline.js';
import type { Transfer } from './transfer-messages.js';

/** The parts of the record that are not kept elsewhere in the state. */
export type RecordHead = Omit<IncidentRecord, 'anomalies' | 'unlisted' | 'timeline'>;

/**
 * Everything that is known of one incident while its workflow runs, as plain data: it is carried over whole when the
 * workflow continues as new, so that nothing is lost there.
 */
export interface Incident {
  head: RecordHead;
  alerts: alerts.AlertList;
  timeline: Timeline;
  /** Steps of the present investigation, or of the last one. */
  steps: ProgressStep[];
  /** Alerts came after the present investigation began that are worth another. */
  hasFreshAlerts: boolean;
  /** A person wants another investigation. */
  isRerunWanted: boolean;
  /** How it is to end although its alerts fire; null while nobody wants that. */
  endingAs: IncidentState | null;
  /** What people did that no sink knows of yet. */
  pendingNotices: RevisionReason[];
  /** Alerts that are to be given to other incidents. */
  transfers: Transfer[];
  /** Messages with transferred alerts of which triage does not know yet that they are here. */
  unconfirmedTransfers: string[];
  /** The incident that got all alerts of this one, and gets what still comes. */
  mergedInto: string | null;
  /** Ids of the latest messages: each is taken once. */
  knownMessages: string[];
  /** The latest revision that the store has; 0 before the first. */
  savedRevision: number;
  /** Digest of the conclusion in it. */
  savedDigest: string | null;
  /** Steps of the last investigation that gave nothing. */
  failedSteps: string[];
  /** Reminders that went out, and when the last did; before the first, when the incident was opened. */
  reminders: { sent: number; lastAt: number };
}

const FINISHED: readonly IncidentState[] = ['resolved', 'expired', 'cancelled', 'merged'];

/** An incident before its first alert, opened `at` (unix seconds). */
export function newIncident(run: { id: string; runId: string; environment: string; at: number }): Incident {
  return {
    head: {
      schemaVersion: '1',
      id: run.id,
      runId: run.runId,
      revision: 0,
      revisionReason: 'first-result',
      environment: run.environment,
      service: 'unknown',
      severity: 'info',
      state: 'investigating',
      scope: null,
      diagnosis: null,
      documents: [],
      changes: [],
      checks: [],
      gaps: [],
      evidence: [],
      acknowledged: null,
      escalatedAt: null,
      feedback: null,
      publications: [],
      timings: { openedAt: run.at, firstResultAt: null, closedAt: null },
      links: [],
      product: { version: 'unknown' },
    },
    alerts: alerts.NO_ALERTS,
    timeline: { entries: [], leftOut: null },
    steps: [],
    hasFreshAlerts: false,
    isRerunWanted: false,
    endingAs: null,
    pendingNotices: [],
    transfers: [],
    unconfirmedTransfers: [],
    mergedInto: null,
    knownMessages: [],
    savedRevision: 0,
    savedDigest: null,
    failedSteps: [],
    reminders: { sent: 0, lastAt: run.at },
  };
}

/** The record as it stands. Of the diagnosis it has an excerpt; `documents` says where the whole is. */
export function recordOf({ head, alerts, timeline }: Incident): IncidentRecord {
  return { ...head, anomalies: alerts.listed, unlisted: alerts.unlisted, timeline: timeline.entries };
}

export function isFinished({ head }: Incident): boolean {
  return FINISHED.includes(head.state);
}

/** No alert of this incident fires any more. */
export function isResolved(incident: Incident): boolean {
  return alerts.areResolved(incident.alerts);
}

/** A first summary is saved, for the sinks to send. */
export function isPublished({ savedRevision }: Incident): boolean {
  return savedRevision > 0;
}

/** Somebody has acknowledged the incident, or said whether the diagnosis is right. */
export function isAttended({ head }: Incident): boolean {
  return head.acknowledged !== null || head.feedback !== null;
}

/**
 * What a reader would want to know of when it changes, from stable facts alone: the size of the blast radius counts
 * when it doubles, and what cannot be seen when a whole step gives nothing. How a gap is worded, and how many queries
 * of a step failed, differs from one investigation to the next and is no news.
 */
export function digestOf({ head, failedSteps }: Incident): string {
  const { verdict, blastRadius = [] } = head.diagnosis ?? {};
  return JSON.stringify([
    verdict?.level,
    verdict?.service,
    verdict?.faultKind,
    verdict?.changeId,
    Math.floor(Math.log2(blastRadius.length + 1)),
    head.severity,
    failedSteps.toSorted(),
  ]);
}

/** The incident with other fields of its record. */
export function withHead(incident: Incident, changes: Partial<RecordHead>): Incident {
  return { ...incident, head: { ...incident.head, ...changes } };
}

/** The incident with an entry more in its timeline. */
export function noted(incident: Incident, time: number, what: string, source = 'faultline'): Incident {
  return { ...incident, timeline: withEntry(incident.timeline, { time, what, source }) };
}

import { z } from 'zod';
import { anomaly, severity, symptomKind, unixSeconds } from './anomaly.js';
import { change } from './change.js';
import { FEEDBACK_GRADES } from './choices.js';
import { checkResult } from './check.js';
import { diagnosis, faultKind } from './diagnosis.js';
import { gap } from './gap.js';
import { serviceGraph } from './graph.js';
import { reading } from './reading.js';

/** What a diagnosis looks at: chosen before anything is pulled. */
export const scope = z.object({
  environment: z.string(),
  /** The service whose symptom is to be explained, and the symptom. */
  service: z.string(),
  symptom: symptomKind,
  services: z.array(z.string()),
  window: z.object({ start: unixSeconds, end: unixSeconds, stepSeconds: z.number().positive() }),
  /** First abnormal moment according to the alerts; the true onset is usually earlier. */
  anomalyTime: unixSeconds,
  /** Metric packs that apply to the source, by name. */
  packs: z.array(z.string()),
  /** How those packs are read; absent in a scope that was not planned over a metrics source. */
  reading: reading.optional(),
  graph: serviceGraph,
  /** Labels of the alert that name a part of the service: a version, a pod, a route. */
  alertSlices: z.record(z.string(), z.string()).optional(),
  gaps: z.array(gap),
});
export type Scope = z.infer<typeof scope>;

/** What a blob of evidence holds: series, or a table of model/telemetry.ts, model/condition.ts or model/slices.ts. */
export const evidenceKind = z.enum(['series', 'logs', 'spans', 'conditions', 'slices']);
export type EvidenceKind = z.infer<typeof evidenceKind>;

/** Points at a blob in the evidence store. */
export const evidenceRef = z.object({
  kind: evidenceKind,
  uri: z.string(),
  /** SHA-256 of the blob, hex. */
  digest: z.string(),
  bytes: z.number(),
  /** For people: `212 series of latency, errors and traffic`. */
  summary: z.string(),
});
export type EvidenceRef = z.infer<typeof evidenceRef>;

/** What a document holds: `scope` the whole scope with its graph, the others their parts of the record. */
export const documentKind = z.enum(['scope', 'changes', 'checks', 'diagnosis']);
export type DocumentKind = z.infer<typeof documentKind>;

/** Points at a JSON document in the store: a part of an investigation that is too large for workflow history. */
export const documentRef = z.object({
  kind: documentKind,
  uri: z.string(),
  bytes: z.number().int().nonnegative(),
});
export type DocumentRef = z.infer<typeof documentRef>;

/**
 * How a person judges the diagnosis. `right`: it named the root cause. `right-area`: not the cause, but near enough to
 * find it. `misleading`: to do what it said would have made things worse.
 */
export const feedbackGrade = z.enum(FEEDBACK_GRADES);
export type FeedbackGrade = z.infer<typeof feedbackGrade>;

export const feedback = z.object({
  grade: feedbackGrade,
  service: z.string().nullable(),
  faultKind: faultKind.nullable(),
  note: z.string(),
  by: z.string(),
  at: unixSeconds,
});
export type Feedback = z.infer<typeof feedback>;

export const incidentState = z.enum([
  /** The first investigation is under way. */
  'investigating',
  /** Open, investigated again from time to time. */
  'following',
  'resolved',
  'expired',
  'cancelled',
  /** Another incident has its alerts. */
  'merged',
]);
export type IncidentState = z.infer<typeof incidentState>;

export const timelineEntry = z.object({
  time: unixSeconds,
  what: z.string(),
  /** Who says so: `alertmanager`, `faultline`, a person. */
  source: z.string(),
});
export type TimelineEntry = z.infer<typeof timelineEntry>;

/** A summary that a sink accepted. */
export const publication = z.object({
  sink: z.string(),
  revision: z.number().int(),
  at: unixSeconds,
  /** Address or id at the sink, when it gave one. */
  reference: z.string().nullable(),
});
export type Publication = z.infer<typeof publication>;

/** Why a revision was made: what a reader is to be told. */
export const revisionReason = z.enum([
  'first-result',
  /** Verdict, scope or severity changed. */
  'update',
  /** Nobody has acknowledged it yet. */
  'reminder',
  /** Still nobody: those who hear of escalated incidents are told too. */
  'escalation',
  /** Somebody took it on. */
  'acknowledged',
  /** A person judged the diagnosis. */
  'feedback',
  /** The incident is over: the final report. */
  'final',
]);
export type RevisionReason = z.infer<typeof revisionReason>;

/**
 * Name of the record's JSON Schema, the same for all of version 1: a name and no address, nothing is fetched from it.
 */
export const RECORD_SCHEMA_ID = 'urn:faultline:schema:incident-record:v1';

/**
 * The versioned result of an incident: the only input of every rendering.
 * Published as JSON Schema in docs/schema/, under `RECORD_SCHEMA_ID`.
 */
export const incidentRecord = z.object({
  schemaVersion: z.literal('1'),
  /** The workflow's id. */
  id: z.string(),
  runId: z.string(),
  /** Counts what was published; a reader keeps the highest. */
  revision: z.number().int().nonnegative(),
  /** Why this revision was made. */
  revisionReason: revisionReason.default('update'),
  environment: z.string(),
  service: z.string(),
  severity,
  state: incidentState,
  /** The alerts, at most some dozens: of a storm those that say most. */
  anomalies: z.array(anomaly),
  /** Alerts of the incident that are counted and not listed. */
  unlisted: z
    .object({ firing: z.number().int().nonnegative(), resolved: z.number().int().nonnegative() })
    .default({ firing: 0, resolved: 0 }),
  scope: scope.omit({ graph: true }).nullable(),
  /** Null until the first analysis, and when none could be made: then `gaps` says why. */
  diagnosis: diagnosis.nullable(),
  /** Where scope, diagnosis, changes and checks are stored whole: a workflow itself knows excerpts of them. */
  documents: z.array(documentRef).default([]),
  changes: z.array(change),
  checks: z.array(checkResult),
  gaps: z.array(gap),
  evidence: z.array(evidenceRef),
  timeline: z.array(timelineEntry),
  acknowledged: z.object({ by: z.string(), at: unixSeconds }).nullable(),
  /** When it was escalated because nobody had acknowledged it. */
  escalatedAt: unixSeconds.nullable().default(null),
  feedback: feedback.nullable(),
  publications: z.array(publication),
  timings: z.object({
    openedAt: unixSeconds,
    firstResultAt: unixSeconds.nullable(),
    closedAt: unixSeconds.nullable(),
  }),
  links: z.array(z.object({ title: z.string(), url: z.string() })),
  product: z.object({ version: z.string() }),
});
export type IncidentRecord = z.infer<typeof incidentRecord>;

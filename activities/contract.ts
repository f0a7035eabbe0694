import type { Anomaly, Severity } from '../model/anomaly.js';
import type { Change } from '../model/change.js';
import type { CheckResult } from '../model/check.js';
import type { Diagnosis, FaultKind } from '../model/diagnosis.js';
import type { Gap } from '../model/gap.js';
import type { CorrelateAnswer, CorrelateRequest, TriagePolicy } from '../model/triage.js';
import type { WatchMemory, WatchRound } from '../model/watch.js';
import type { EvidenceRef, IncidentRecord, Publication, Scope } from '../model/incident.js';

/** Which metrics one collect activity pulls: each family has its own retries, so one failing costs only itself. */
export type MetricFamily = 'golden' | 'edges' | 'resources' | 'hosts';

/** How an incident is to be followed, decided by the worker's configuration when the incident opens. */
export interface Policy {
  families: MetricFamily[];
  /** How many leading suspects are checked. */
  checkSuspects: number;
  /** Seconds that a step which reads sources has; then it answers with what it has read. */
  sourceTimeoutSeconds: number;
  /** Where steps that read sources, and those that analyse, run. @default the workflow's own task queue */
  taskQueues?: { collect: string; analyse: string };
  /** Seconds between two looks at an incident that lasts. */
  reevaluateSeconds: number;
  /** Seconds without a firing alert after which a resolved incident is closed. */
  resolveGraceSeconds: number;
  /** Seconds after which an incident that nobody resolved is closed. */
  maxDurationSeconds: number;
  /** Seconds between two reminders while nobody acknowledges; 0 for none. Absent in histories of version 0.1. */
  remindAfterSeconds?: number;
  /** How many reminders there are at most. */
  remindTimes?: number;
  /** Seconds without an acknowledgement after which the incident is escalated; 0 for never. */
  escalateAfterSeconds?: number;
  /**
   * Seconds after the end in which a verdict is still taken; 0 for none. Absent in histories of version 0.1: such an
   * incident goes on as it began, and neither waits nor tells what people say of it.
   */
  feedbackWindowSeconds?: number;
  /** Names of the sinks that this incident's summaries go to. */
  sinks: string[];
  /** Address of the Temporal UI, for the link to the run; null when there is none. */
  uiUrl: string | null;
  /** Page on which people look at metrics, for a link; null when none is configured. */
  metricsUrl: string | null;
  /** Version of Faultline, stamped into the record. */
  productVersion: string;
}

/** Every activity of the worker. Workflows see this type only. */
export interface Activities {
  readPolicy(input: { environment: string; service: string; severity: Severity }): Promise<Policy>;

  /** How triage is to place what came in now. */
  readTriagePolicy(input: { at: number }): Promise<TriagePolicy>;

  /** Says which troubles belong together by who calls whom; the graph itself stays here. */
  correlate(input: CorrelateRequest): Promise<CorrelateAnswer>;

  /** Chooses window and step, detects metric packs, reads the topology and names the services to look at. */
  planScope(input: { environment: string; anomalies: Anomaly[]; now: number }): Promise<Scope>;

  /** Pulls one family of series for the scope into the evidence store. */
  collectMetrics(input: {
    scope: Scope;
    family: MetricFamily;
  }): Promise<{ evidence: EvidenceRef; gaps: Gap[] }>;

  /** Reads what was changed from a little before the window on. */
  collectChanges(input: { scope: Scope }): Promise<{ changes: Change[]; gaps: Gap[] }>;

  /** Runs the pure analysis in a worker thread over stored evidence. */
  analyse(input: {
    scope: Scope;
    evidence: EvidenceRef[];
    changes: Change[];
    checks: CheckResult[];
    gaps: Gap[];
  }): Promise<Diagnosis>;

  /** Runs the diagnostic checks that fit one suspect. */
  runChecks(input: {
    scope: Scope;
    service: string;
    faultKind: FaultKind;
  }): Promise<{ checks: CheckResult[]; gaps: Gap[] }>;

  /**
   * Writes the record and its report files; the same revision written twice is one file. `sinks` names those that are
   * to hear of this revision; without it (answers of earlier versions in a history) they are those of the policy.
   */
  saveRecord(input: { record: IncidentRecord }): Promise<{
    uri: string;
    reportPath: string;
    sinks?: string[];
    /** Page on which people read the report in a browser; null when none is configured. */
    reportUrl?: string | null;
  }>;

  /** Hands the saved record to one sink; a repeat of the same revision posts nothing twice. */
  publish(input: { sink: string; recordUri: string }): Promise<Publication>;

  /** One look of a watch: raises what begins and ends, and answers what the next look needs to know. */
  runWatch(input: { name: string; memory: WatchMemory; at: number }): Promise<WatchRound>;
}

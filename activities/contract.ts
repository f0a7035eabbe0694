import type { Anomaly, Severity } from '../model/anomaly.js';
import type { Change, ReportedChange } from '../model/change.js';
import type { CheckResult } from '../model/check.js';
import type { DeliveryResult, OutboxItem } from '../model/delivery.js';
import type { Diagnosis, Suspect } from '../model/diagnosis.js';
import type { Gap } from '../model/gap.js';
import type { HeartbeatState } from '../model/heartbeat.js';
import type { GuardListener, GuardLook, GuardRequest, GuardState } from '../model/guard.js';
import type { CorrelateAnswer, CorrelateRequest, TriagePolicy } from '../model/triage.js';
import type { WatchMemory, WatchRound } from '../model/watch.js';
import type { DocumentRef, EvidenceRef, IncidentRecord, Publication, Scope } from '../model/incident.js';

/** Which metrics one collect activity pulls: each family has its own retries, so one failing costs only itself. */
export type MetricFamily = 'golden' | 'edges' | 'resources' | 'hosts';

/** How an incident is to be followed, decided by the worker's configuration when the incident opens. */
export interface Policy {
  families: MetricFamily[];
  /** Seconds after an anomaly's beginning that an investigation looks at. */
  observedSeconds: number;
  /** Names of the sources beside metrics that are asked, by what they are asked for. */
  sources: { logs: string[]; traces: string[]; state: string[] };
  /** How many leading suspects are checked. */
  checkSuspects: number;
  /** Seconds that a step which reads sources has; then it answers with what it has read. */
  sourceTimeoutSeconds: number;
  /** Seconds after which an analysis gives itself up. */
  analysisTimeoutSeconds: number;
  /** Where steps that read sources, and those that analyse, run. @default the workflow's own task queue */
  taskQueues?: { collect: string; analyse: string };
  /** Seconds between two investigations of an incident that lasts. */
  reevaluateSeconds: number;
  /** Seconds without a firing alert after which a resolved incident is closed. */
  resolveGraceSeconds: number;
  /** Seconds after which an incident that nobody resolved is closed. */
  maxDurationSeconds: number;
  /** Seconds between two reminders while nobody acknowledges; 0 for none. */
  remindAfterSeconds: number;
  /** How many reminders there are at most. */
  remindTimes: number;
  /** Seconds without an acknowledgement after which the incident is escalated; 0 for never. */
  escalateAfterSeconds: number;
  /** Seconds after the end in which feedback is still taken; 0 for none. */
  feedbackWindowSeconds: number;
  /** Address of the Temporal UI, for the link to the run; null when there is none. */
  uiUrl: string | null;
  /** Pages on which people look at metrics, for links. */
  metricsPages: { title: string; url: string }[];
  /** Version of Faultline, stamped into the record. */
  productVersion: string;
}

/**
 * The steps of an investigation with their whole input and result. Those are too large for workflow history: the
 * worker offers them by reference (`Activities`, made by activities/by-reference.ts).
 */
export interface InvestigationSteps {
  /** Chooses window and step, detects metric packs, reads the topology and names the services to look at. */
  planScope(input: { environment: string; anomalies: Anomaly[]; now: number }): Promise<Scope>;

  /** Pulls one family of series for the scope into the evidence store. */
  collectMetrics(input: { scope: Scope; family: MetricFamily }): Promise<EvidenceRead>;

  /** Counts what the services of the scope wrote, by kind of line, as one source of logs tells it. */
  collectLogs(input: SourceRequest): Promise<EvidenceRead>;

  /** Samples traces through the services of the scope from one source. */
  collectTraces(input: SourceRequest): Promise<EvidenceRead>;

  /** Reads what one platform says of workloads, hosts and outside services. */
  collectState(input: SourceRequest): Promise<EvidenceRead>;

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

  /**
   * Runs those checks of one suspect that tell most of which suspect it is. `zone` is that of the worker that runs
   * them, null for those that any worker may run; the answer names further zones where checks of this suspect are to be
   * run, and how many were not worth running.
   */
  runChecks(input: {
    scope: Scope;
    service: string;
    suspects: SuspectToCheck[];
    zone?: string | null;
  }): Promise<{ checks: CheckResult[]; gaps: Gap[]; zones: string[]; left: number }>;

  /** Reads the requests of one suspect told apart by version, instance, place and endpoint. */
  collectSlices(input: { scope: Scope; service: string }): Promise<EvidenceRead>;

  /**
   * Writes the record and its report files; the same revision written twice is one file. `sinks` names those that are
   * to get this revision.
   */
  saveRecord(input: { record: IncidentRecord }): Promise<SavedRecord>;
}

/** How far a service is believed to be the cause, and by which kinds of fault. */
export type SuspectToCheck = Pick<Suspect, 'service' | 'faultKind' | 'confidence' | 'faultKinds'>;

/** What one configured source, by its name, is asked about a scope. */
export interface SourceRequest {
  scope: Scope;
  source: string;
}

/** What a source told, in the evidence store, and what it could not tell. */
export interface EvidenceRead {
  evidence: EvidenceRef;
  gaps: Gap[];
}

export interface SavedRecord {
  uri: string;
  reportPath: string;
  /** Page on which people read the report in a browser; null when none is configured. */
  reportUrl: string | null;
  sinks: string[];
}

/** What the workflow needs to know of an analysis; the whole is in the document. */
export interface Conclusion {
  diagnosis: DocumentRef;
  /** Verdict, the leading suspects with their heaviest evidence, and what to do next: at most 24 KiB. */
  excerpt: Diagnosis;
  /** The change that the verdict names, and checks that could not run: what the UI shows of them. */
  changes: Change[];
  checks: CheckResult[];
  /** Suspects that are not ruled out, best first. */
  suspects: SuspectToCheck[];
  /** What could not be seen, that which was given included. */
  gaps: Gap[];
}

/** Every activity of the worker. Workflows see this type only. */
export interface Activities {
  readPolicy(input: { environment: string; service: string; severity: Severity }): Promise<Policy>;

  /** How triage is to place what came in now. */
  readTriagePolicy(input: { at: number }): Promise<TriagePolicy>;

  /** Says which alert groups belong together by who calls whom; the graph itself stays here. */
  correlate(input: CorrelateRequest): Promise<CorrelateAnswer>;

  /** Sends messages to incidents and starts those that are to be started. Answers those that were delivered. */
  deliver(input: { items: OutboxItem[] }): Promise<DeliveryResult[]>;

  planScope(input: Parameters<InvestigationSteps['planScope']>[0]): Promise<{
    scope: DocumentRef;
    services: number;
    packs: string[];
    gaps: Gap[];
  }>;

  collectMetrics(input: { scope: DocumentRef; family: MetricFamily }): Promise<EvidenceRead>;

  collectLogs(input: { scope: DocumentRef; source: string }): Promise<EvidenceRead>;

  collectTraces(input: { scope: DocumentRef; source: string }): Promise<EvidenceRead>;

  collectState(input: { scope: DocumentRef; source: string }): Promise<EvidenceRead>;

  collectChanges(input: {
    scope: DocumentRef;
  }): Promise<{ changes: DocumentRef; count: number; gaps: Gap[] }>;

  runChecks(input: {
    scope: DocumentRef;
    service: string;
    suspects: SuspectToCheck[];
    zone?: string | null;
  }): Promise<{
    checks: DocumentRef;
    ran: number;
    failed: number;
    left: number;
    /** Absent where no check of this suspect has a zone. */
    zones?: string[];
    gaps: Gap[];
  }>;

  collectSlices(input: { scope: DocumentRef; service: string }): Promise<EvidenceRead>;

  analyse(input: {
    scope: DocumentRef;
    evidence: EvidenceRef[];
    changes: DocumentRef | null;
    checks: DocumentRef[];
    gaps: Gap[];
  }): Promise<Conclusion>;

  /** Completes the workflow's excerpt of a record from the record's documents, and saves it. */
  saveRecord(input: { record: IncidentRecord }): Promise<SavedRecord>;

  /** Hands the saved record to one sink; a repeat of the same revision posts nothing twice. */
  publish(input: { sink: string; recordUri: string }): Promise<Publication>;

  /** Keeps changes that were told to Faultline, for the diagnoses to come. One that is known changes nothing. */
  keepChanges(input: { changes: ReportedChange[] }): Promise<void>;

  /** Judges a rollout by what an investigation has read and concluded since it began. */
  judgeRollout(input: {
    documents: DocumentRef[];
    evidence: EvidenceRef[];
    request: GuardRequest;
  }): Promise<Pick<GuardLook, 'finding' | 'reason'>>;

  /** Tells where a deploy guard is to one that is configured (`guard`); nothing where none is. */
  tellGuard(input: { to: GuardListener; state: GuardState }): Promise<void>;

  /** Raises the silence of a heartbeat, or its end (unix seconds) where that is given. */
  tellHeartbeat(input: { state: HeartbeatState; endedAt: number | null }): Promise<void>;

  /** One look of a watch: raises what begins and ends, and answers what the next look needs to know. */
  runWatch(input: { name: string; memory: WatchMemory; at: number }): Promise<WatchRound>;
}

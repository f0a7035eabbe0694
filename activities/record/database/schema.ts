import type { ColumnType, Generated, Kysely } from 'kysely';
import type { Severity } from '../../../model/anomaly.js';
import type { FaultKind, Verdict } from '../../../model/diagnosis.js';
import type { FeedbackGrade, IncidentState, RevisionReason } from '../../../model/incident.js';

/** Times are read as dates and written as dates. */
type Time = ColumnType<Date, Date, Date>;
type OptionalTime = ColumnType<Date | null, Date | null, Date | null>;

/** An incident as its newest revision tells it. */
interface Incidents {
  id: string;
  environment: string;
  /** The service that the first alert is about. */
  service: string;
  severity: Severity;
  state: IncidentState;
  title: string;
  /** Start of its first alert. */
  began_at: Time;
  opened_at: Time;
  first_result_at: OptionalTime;
  acknowledged_at: OptionalTime;
  acknowledged_by: string | null;
  escalated_at: OptionalTime;
  ended_at: OptionalTime;
  level: Verdict['level'] | null;
  cause_service: string | null;
  fault_kind: FaultKind | null;
  cause_change: string | null;
  confidence: number | null;
  rules_version: string | null;
  product_version: string;
  /** Alerts, those that are counted and not listed included. */
  alerts: number;
  grade: FeedbackGrade | null;
  graded_by: string | null;
  graded_at: OptionalTime;
  /** What a person says it was. */
  true_service: string | null;
  true_kind: FaultKind | null;
  revision: number;
  record_uri: string;
}

/** Every revision that was stored, so that none is read twice. */
interface Revisions {
  record_uri: string;
  incident: string;
  opened_at: Time;
  revision: number;
  reason: RevisionReason;
  level: Verdict['level'] | null;
  cause_service: string | null;
  fault_kind: FaultKind | null;
  confidence: number | null;
  saved_at: Time;
}

interface Alerts {
  id: Generated<number>;
  incident: string;
  fingerprint: string;
  name: string;
  service: string;
  severity: Severity;
  source: string;
  began_at: Time;
  ended_at: OptionalTime;
}

interface Suspects {
  incident: string;
  place: number;
  service: string;
  fault_kind: FaultKind;
  confidence: number;
  status: string;
}

interface Changes {
  incident: string;
  change: string;
  service: string | null;
  kind: string;
  title: string;
  took_effect_at: Time;
}

interface Checks {
  incident: string;
  place: number;
  name: string;
  service: string;
  outcome: string;
  statement: string;
}

interface Deliveries {
  incident: string;
  sink: string;
  revision: number;
  delivered_at: Time;
  reference: string | null;
}

interface EvidenceReferences {
  incident: string;
  uri: string;
  kind: string;
  bytes: number;
  summary: string;
}

/** Tables of the record. Those that are not `incidents` or `revisions` hold what the newest revision lists. */
export interface RecordTables {
  incidents: Incidents;
  revisions: Revisions;
  alerts: Alerts;
  suspects: Suspects;
  changes: Changes;
  checks: Checks;
  deliveries: Deliveries;
  evidence: EvidenceReferences;
}

export type RecordDb = Kysely<RecordTables>;

import type { SymptomKind } from '../model/anomaly.js';
import type { Change } from '../model/change.js';
import type { CheckResult } from '../model/check.js';
import type { Condition } from '../model/condition.js';
import type { Gap } from '../model/gap.js';
import type { ServiceGraph } from '../model/graph.js';
import type { Series } from '../model/series.js';
import type { SliceTable } from '../model/slices.js';
import type { LogTable, SpanTable } from '../model/telemetry.js';

/** All that a diagnosis is made of. Times are unix seconds. */
export interface DiagnosisInput {
  anomaly: {
    service: string;
    symptom: SymptomKind;
    /** First abnormal moment according to the alert: late and imprecise. */
    time: number;
    /** What the alert says in words; it may name what fails. */
    title?: string;
  };
  window: { start: number; end: number; stepSeconds: number };
  graph: ServiceGraph;
  series: Series[];
  changes: Change[];
  checks: CheckResult[];
  /** Null when no such source is configured. */
  spans: SpanTable | null;
  logs: LogTable | null;
  /** What platforms say of workloads, hosts and outside services; null when no such source is configured. */
  conditions: Condition[] | null;
  /** The requests of the leading suspects, told apart; absent before any is suspected. */
  slices?: SliceTable[];
  gaps: Gap[];
}

import type { Insertable } from 'kysely';
import type { Anomaly } from '../../../model/anomaly.js';
import type { IncidentRecord } from '../../../model/incident.js';
import { recordUri, revisionOf } from '../record-keys.js';
import type { RecordTables } from './schema.js';

/** Rows of each table. */
export type Rows = { [Table in keyof RecordTables]: Insertable<RecordTables[Table]>[] };

/** What the tables hold of one revision, saved at `savedAt` (unix seconds). */
export function rowsOf(record: IncidentRecord, savedAt: number): Rows {
  const { id, diagnosis, feedback, timings, acknowledged } = record;
  const uri = recordUri(revisionOf(record));
  const conclusion = {
    level: diagnosis?.verdict.level ?? null,
    cause_service: diagnosis?.verdict.service ?? null,
    fault_kind: diagnosis?.verdict.faultKind ?? null,
    confidence: diagnosis?.verdict.confidence ?? null,
  };
  return {
    incidents: [
      {
        id,
        environment: record.environment,
        service: record.service,
        severity: record.severity,
        state: record.state,
        title: record.anomalies[0]?.title ?? record.service,
        began_at: date(beginningOf(record)),
        opened_at: date(timings.openedAt),
        first_result_at: maybeDate(timings.firstResultAt),
        acknowledged_at: maybeDate(acknowledged?.at),
        acknowledged_by: acknowledged?.by ?? null,
        escalated_at: maybeDate(record.escalatedAt),
        ended_at: maybeDate(timings.closedAt),
        ...conclusion,
        cause_change: diagnosis?.verdict.changeId ?? null,
        rules_version: diagnosis?.rulesVersion ?? null,
        product_version: record.product.version,
        alerts: record.anomalies.length + record.unlisted.firing + record.unlisted.resolved,
        grade: feedback?.grade ?? null,
        graded_by: feedback?.by ?? null,
        graded_at: maybeDate(feedback?.at),
        true_service: feedback?.service ?? null,
        true_kind: feedback?.faultKind ?? null,
        revision: record.revision,
        record_uri: uri,
      },
    ],
    revisions: [
      {
        ...{ record_uri: uri, incident: id, revision: record.revision, reason: record.revisionReason },
        ...{ opened_at: date(timings.openedAt), saved_at: date(savedAt) },
        ...conclusion,
      },
    ],
    alerts: record.anomalies.map((alert) => ({
      incident: id,
      fingerprint: alert.fingerprint,
      name: nameOf(alert),
      service: alert.service,
      severity: alert.severity,
      source: alert.source,
      began_at: date(alert.startedAt),
      ended_at: maybeDate(alert.endedAt),
    })),
    suspects: (diagnosis?.suspects ?? []).map(({ service, faultKind, confidence, status }, place) => ({
      ...{ incident: id, place: place + 1, service, fault_kind: faultKind, confidence, status },
    })),
    changes: unique(record.changes, ({ id: change }) => change).map((change) => ({
      ...{ incident: id, change: change.id, service: change.service, kind: change.kind, title: change.title },
      took_effect_at: date(change.time),
    })),
    checks: record.checks.map(({ check, service, outcome, statement }, place) => ({
      ...{ incident: id, place: place + 1, name: check, service, outcome, statement },
    })),
    deliveries: unique(record.publications, ({ sink, revision }) => `${sink} ${revision}`).map((one) => ({
      ...{ incident: id, sink: one.sink, revision: one.revision, reference: one.reference },
      delivered_at: date(one.at),
    })),
    evidence: unique(record.evidence, (one) => one.uri).map(({ uri: address, kind, bytes, summary }) => ({
      ...{ incident: id, uri: address, kind, bytes, summary },
    })),
  };
}

/** What one alert rule is called at its source. */
function nameOf({ labels, title }: Anomaly): string {
  return labels['alertname'] ?? title;
}

/** When the first alert began; an alert without a start of its own began when it was received. */
function beginningOf({ anomalies, timings: { openedAt } }: IncidentRecord): number {
  return Math.min(openedAt, ...anomalies.map(({ startedAt }) => startedAt));
}

const date = (unixSeconds: number): Date => new Date(unixSeconds * 1000);

function maybeDate(unixSeconds: number | null | undefined): Date | null {
  return unixSeconds == null ? null : date(unixSeconds);
}

function unique<T>(items: readonly T[], keyOf: (item: T) => string): T[] {
  return [...new Map(items.map((item) => [keyOf(item), item])).values()];
}

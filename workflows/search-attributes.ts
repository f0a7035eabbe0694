import { defineSearchAttributeKey, SearchAttributeType, type SearchAttributePair } from '@temporalio/common';
import { upsertSearchAttributes } from '@temporalio/workflow';
import type { Anomaly } from '../model/anomaly.js';
import type { IncidentRecord } from '../model/incident.js';
import type { SearchAttributeName } from '../model/messages.js';
import { worstSeverity } from './anomalies.js';

function keyword(name: SearchAttributeName) {
  return defineSearchAttributeKey(name, SearchAttributeType.KEYWORD);
}

const service = keyword('FaultlineService');
const severity = keyword('FaultlineSeverity');
const state = keyword('FaultlineState');
const rootCause = keyword('FaultlineRootCause');
const faultKind = keyword('FaultlineFaultKind');
const verdict = keyword('FaultlineVerdict');
const confidence = defineSearchAttributeKey(
  'FaultlineConfidence' satisfies SearchAttributeName,
  SearchAttributeType.DOUBLE,
);
const environment = keyword('FaultlineEnvironment');

/** What an incident can be found by from its first moment. */
export function openingAttributes(anomalies: Anomaly[]): SearchAttributePair[] {
  const first = anomalies[0];
  if (!first) return [];
  return [
    { key: service, value: first.service },
    { key: severity, value: worstSeverity(anomalies) },
    { key: state, value: 'scoping' },
    { key: environment, value: first.environment },
  ];
}

/** Keeps the search attributes true to the record. An inconclusive verdict names no root cause. */
export function showInSearch(record: IncidentRecord): void {
  const conclusion = record.diagnosis?.verdict;
  const named = conclusion && conclusion.level !== 'inconclusive' ? conclusion : null;
  upsertSearchAttributes([
    { key: service, value: record.service },
    { key: severity, value: record.severity },
    { key: state, value: record.state },
    { key: environment, value: record.environment },
    { key: verdict, value: conclusion?.level ?? null },
    { key: rootCause, value: record.feedback?.service ?? named?.service ?? null },
    { key: faultKind, value: record.feedback?.faultKind ?? named?.faultKind ?? null },
    { key: confidence, value: named?.confidence ?? null },
  ]);
}

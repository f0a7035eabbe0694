import {
  defineSearchAttributeKey,
  SearchAttributeType,
  type SearchAttributeUpdatePair,
} from '@temporalio/common';
import { upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import type { IncidentRecord } from '../../model/incident.js';
import type { SearchAttributeName } from '../../model/messages.js';

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
const feedback = keyword('FaultlineFeedback');
const environment = keyword('FaultlineEnvironment');

/**
 * Keeps the search attributes true to the record. Each write is an event of the history, so only what changed is
 * written: when an incident opens, when it has a conclusion, when people correct it, when it ends.
 */
export class SearchAttributes {
  /** By name; whoever started the workflow has written the first ones. */
  private readonly shown = new Map(
    workflowInfo()
      .typedSearchAttributes.getAll()
      .map(({ key, value }) => [key.name, JSON.stringify(value)]),
  );

  show(record: IncidentRecord): void {
    const changed = attributesOf(record).filter(
      ({ key, value }) => (this.shown.get(key.name) ?? 'null') !== JSON.stringify(value),
    );
    if (changed.length === 0) return;
    upsertSearchAttributes(changed);
    for (const { key, value } of changed) this.shown.set(key.name, JSON.stringify(value));
  }
}

/** An inconclusive verdict names no root cause. */
function attributesOf(record: IncidentRecord): SearchAttributeUpdatePair[] {
  const conclusion = record.diagnosis?.verdict;
  const named = conclusion && conclusion.level !== 'inconclusive' ? conclusion : null;
  return [
    { key: service, value: record.service },
    { key: severity, value: record.severity },
    { key: state, value: record.state },
    { key: environment, value: record.environment },
    { key: verdict, value: conclusion?.level ?? null },
    { key: rootCause, value: record.feedback?.service ?? named?.service ?? null },
    { key: faultKind, value: record.feedback?.faultKind ?? named?.faultKind ?? null },
    { key: confidence, value: named?.confidence ?? null },
    { key: feedback, value: record.feedback?.grade ?? null },
  ];
}

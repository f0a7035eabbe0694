import { defineSearchAttributeKey, SearchAttributeType, type SearchAttributePair } from '@temporalio/common';
import type { Anomaly, Severity } from '../../model/anomaly.js';
import type { IncidentMessage } from '../../model/delivery.js';
import { MAX_TITLE_MEMO, TITLE_MEMO, type SearchAttributeName } from '../../model/messages.js';
import { staticDetails, staticSummary } from '../../report/details.js';

const SEVERITIES: readonly Severity[] = ['critical', 'warning', 'info'];

/** What the Temporal UI shows of an incident from its first moment, and what it is found by, by the alerts that open it. */
export function openingOf(
  messages: readonly IncidentMessage[],
  environment: string,
): {
  staticSummary: string;
  staticDetails: string;
  typedSearchAttributes: SearchAttributePair[];
  memo: Record<string, string>;
} {
  const alerts = messages.flatMap(({ body }) =>
    body.kind === 'firing' || body.kind === 'transferred' ? body.anomalies : [],
  );
  return {
    staticSummary: staticSummary(alerts),
    staticDetails: staticDetails(alerts),
    typedSearchAttributes: [
      ...attribute('FaultlineService', alerts[0]?.service),
      ...attribute('FaultlineSeverity', worstOf(alerts)),
      ...attribute('FaultlineState', 'investigating'),
      ...attribute('FaultlineEnvironment', environment),
    ],
    memo: alerts[0] ? { [TITLE_MEMO]: alerts[0].title.slice(0, MAX_TITLE_MEMO) } : {},
  };
}

function worstOf(alerts: readonly Anomaly[]): Severity | undefined {
  return SEVERITIES.find((level) => alerts.some(({ severity }) => severity === level));
}

function attribute(name: SearchAttributeName, value: string | undefined): SearchAttributePair[] {
  if (value === undefined) return [];
  return [{ key: defineSearchAttributeKey(name, SearchAttributeType.KEYWORD), value }];
}

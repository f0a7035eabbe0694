import { createHash } from 'node:crypto';
import type { Anomaly } from '../../../model/anomaly.js';
import { boundMap, LIMITS, NOTE, oneLine, safeUrl } from '../bounds.js';
import { labelOf, serviceOf } from '../service-name.js';
import type { Post, ReadingSettings } from '../source.js';
import { namedSymptom, severityOf, symptomIn } from '../words.js';
import type { Alert, AlertmanagerPayload } from './schema.js';

/** The anomalies of one post: one for each alert of the group, firing or resolved. */
export function anomaliesOf(
  payload: AlertmanagerPayload,
  receivedAt: Post['receivedAt'],
  settings: ReadingSettings,
): Anomaly[] {
  return payload.alerts.map((alert) => anomalyOf(alert, { payload, receivedAt, settings }));
}

interface Context {
  payload: AlertmanagerPayload;
  receivedAt: number;
  settings: ReadingSettings;
}

function anomalyOf(alert: Alert, { payload, receivedAt, settings }: Context): Anomaly {
  const { labels, annotations } = { labels: alert.labels, annotations: alert.annotations ?? {} };
  const name = labelOf(labels, 'alertname') ?? 'Alert';
  const summary = labelOf(annotations, 'summary') ?? labelOf(annotations, 'description');
  const service = serviceOf(labels, settings.serviceLabels, name);
  const environmentLabel = settings.environmentLabels.find((label) => labelOf(labels, label));
  const environment = (environmentLabel && labelOf(labels, environmentLabel)) ?? settings.environment;

  const keptLabels = boundMap(labels, { entries: LIMITS.labels, value: LIMITS.labelValue });
  const keptAnnotations = boundMap(annotations, {
    entries: LIMITS.annotations,
    value: LIMITS.annotationValue,
  });
  const notes = [
    service.guessed &&
      `none of the labels ${settings.serviceLabels.join(', ')} is there, so the service is ${guessedFrom(service.label)}`,
    keptLabels.cut > 0 && `${keptLabels.cut} labels were cut or left out`,
    keptAnnotations.cut > 0 && `${keptAnnotations.cut} annotations were cut or left out`,
    payload.truncatedAlerts &&
      `Alertmanager left out ${payload.truncatedAlerts} alerts of this group (max_alerts)`,
  ].filter((note) => typeof note === 'string');

  return {
    source: 'alertmanager',
    fingerprint: fingerprintOf(alert),
    // The environment is part of it: the same group of staging and of production are two incidents.
    group: shortHash([environment, payload.receiver, payload.groupKey].join('\n')),
    status: alert.status,
    environment,
    service: service.name,
    symptom:
      namedSymptom(labelOf(labels, 'symptom')) ??
      symptomIn([name, labelOf(labels, 'slo'), summary, expressionOf(alert)]),
    severity: severityOf(labelOf(labels, 'severity') ?? labelOf(labels, 'priority')),
    title: oneLine(summary ? `${name}: ${summary}` : name, LIMITS.title),
    startedAt: secondsOf(alert.startsAt),
    endedAt: alert.status === 'resolved' ? (endOf(alert) ?? receivedAt) : null,
    labels: keptLabels.map,
    annotations: { ...keptAnnotations.map, ...(notes.length > 0 && { [NOTE]: notes.join('; ') }) },
    links: linksOf(alert, payload),
  };
}

function guessedFrom(label: string | null): string {
  return label === null ? "the alert's name" : `taken from the label ${label}`;
}

/** Identity of an alert: its labels. Versions that send no fingerprint get one made of them. */
function fingerprintOf(alert: Alert): string {
  const given = oneLine(alert.fingerprint ?? '', LIMITS.name);
  return (
    given || shortHash(JSON.stringify(Object.entries(alert.labels).sort(([a], [b]) => (a < b ? -1 : 1))))
  );
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

function secondsOf(time: string): number {
  return Date.parse(time) / 1000;
}

/** Go writes "no time" as the first of January of the year 1. */
function endOf(alert: Alert): number | undefined {
  if (alert.endsAt == null) return undefined;
  const end = secondsOf(alert.endsAt);
  return end > 0 ? end : undefined;
}

/** The PromQL behind the alert, which Prometheus puts into its link. */
function expressionOf(alert: Alert): string | undefined {
  const url = alert.generatorURL ?? '';
  return URL.canParse(url) ? (new URL(url).searchParams.get('g0.expr') ?? undefined) : undefined;
}

function linksOf(alert: Alert, payload: AlertmanagerPayload): Anomaly['links'] {
  const annotations = Object.entries(alert.annotations ?? {});
  const candidates: [string, string | null | undefined][] = [
    ['Alert expression', alert.generatorURL],
    ...annotations
      .filter(([name]) => /runbook/i.test(name))
      .map(([, url]): [string, string] => ['Runbook', url]),
    ...annotations
      .filter(([name]) => /dashboard|panel/i.test(name))
      .map(([, url]): [string, string] => ['Dashboard', url]),
    ['Alertmanager', payload.externalURL],
  ];
  return candidates
    .flatMap(([title, text]) => {
      const url = safeUrl(text?.trim());
      return url === undefined ? [] : [{ title, url }];
    })
    .slice(0, LIMITS.links);
}

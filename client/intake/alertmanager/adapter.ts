import type { Anomaly } from '../../../model/anomaly.js';
import { LIMITS, oneLine } from '../bounds.js';
import { labelOf } from '../service-name.js';
import { anomalyFrom, shortHash, type Signal } from '../signal.js';
import type { Post, ReadingSettings } from '../source.js';
import type { Alert, AlertmanagerPayload } from './schema.js';

/** The anomalies of one post: one for each alert of the group, firing or resolved. */
export function anomaliesOf(
  payload: AlertmanagerPayload,
  receivedAt: Post['receivedAt'],
  settings: ReadingSettings,
): Anomaly[] {
  const notes = [
    !!payload.truncatedAlerts &&
      `Alertmanager left out ${payload.truncatedAlerts} alerts of this group (max_alerts)`,
  ];
  return payload.alerts.map((alert) => {
    const links = [
      ['Alert expression', alert.generatorURL] as const,
      ...linksIn(alert),
      ['Alertmanager', payload.externalURL] as const,
    ];
    const group = [payload.receiver, payload.groupKey];
    const signal: Signal = { source: 'alertmanager', ...signalOf(alert), group, links, notes };
    return anomalyFrom(signal, { receivedAt, settings });
  });
}

/** What an alert says in the form that Alertmanager gave it and Grafana took over. */
export function signalOf(alert: Alert): Omit<Signal, 'source' | 'group' | 'links' | 'notes'> {
  const { labels } = alert;
  const annotations = alert.annotations ?? {};
  const summary = labelOf(annotations, 'summary') ?? labelOf(annotations, 'description');
  return {
    name: labelOf(labels, 'alertname') ?? 'Alert',
    summary,
    fingerprint: fingerprintOf(alert),
    status: alert.status,
    startedAt: secondsOf(alert.startsAt),
    endedAt: endOf(alert),
    labels,
    annotations,
    hints: [summary, expressionOf(alert)],
  };
}

/** Annotations that lead to what to do and where to look. */
export function linksIn(alert: Alert): [title: string, url: string][] {
  const annotations = Object.entries(alert.annotations ?? {});
  const named = (title: string, pattern: RegExp) =>
    annotations
      .filter(([name]) => pattern.test(name))
      .map(([, url]): [title: string, url: string] => [title, url]);
  return [...named('Runbook', /runbook/i), ...named('Dashboard', /dashboard|panel/i)];
}

/** Identity of an alert: its labels. Versions that send no fingerprint get one made of them. */
function fingerprintOf(alert: Alert): string {
  const given = oneLine(alert.fingerprint ?? '', LIMITS.name);
  return (
    given || shortHash(JSON.stringify(Object.entries(alert.labels).sort(([a], [b]) => (a < b ? -1 : 1))))
  );
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

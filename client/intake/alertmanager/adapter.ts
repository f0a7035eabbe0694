import { z } from 'zod';
import { LIMITS, oneLine } from '../bounds.js';
import { eachOf, type Item } from '../reading.js';
import { labelOf } from '../service-name.js';
import { shortHash, type Signal } from '../signal.js';
import { alert as alertSchema, type Alert, type AlertmanagerPayload } from './schema.js';

/** One item for each alert of the group, firing or resolved. */
export function itemsOf(payload: AlertmanagerPayload): Iterable<Item> {
  const notes = [
    !!payload.truncatedAlerts &&
      `Alertmanager left out ${payload.truncatedAlerts} alerts of this group (max_alerts)`,
  ];
  const group = [payload.receiver, payload.groupKey];
  return eachOf(alertSchema, payload.alerts, 'alerts', (alert) => {
    const links = [
      ['Alert expression', alert.generatorURL] as const,
      ...linksIn(alert),
      ['Alertmanager', payload.externalURL] as const,
    ];
    return { source: 'alertmanager', ...signalOf(alert), group, links, notes };
  });
}

/** What an alert says in the form that Alertmanager gave it and Grafana took over. */
export function signalOf(alert: Alert): Omit<Signal, 'source' | 'group' | 'links' | 'notes'> {
  const { labels } = alert;
  const annotations = alert.annotations ?? {};
  const summary = labelOf(annotations, 'summary') ?? labelOf(annotations, 'description');
  const expression = expressionOf(alert);
  return {
    name: labelOf(labels, 'alertname') ?? 'Alert',
    summary,
    fingerprint: fingerprintOf(alert),
    status: alert.status,
    startedAt: alert.startsAt,
    endedAt: alert.endsAt,
    labels,
    annotations,
    expression,
    hints: [summary, expression],
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

/** The PromQL behind the alert, which whoever evaluates the rule puts into its link. */
function expressionOf({ generatorURL }: Alert): string | undefined {
  const url = generatorURL ?? '';
  if (!URL.canParse(url)) return undefined;
  const { searchParams, hash } = new URL(url);
  // VictoriaMetrics' pages keep their parameters behind the hash.
  const inHash = new URLSearchParams(hash.slice(hash.indexOf('?') + 1));
  return searchParams.get('g0.expr') ?? inHash.get('g0.expr') ?? inExplore(searchParams.get('left'));
}

const explored = z.object({ queries: z.array(z.object({ expr: z.string() })).min(1) });

/** The query in the state of Grafana's Explore, to which the rulers of Mimir and Loki lead. */
function inExplore(state: string | null): string | undefined {
  if (state === null) return undefined;
  try {
    return explored.safeParse(JSON.parse(state)).data?.queries[0]?.expr;
  } catch {
    return undefined;
  }
}

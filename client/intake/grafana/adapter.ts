import { linksIn, signalOf } from '../alertmanager/adapter.js';
import { labelsFrom } from '../labels.js';
import { eachOf, type Item } from '../reading.js';
import { grafanaAlert, type GrafanaPayload } from './schema.js';

/** One item for each alert of the group, firing or resolved. */
export function itemsOf(payload: GrafanaPayload): Iterable<Item> {
  const group = ['grafana', String(payload.orgId ?? ''), payload.receiver, payload.groupKey];
  return eachOf(grafanaAlert, payload.alerts, 'alerts', (alert) => {
    const { annotations, ...signal } = signalOf(alert);
    return {
      source: 'grafana',
      ...signal,
      group,
      annotations: { ...annotations, ...valuesIn(alert.values) },
      links: [
        ['Alert rule', alert.generatorURL],
        ['Panel', alert.panelURL],
        ['Dashboard', alert.dashboardURL],
        ...linksIn(alert),
        ['Silence', alert.silenceURL],
        ['Grafana', payload.externalURL],
      ],
      notes: [
        !!payload.truncatedAlerts &&
          `Grafana left out ${payload.truncatedAlerts} alerts of this group (max alerts)`,
      ],
    };
  });
}

/** What the rule's queries gave, as one annotation. */
function valuesIn(values: unknown): Record<string, string> {
  const list = Object.entries(labelsFrom(values)).map(([query, value]) => `${query} = ${value}`);
  return list.length > 0 ? { values: list.join(', ') } : {};
}

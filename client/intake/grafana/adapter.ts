import type { Anomaly } from '../../../model/anomaly.js';
import { linksIn, signalOf } from '../alertmanager/adapter.js';
import { labelsFrom } from '../labels.js';
import { anomalyFrom, type SignalContext } from '../signal.js';
import type { GrafanaPayload } from './schema.js';

/** The anomalies of one post: one for each alert of the group, firing or resolved. */
export function anomaliesOf(payload: GrafanaPayload, context: SignalContext): Anomaly[] {
  return payload.alerts.map((alert) => {
    const { annotations, ...signal } = signalOf(alert);
    return anomalyFrom(
      {
        source: 'grafana',
        ...signal,
        group: ['grafana', String(payload.orgId ?? ''), payload.receiver, payload.groupKey],
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
      },
      context,
    );
  });
}

/** What the rule's queries gave, as one annotation. */
function valuesIn(values: unknown): Record<string, string> {
  const list = Object.entries(labelsFrom(values)).map(([query, value]) => `${query} = ${value}`);
  return list.length > 0 ? { values: list.join(', ') } : {};
}

import type { Anomaly } from '../../../model/anomaly.js';
import { labelsFrom, labelsFromTags, present } from '../labels.js';
import { notAnAlert, type Item } from '../reading.js';
import { shortHash } from '../signal.js';
import type { OpsgeniePayload } from './schema.js';

/** Actions that begin or end an alert. Others (Acknowledge, AddNote, ...) change nothing that is to be diagnosed. */
const ACTIONS: Record<string, Anomaly['status']> = {
  create: 'firing',
  unacknowledge: 'firing',
  escalate: 'firing',
  close: 'resolved',
  delete: 'resolved',
};

export function itemOf({ action, alert }: OpsgeniePayload, environmentLabels: readonly string[]): Item {
  const key = action.toLowerCase();
  const status = Object.hasOwn(ACTIONS, key) ? ACTIONS[key] : undefined;
  if (status === undefined) return notAnAlert(`the action ${action}`);
  const identity = `opsgenie\n${alert.alertId}`;
  const details = labelsFrom(alert.details);
  // Only the first message has details: an environment that the end does not name would be another incident's.
  for (const label of environmentLabels) Reflect.deleteProperty(details, label);
  const tags = labelsFromTags(alert.tags);
  return {
    source: 'opsgenie',
    name: alert.message ?? alert.alias ?? 'Opsgenie alert',
    fingerprint: shortHash(identity),
    group: [identity],
    status,
    startedAt: alert.createdAt,
    endedAt: alert.updatedAt,
    labels: {
      ...present({ service: alert.entity }),
      ...details,
      ...tags,
      ...present({
        opsgenie_alert_id: alert.alertId,
        opsgenie_alias: alert.alias,
        priority: alert.priority,
      }),
    },
    annotations: present({ description: alert.description, source: alert.source }),
    severity: alert.priority,
    hints: [alert.description, alert.alias],
  };
}

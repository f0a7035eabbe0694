import { labelsFromTags, present } from '../labels.js';
import { notAnAlert, type Item } from '../reading.js';
import { shortHash } from '../signal.js';
import type { DatadogPayload } from './schema.js';

/** The signal of a monitor's notification; none of an event that no monitor raised. */
export function itemOf(payload: DatadogPayload): Item {
  if (payload.monitor_id === undefined) return notAnAlert('an event that no monitor raised');
  // `a:1,b:2` in whatever order.
  const scope = listOf(payload.scope).sort();
  const identity = ['datadog', payload.org ?? '', payload.monitor_id, scope.join(',')].join('\n');
  return {
    source: 'datadog',
    name: nameOf(payload),
    summary: payload.status,
    fingerprint: shortHash(identity),
    group: [identity],
    status: isOver(payload) ? 'resolved' : 'firing',
    startedAt: payload.date,
    startUnknown: true,
    endedAt: payload.date,
    labels: {
      ...labelsFromTags([...scope, ...listOf(payload.tags)]),
      ...present({
        datadog_monitor_id: payload.monitor_id,
        priority: payload.priority,
        host: payload.hostname,
      }),
    },
    annotations: present({
      description: payload.body,
      query: payload.query,
      datadog_cycle: payload.cycle,
      transition: payload.transition,
    }),
    severity: severityOf(payload),
    hints: [payload.metric, payload.query, payload.status, payload.title],
    links: [['Datadog', payload.url]],
  };
}

function isOver({ transition, alert_type: type }: DatadogPayload): boolean {
  return transition === undefined ? type?.toLowerCase() === 'success' : /recovered/i.test(transition);
}

/** Datadog puts `[Triggered on {host:a}]` before a title. */
function nameOf({ alert_title: alert, title }: DatadogPayload): string {
  return (alert ?? title)?.replace(/^(\s*\[[^\]]*\])+\s*/, '') || 'Datadog monitor';
}

/** A warning threshold is a warning whatever the monitor's priority. */
function severityOf({ transition, alert_type: type, priority }: DatadogPayload): string | undefined {
  return /warn/i.test(transition ?? type ?? '') ? 'warning' : (priority ?? type);
}

function listOf(text: string | undefined): string[] {
  return (text ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '' && part !== '*');
}

import type { Anomaly } from '../../../model/anomaly.js';
import { present } from '../labels.js';
import { shortHash, type Signal } from '../signal.js';
import type { PagerdutyIncident } from './schema.js';

/** Events that tell that an incident is on, or over. Others change nothing that is to be diagnosed. */
const EVENTS: Record<string, Anomaly['status']> = {
  'incident.triggered': 'firing',
  'incident.reopened': 'firing',
  'incident.unacknowledged': 'firing',
  'incident.escalated': 'firing',
  'incident.resolved': 'resolved',
};

/** What an event makes of its incident; undefined when it is none of our business. */
export function statusAfter(eventType: string): Anomaly['status'] | undefined {
  return Object.hasOwn(EVENTS, eventType) ? EVENTS[eventType] : undefined;
}

/** Label that holds PagerDuty's own id, for whoever writes back to the incident. */
export const INCIDENT_ID_LABEL = 'pagerduty_incident_id';

export interface IncidentEvent {
  incident: PagerdutyIncident;
  status: Anomaly['status'];
  /** `incident.triggered` */
  eventType: string;
  /** Unix seconds. */
  occurredAt: number;
}

/** The webhook carries no alert labels, so the PagerDuty service stands for the service. */
export function signalOf({ incident, status, eventType, occurredAt }: IncidentEvent): Signal {
  const identity = `pagerduty\n${incident.id}`;
  const isReopened = eventType === 'incident.reopened';
  return {
    source: 'pagerduty',
    name: incident.title ?? 'PagerDuty incident',
    fingerprint: shortHash(identity),
    group: [identity],
    status,
    startedAt: isReopened ? occurredAt : (incident.created_at ?? occurredAt),
    // An incident that was reopened keeps the time when it was made.
    startUnknown: true,
    endedAt: occurredAt,
    labels: present({
      service: incident.service?.summary,
      [INCIDENT_ID_LABEL]: incident.id,
      pagerduty_incident_key: incident.incident_key,
      pagerduty_service_id: incident.service?.id,
      priority: incident.priority?.summary,
      urgency: incident.urgency,
    }),
    severity: incident.priority?.summary ?? incident.urgency,
    links: [['PagerDuty', incident.html_url]],
  };
}

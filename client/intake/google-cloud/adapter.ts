import { labelsFrom, present } from '../labels.js';
import { shortHash, type Signal } from '../signal.js';
import type { GoogleCloudIncident } from './schema.js';

/** Labels of monitored resources that name what others call the service, the most telling first. */
const SERVICE_LABELS = ['service_name', 'function_name', 'job_name', 'module_id'];

/** The signal of one incident of an alerting policy. */
export function signalOf(incident: GoogleCloudIncident): Signal {
  const identity = `google-cloud\n${incident.incident_id}`;
  const resource = labelsFrom(incident.resource?.labels);
  const name = incident.policy_name ?? incident.condition_name ?? 'Cloud Monitoring alert';
  return {
    source: 'google-cloud',
    name,
    summary: incident.summary ?? incident.condition_name,
    fingerprint: shortHash(identity),
    group: [identity],
    status: incident.state === 'closed' ? 'resolved' : 'firing',
    startedAt: incident.started_at,
    endedAt: incident.ended_at,
    labels: {
      ...present({
        service:
          SERVICE_LABELS.map((label) => resource[label]).find(Boolean) ??
          // project:instance
          resource['database_id']?.split(':').at(-1),
        pod: resource['pod_name'],
        resource_type: incident.resource?.type,
        metric: incident.metric?.type,
        project: incident.scoping_project_id,
      }),
      ...resource,
      ...labelsFrom(incident.metric?.labels),
      ...labelsFrom(incident.metadata?.user_labels),
      ...labelsFrom(incident.policy_user_labels),
    },
    annotations: present({ documentation: incident.documentation?.content }),
    severity: incident.severity,
    hints: [incident.condition_name, incident.metric?.displayName, incident.metric?.type, incident.summary],
    links: [['Cloud Monitoring', incident.url]],
  };
}

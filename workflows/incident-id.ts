import type { Anomaly } from '../model/anomaly.js';

/**
 * The workflow id of the incident that an anomaly opens: `incident/<service>/<yyyymmdd-hhmm>-<short hash>`,
 * with the UTC minute in which the anomaly began and the start of its group's hash.
 */
export function incidentIdOf(anomaly: Anomaly): string {
  const service = anomaly.service.replace(/[^A-Za-z0-9._-]+/g, '-').slice(0, 60);
  const minute = new Date(anomaly.startedAt * 1000)
    .toISOString()
    .slice(0, 16)
    .replace(/[-:]/g, '')
    .replace('T', '-');
  return `incident/${service}/${minute}-${anomaly.group.slice(0, 6)}`;
}

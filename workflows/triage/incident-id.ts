/** The last second that an id can name: the year has four digits. */
const LAST_SECOND = Date.UTC(9999, 11, 31, 23, 59) / 1000;

/**
 * The workflow id of an incident: `incident/<service>/<yyyymmdd-hhmm>-<short hash>`, with the UTC minute in which its
 * first alert began (`at`, unix seconds) and the start of that alert's group.
 */
export function incidentIdOf({ service, at, group }: { service: string; at: number; group: string }): string {
  const minute = new Date(Math.min(Math.max(at, 0), LAST_SECOND) * 1000)
    .toISOString()
    .slice(0, 16)
    .replace(/[-:]/g, '')
    .replace('T', '-');
  return `incident/${safe(service).slice(0, 60)}/${minute}-${safe(group).slice(0, 6)}`;
}

function safe(name: string): string {
  return name.replace(/[^A-Za-z0-9._-]+/g, '-');
}

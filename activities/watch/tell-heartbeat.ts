import { createHash } from 'node:crypto';
import type { Anomaly } from '../../model/anomaly.js';
import type { HeartbeatState } from '../../model/heartbeat.js';
import type { Activities } from '../contract.js';
import type { Raise } from './run-watch.js';
import { duration } from '../../report/format.js';

/** The `tellHeartbeat` activity. Told again it raises the same anomaly, which triage knows. */
export function createTellHeartbeat(raise: Raise): Pick<Activities, 'tellHeartbeat'> {
  return { tellHeartbeat: ({ state, endedAt }) => raise([silenceOf(state, endedAt)]) };
}

/** The silence of a heartbeat as an anomaly; resolved when it has ended. */
export function silenceOf(
  { settings, since, lastHeardAt, missedAt }: HeartbeatState,
  endedAt: number | null,
): Anomaly {
  const { name, environment, severity, withinSeconds } = settings;
  const statement =
    lastHeardAt === null
      ? `No alert that it is to send was posted since it began to be watched at ${timeOf(since)}`
      : `The last alert that it is to send was posted at ${timeOf(lastHeardAt)}`;
  return {
    source: 'heartbeat',
    fingerprint: hash([environment, name]),
    group: hash([environment, 'heartbeat', name]),
    status: endedAt === null ? 'firing' : 'resolved',
    environment,
    service: name,
    symptom: 'availability',
    severity,
    title: `${name} has not been heard of for ${duration(withinSeconds)}`,
    startedAt: missedAt ?? since,
    endedAt,
    labels: { heartbeat: name },
    annotations: { statement },
    links: [],
  };
}

/** `2026-11-24 10:42 UTC` */
function timeOf(unixSeconds: number): string {
  return `${new Date(unixSeconds * 1000).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

function hash(parts: string[]): string {
  return createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 16);
}

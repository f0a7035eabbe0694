import { proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/contract.js';
import { now, type Incident } from './incident.js';

const { deliver } = proxyActivities<Pick<Activities, 'deliver'>>({
  startToCloseTimeout: '1m',
  heartbeatTimeout: '20s',
});

/**
 * Gives the listed alerts of one service, or all, to another incident. Those that are only counted stay with the
 * count. Answers whether any alert is left.
 */
export async function handOver(
  incident: Incident,
  { id, to, service, by }: { id: string; to: string; service: string | null; by: string },
): Promise<'rest' | 'nothing-left'> {
  const { record } = incident;
  const moved = record.anomalies.filter((anomaly) => service === null || anomaly.service === service);
  if (moved.length > 0) {
    const joined = `moved from ${record.id} by ${by}`;
    const anomalies = moved.map((anomaly) => ({ ...anomaly, joined }));
    const body = { kind: 'transferred' as const, from: record.id, by, anomalies, counted: {} };
    const message = { id: `${id}/transferred`, body };
    await deliver({ items: [{ incident: to, environment: record.environment, start: true, message }] });
  }
  const isAll = service === null || moved.length === record.anomalies.length;
  incident.note(now(), isAll ? `Merged into ${to} by ${by}` : `${service} split off to ${to} by ${by}`, by);
  // An incident that ends keeps its alerts: its report says of what it was.
  if (isAll) return 'nothing-left';
  for (const anomaly of moved) record.anomalies.splice(record.anomalies.indexOf(anomaly), 1);
  incident.show();
  return 'rest';
}

import { getExternalWorkflowHandle } from '@temporalio/workflow';
import type { MoveOrder } from '../model/triage.js';
import { now, type Incident } from './incident.js';
import { anomalyAdded } from '../model/messages.js';

/**
 * Hands the listed anomalies of one service, or all, to another incident. Those that are only counted stay with the
 * count. Answers whether anything is left to look at.
 */
export async function handOver(
  incident: Incident,
  { to, service, by }: MoveOrder,
): Promise<'rest' | 'nothing-left'> {
  const { record } = incident;
  const moved = record.anomalies.filter((anomaly) => service === null || anomaly.service === service);
  if (moved.length > 0) {
    const joined = `moved from ${record.id} by ${by}`;
    await getExternalWorkflowHandle(to).signal(
      anomalyAdded,
      moved.map((anomaly) => ({ ...anomaly, joined })),
    );
  }
  const isAll = service === null || moved.length === record.anomalies.length;
  incident.note(now(), isAll ? `Merged into ${to} by ${by}` : `${service} split off to ${to} by ${by}`, by);
  // An incident that ends keeps its alerts: its report says of what it was.
  if (isAll) return 'nothing-left';
  for (const anomaly of moved) record.anomalies.splice(record.anomalies.indexOf(anomaly), 1);
  incident.show();
  return 'rest';
}

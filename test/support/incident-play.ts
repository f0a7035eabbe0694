import type { WorkflowClient, WorkflowHandle } from '@temporalio/client';
import type { Activities, Policy } from '../../activities/contract.js';
import type { Anomaly } from '../../model/anomaly.js';
import type { IncidentMessage } from '../../model/delivery.js';
import type { IncidentRecord } from '../../model/incident.js';
import { incidentMessages } from '../../model/messages.js';
import type { diagnoseIncident } from '../../workflows/incident/diagnose-incident.js';
import { anAnomaly } from './anomalies.js';
import { fakeActivities, POLICY, type Calls } from './fake-activities.js';
import type { Lab } from './workflow-lab.js';

type Body = IncidentMessage['body'];

/** One incident that a test plays with, on activities of its own. */
export interface PlayedIncident {
  handle: WorkflowHandle<typeof diagnoseIncident>;
  calls: Calls;
  client: WorkflowClient;
  /** Sends what triage and other incidents send, each time under an id of its own unless one is given. */
  send(body: Body, id?: string): Promise<void>;
  /** Alerts that fire. */
  fire(...anomalies: Anomaly[]): Promise<void>;
  /** Alerts that are over. */
  resolve(...anomalies: Anomaly[]): Promise<void>;
}

export interface PlayOptions {
  policy?: Partial<Policy>;
  activities?: Partial<Activities>;
  /** What the incident is started with. @default one alert of the checkout */
  opening?: Anomaly[];
}

/** Starts an incident as triage does, lets `script` act on it, and waits for its end. */
export async function playIncident(
  lab: Lab,
  options: PlayOptions,
  script: (incident: PlayedIncident) => Promise<void>,
): Promise<{ record: IncidentRecord; calls: Calls }> {
  const { activities, calls } = fakeActivities({
    readPolicy: () => Promise.resolve({ ...POLICY, ...options.policy }),
    ...options.activities,
  });
  const record = await lab.run(activities, async (client, taskQueue) => {
    const handle = await startIncident(client, taskQueue, options.opening ?? [anAnomaly()]);
    await script(playedIncident(client, handle, calls));
    return handle.result();
  });
  return { record, calls };
}

/** Starts an incident with its first message. */
export function startIncident(
  client: WorkflowClient,
  taskQueue: string,
  anomalies: Anomaly[],
): Promise<WorkflowHandle<typeof diagnoseIncident>> {
  return client.signalWithStart<typeof diagnoseIncident, [IncidentMessage[]]>('diagnoseIncident', {
    taskQueue,
    workflowId: `incident/checkout/${taskQueue}`,
    args: [{ triageId: `triage/of-${taskQueue}`, environment: 'production' }],
    signal: incidentMessages,
    signalArgs: [[{ id: 'opening', body: { kind: 'firing', anomalies } }]],
  });
}

export function playedIncident(
  client: WorkflowClient,
  handle: WorkflowHandle<typeof diagnoseIncident>,
  calls: Calls,
): PlayedIncident {
  let sent = 0;
  const send = (body: Body, id = `message-${(sent += 1)}`) => handle.signal(incidentMessages, [{ id, body }]);
  return {
    ...{ handle, calls, client, send },
    fire: (...anomalies) => send({ kind: 'firing', anomalies }),
    resolve: (...anomalies) => send({ kind: 'resolved', anomalies }),
  };
}

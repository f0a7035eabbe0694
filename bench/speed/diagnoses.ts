import { setTimeout as sleep } from 'node:timers/promises';
import axios from 'axios';
import type { Client } from '@temporalio/client';
import { pino } from 'pino';
import { buildReceiver } from '../../client/intake/receiver.js';
import { createIncidents } from '../../client/temporal-incidents.js';
import { openTemporal } from '../../client/temporal.js';
import type { LoadedConfig } from '../../config/load.js';
import { configSchema } from '../../config/schema.js';
import type { IncidentRecord } from '../../model/incident.js';
import { startSink } from '../../test/support/sink.js';
import { recordedAlert, recordedMetrics } from '../../workers/demo/recorded-incident.js';
import { startWorker } from '../../workers/worker.js';

const FAULT = 'payment-latency';
const TOKEN = 'token-of-the-bench';
const ENVIRONMENT = 'speed';
const POLL_MS = 20;
const log = pino({ level: 'silent' });

/** A whole Faultline in this process that diagnoses a recorded incident again and again, each time as a new one. */
export interface Diagnoses {
  /** Posts an alert of its own group; answers the id that its incident gets, when its first summary has arrived. */
  diagnose(): Promise<{ incident: string; seconds: number }>;
  stop(): Promise<void>;
}

export async function startDiagnoses(
  server: { address: string; namespace: string },
  directory: string,
): Promise<Diagnoses> {
  const sink = await startSink();
  const playAt = Math.round(Date.now() / 1000) - 15;
  const loaded = settings(directory, sink.url, playAt);
  const { config } = loaded;
  const incidents = createIncidents(
    openTemporal({
      env: { TEMPORAL_ADDRESS: server.address, TEMPORAL_NAMESPACE: server.namespace },
    }),
  );
  const receiver = await buildReceiver({ config, incidents, log });
  const url = await receiver.listen({ host: '127.0.0.1', port: 0 });
  const worker = await startWorker({ loaded, log, temporal: server });
  const recorded = await recordedAlert(FAULT, playAt);
  let posted = 0;
  let read = 0;
  /** Incidents whose summary has arrived, by the name of their alert; every post is read once. */
  const arrived = new Map<string, string>();
  const incidentOf = (alert: string): string | undefined => {
    for (const { body } of sink.posts.slice(read)) {
      const { record } = body.data as { record: IncidentRecord };
      for (const { labels } of record.anomalies) arrived.set(labels['alertname'] ?? '', record.id);
    }
    read = sink.posts.length;
    return arrived.get(alert);
  };

  return {
    async diagnose() {
      posted += 1;
      const start = performance.now();
      const alert = `Speed${posted}`;
      await axios.post(`${url}/v1/alertmanager`, asAnotherAlert(recorded, alert), {
        headers: { Authorization: `Bearer ${TOKEN}` },
      });
      for (;;) {
        const incident = incidentOf(alert);
        if (incident !== undefined) return { incident, seconds: (performance.now() - start) / 1000 };
        await sleep(POLL_MS);
      }
    },
    async stop() {
      await receiver.close();
      await worker.stop();
      await incidents.close();
      await sink.close();
    },
  };
}

/** The recorded post as of an alert with another name, in a group of its own. */
function asAnotherAlert(post: object, alertname: string): unknown {
  const text = JSON.stringify(post, (key, value: unknown) => {
    if (key === 'alertname') return alertname;
    if (key === 'fingerprint') return alertname;
    if (key === 'groupKey') return `{}:{alertname="${alertname}"}`;
    return value;
  });
  return JSON.parse(text);
}

function settings(directory: string, sinkUrl: string, playAt: number): LoadedConfig {
  const config = configSchema.parse({
    environment: ENVIRONMENT,
    metrics: { type: 'recording', name: 'prometheus', file: recordedMetrics(FAULT), playAt },
    diagnosis: { baselineSeconds: 150, afterSeconds: 300, stepSeconds: 5 },
    webhook: { auth: { type: 'bearer', tokens: [TOKEN] } },
    // Every alert is an incident of its own, and nothing is waited for.
    triage: { settleSeconds: 0, joinBy: ['group'] },
    followUp: { reevaluateSeconds: 3600 },
    sinks: [{ type: 'webhook', name: 'hook', url: sinkUrl }],
    store: { directory: `${directory}/store` },
  });
  return { config, file: null, directory, secrets: [TOKEN] };
}

/**
 * The activities of a workflow as groups: how many were scheduled by each of its tasks, in order. A bare workflow with
 * these groups asks the server for as many activities in as many steps.
 */
export async function activityGroups(client: Client, workflowId: string): Promise<number[]> {
  const { events } = await client.workflow.getHandle(workflowId).fetchHistory();
  const byTask = new Map<string, number>();
  for (const { activityTaskScheduledEventAttributes: scheduled } of events ?? []) {
    if (!scheduled) continue;
    const task = String(scheduled.workflowTaskCompletedEventId);
    byTask.set(task, (byTask.get(task) ?? 0) + 1);
  }
  return [...byTask.values()];
}

import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import axios, { type AxiosResponse } from 'axios';
import type { Client } from '@temporalio/client';
import { pino } from 'pino';
import { steeringRoutes } from '../../client/api/steering.js';
import type { Incidents } from '../../client/incidents.js';
import { createIncidents } from '../../client/temporal-incidents.js';
import { buildReceiver } from '../../client/intake/receiver.js';
import { openTemporal } from '../../client/temporal.js';
import type { LoadedConfig } from '../../config/load.js';
import { configSchema } from '../../config/schema.js';
import type { IncidentRecord } from '../../model/incident.js';
import { completeFromStore } from '../../workers/complete-from-store.js';
import { startWorker } from '../../workers/worker.js';
import { testServer, uniqueName, type TestServer } from './dev-server.js';
import { workflowBundle } from './workflow-lab.js';

/** What the house's receiver asks for. */
export const TOKEN = 'token-of-the-test';
const POLL_MS = 200;

export interface HouseOptions {
  directory: string;
  prometheusUrl: string;
  sinkUrl: string;
  /** Differences from the settings below. */
  followUp?: { reevaluateSeconds?: number; resolveGraceSeconds?: number; feedbackWindowSeconds?: number };
  sourceTimeoutSeconds?: number;
}

/**
 * A whole Faultline for one test: worker and receiver on the run's real Temporal server, in an environment of its own.
 */
export interface House {
  environment: string;
  client: Client;
  incidents: Incidents;
  /** Where the receiver listens. */
  url: string;
  /** Posts the storefront's alert as Alertmanager does. */
  post(alert: PostedAlert): Promise<AxiosResponse>;
  /** The id of the environment's first incident, once there is one. */
  incident(): Promise<string>;
  /** The record as soon as a summary is out. */
  untilPublished(id: string): Promise<IncidentRecord>;
  until(id: string, holds: (record: IncidentRecord) => boolean): Promise<IncidentRecord>;
  result(id: string): Promise<IncidentRecord>;
  stop(): Promise<void>;
}

export interface PostedAlert {
  status: 'firing' | 'resolved';
  /** Unix seconds. */
  startsAt: number;
  alertname?: string;
  reason?: string;
}

/** The Temporal server of a house: the run's shared one unless a test brings its own. */
export type HouseServer = Pick<TestServer, 'address' | 'namespace' | 'client'>;

/** The configuration of a test's house, also for workers that run as processes of their own. */
export function houseConfig(options: HouseOptions): LoadedConfig {
  const config = configSchema.parse({
    environment: uniqueName('house'),
    metrics: { type: 'prometheus', url: options.prometheusUrl },
    diagnosis: {
      baselineSeconds: 3000,
      stepSeconds: 15,
      sourceTimeoutSeconds: options.sourceTimeoutSeconds ?? 60,
    },
    followUp: {
      reevaluateSeconds: 30,
      resolveGraceSeconds: 1,
      feedbackWindowSeconds: 0,
      ...options.followUp,
    },
    webhook: { auth: { type: 'bearer', tokens: [TOKEN] } },
    triage: { settleSeconds: 0 },
    sinks: [{ type: 'webhook', name: 'hook', url: options.sinkUrl }],
    store: { directory: `${options.directory}/store` },
    record: { enabled: false },
  });
  return { config, file: null, directory: options.directory, secrets: [TOKEN] };
}

export async function startHouse(
  options: HouseOptions & { loaded?: LoadedConfig; worker?: boolean; server?: HouseServer },
): Promise<House> {
  const server = options.server ?? (await testServer());
  const loaded = options.loaded ?? houseConfig(options);
  const { environment } = loaded.config;
  const log = pino({ level: process.env['FAULTLINE_TEST_LOG'] ?? 'silent' }, pino.destination(2));

  const incidents = createIncidents(
    openTemporal({ env: { TEMPORAL_ADDRESS: server.address, TEMPORAL_NAMESPACE: server.namespace } }),
    { complete: completeFromStore(loaded.config.store) },
  );
  const { config } = loaded;
  const routes = steeringRoutes({ config, incidents, log });
  const receiver = await buildReceiver({ config, incidents, log, routes });
  const url = await receiver.listen({ host: '127.0.0.1', port: 0 });
  const worker =
    options.worker === false
      ? null
      : await startWorker({
          loaded,
          log,
          temporal: server,
          workflows: { workflowBundle: await workflowBundle() },
        });

  const until = async (id: string, holds: (record: IncidentRecord) => boolean): Promise<IncidentRecord> => {
    for (;;) {
      const record = await incidents.show(id);
      if (holds(record)) return record;
      await sleep(POLL_MS);
    }
  };
  return {
    environment,
    client: server.client,
    incidents,
    url,
    post: (alert) =>
      axios.post(`${url}/v1/alertmanager`, alertmanagerPost(alert), {
        headers: { Authorization: `Bearer ${TOKEN}` },
        validateStatus: null,
      }),
    incident: async () => {
      for (;;) {
        const { incidents: found } = await incidents.list({ environment: [environment] }, { limit: 1 });
        if (found[0]) return found[0].id;
        await sleep(POLL_MS);
      }
    },
    until,
    untilPublished: (id) => until(id, ({ publications }) => publications.length > 0),
    result: (id) => server.client.workflow.getHandle(id).result() as Promise<IncidentRecord>,
    stop: async () => {
      await receiver.close();
      await worker?.stop();
      await server.client.workflow
        .getHandle(`triage/${environment}`)
        .terminate('end of the test')
        .catch(() => undefined);
      await incidents.close();
    },
  };
}

/** A post as Alertmanager 0.34 sends it for one alert of the storefront. */
function alertmanagerPost({ status, startsAt, alertname = 'StorefrontSlow', reason }: PostedAlert): unknown {
  const labels = { alertname, service: 'storefront', severity: 'critical' };
  const annotations = { summary: 'p95 latency of the storefront is above 500 ms' };
  return {
    receiver: 'faultline',
    status,
    alerts: [
      {
        status,
        labels,
        annotations,
        startsAt: new Date(startsAt * 1000).toISOString(),
        endsAt:
          status === 'firing' ? '0001-01-01T00:00:00Z' : new Date((startsAt + 170) * 1000).toISOString(),
        generatorURL: 'http://prometheus.example/graph',
        fingerprint: createHash('sha256').update(alertname).digest('hex').slice(0, 16),
      },
    ],
    notification_reason: reason ?? (status === 'firing' ? 'first notification' : 'all alerts resolved'),
    groupLabels: { service: 'storefront' },
    commonLabels: labels,
    commonAnnotations: annotations,
    externalURL: 'http://alertmanager.example',
    version: '4',
    groupKey: '{}:{service="storefront"}',
    truncatedAlerts: 0,
  };
}

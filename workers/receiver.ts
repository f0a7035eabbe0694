import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { readRecord } from '../activities/record/database/read.js';
import { pastIncidentsApi } from '../client/api/past-incidents.js';
import { steeringRoutes } from '../client/api/steering.js';
import { changeRoutes } from '../client/changes/routes.js';
import type { Incidents } from '../client/incidents.js';
import { createHeartbeats } from '../client/heartbeats.js';
import { buildReceiver } from '../client/intake/receiver.js';
import { createChangeReports } from '../client/reported-changes.js';
import type { Temporal } from '../client/temporal.js';
import { apiAuthOf } from '../config/exposure.js';
import type { Config } from '../config/schema.js';

/**
 * The receiver with all that it serves: alerts, the API that asks and steers incidents, the record of past incidents,
 * and reports of changes.
 */
export function createReceiver(parts: {
  config: Config;
  incidents: Incidents;
  temporal: Temporal;
  log: Logger;
}): Promise<FastifyInstance> {
  const { config, incidents, temporal, log } = parts;
  const record = config.record.enabled ? readRecord(config.record) : null;
  const routes = [
    steeringRoutes({ config, incidents, log }),
    pastIncidentsApi({ auth: apiAuthOf(config.webhook), record }),
    changeRoutes({ webhook: config.webhook, reports: createChangeReports(temporal), log }),
  ];
  return buildReceiver({
    ...{ config, incidents, log },
    heartbeats: createHeartbeats(temporal, config),
    routes: (server) => {
      for (const add of routes) add(server);
      if (record) server.addHook('onClose', record.close);
    },
  });
}

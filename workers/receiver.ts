import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { steeringRoutes } from '../client/api/steering.js';
import { changeRoutes } from '../client/changes/routes.js';
import type { Incidents } from '../client/incidents.js';
import { createHeartbeats } from '../client/heartbeats.js';
import { buildReceiver } from '../client/intake/receiver.js';
import { createChangeReports } from '../client/reported-changes.js';
import type { Temporal } from '../client/temporal.js';
import type { Config } from '../config/schema.js';

/** The receiver with all that it serves: alerts, the API that steers incidents, and reports of changes. */
export function createReceiver(parts: {
  config: Config;
  incidents: Incidents;
  temporal: Temporal;
  log: Logger;
}): Promise<FastifyInstance> {
  const { config, incidents, temporal, log } = parts;
  const routes = [
    steeringRoutes({ config, incidents, log }),
    changeRoutes({ webhook: config.webhook, reports: createChangeReports(temporal), log }),
  ];
  return buildReceiver({
    ...{ config, incidents, log },
    heartbeats: createHeartbeats(temporal, config),
    routes: (server) => {
      for (const add of routes) add(server);
    },
  });
}

import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import { apiAuthOf } from '../../config/exposure.js';
import type { Config } from '../../config/schema.js';
import type { Incidents } from '../incidents.js';
import { slackApps } from '../slack/app.js';
import { slackInteractions } from '../slack/interactions.js';
import { incidentApi } from './incident-api.js';

/** The routes by which incidents are asked and steered from outside, for `buildReceiver`. */
export function steeringRoutes(options: {
  config: Pick<Config, 'webhook' | 'sinks'>;
  incidents: Incidents;
  log: FastifyBaseLogger;
}): (server: FastifyInstance) => void {
  const { config, incidents, log } = options;
  const apps = slackApps(config);
  return (server) => {
    incidentApi({ auth: apiAuthOf(config.webhook), incidents })(server);
    // Without a signing secret nobody could be believed.
    if (apps.length > 0) slackInteractions({ apps, incidents, log })(server);
  };
}

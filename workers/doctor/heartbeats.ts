import { createHeartbeats, type Heartbeats } from '../../client/heartbeats.js';
import type { Temporal } from '../../client/temporal.js';
import type { Config } from '../../config/schema.js';
import { reasonOf, ok, warning, type Finding, type Told } from './finding.js';
import { duration } from '../../report/format.js';

/** When each heartbeat of the configuration was last heard of. */
export async function examineHeartbeats(temporal: Temporal, config: Config): Promise<Finding[]> {
  const heartbeats = createHeartbeats(temporal, config);
  return Promise.all(
    config.webhook.heartbeats.map(async ({ name }): Promise<Finding> => {
      const told = await lastHeard(heartbeats, name);
      return { area: 'temporal', subject: `heartbeat '${name}'`, ...told };
    }),
  );
}

const ROUTE =
  'route an alert that always fires to Faultline (docs/alertmanager.md), or correct webhook.heartbeats';

async function lastHeard(heartbeats: Heartbeats, name: string): Promise<Told> {
  try {
    const state = await heartbeats.state(name);
    if (state === null) return warning('nobody watches it', 'start a worker with this configuration');
    const now = Date.now() / 1000;
    const { lastHeardAt, since, settings, missedAt } = state;
    if (lastHeardAt === null) {
      const seen = `never heard of in the ${duration(now - since)} since it is watched`;
      return warning(
        seen,
        `${missedAt === null ? `after ${duration(settings.withinSeconds)} it is told; ` : ''}${ROUTE}`,
      );
    }
    const seen = `last heard of ${duration(now - lastHeardAt)} ago`;
    return missedAt === null ? ok(seen) : warning(`${seen}: an incident tells its silence`, ROUTE);
  } catch (error) {
    return warning(reasonOf(error), 'start a worker: `faultline worker`');
  }
}

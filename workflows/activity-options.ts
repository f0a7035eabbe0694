import { proxyActivities, proxyLocalActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/contract.js';

/*
 * One proxy for each way in which work may fail. What cannot succeed (a malformed query, refused credentials) is
 * thrown as non-retryable by the activity itself; everything else is tried again within these limits.
 */

/** Reads the worker's own configuration: short, and without the world. */
export const { readPolicy } = proxyLocalActivities<Pick<Activities, 'readPolicy'>>({
  startToCloseTimeout: '10s',
});

/**
 * Asks sources that may be down for a while. Callers add the policy's timeout as `scheduleToCloseTimeout`.
 * The longest of these pulls many queries, each with its own timeout, and heartbeats between them.
 */
export const { planScope, collectChanges, runChecks } = proxyActivities<
  Pick<Activities, 'planScope' | 'collectChanges' | 'runChecks'>
>({
  startToCloseTimeout: '30s',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '15s' },
});
export const { collectMetrics } = proxyActivities<Pick<Activities, 'collectMetrics'>>({
  startToCloseTimeout: '3m',
  heartbeatTimeout: '15s',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '15s' },
});

/** Weighs the evidence. A crash or a lost worker is worth another try; the analysis itself answers the same again. */
export const { analyse } = proxyActivities<Pick<Activities, 'analyse'>>({
  startToCloseTimeout: '5m',
  heartbeatTimeout: '15s',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumAttempts: 3 },
});

/** Writes to the record store. Callers add for how long it is tried as `scheduleToCloseTimeout`. */
export const { saveRecord } = proxyActivities<Pick<Activities, 'saveRecord'>>({
  startToCloseTimeout: '30s',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '1m' },
});

/** Hands summaries to others, who may be down as long as the incident lasts. */
export const { publish } = proxyActivities<Pick<Activities, 'publish'>>({
  startToCloseTimeout: '30s',
  scheduleToCloseTimeout: '30m',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '1m' },
});

/** Sends messages to other workflows through Temporal itself, which is there when this runs. */
export const { deliver } = proxyActivities<Pick<Activities, 'deliver'>>({
  startToCloseTimeout: '2m',
  scheduleToCloseTimeout: '1h',
  heartbeatTimeout: '30s',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '30s' },
});

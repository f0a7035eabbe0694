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
 * Asks sources that may be down for a while. Callers add the policy's patience as `scheduleToCloseTimeout`.
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

/** Thinks. A crash or a lost worker is worth another try; the analysis itself gives the same answer again. */
export const { analyse } = proxyActivities<Pick<Activities, 'analyse'>>({
  startToCloseTimeout: '5m',
  heartbeatTimeout: '15s',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumAttempts: 3 },
});

/** Writes to the record store, without which nothing can be shown: tried for long. */
export const { saveRecord } = proxyActivities<Pick<Activities, 'saveRecord'>>({
  startToCloseTimeout: '30s',
  scheduleToCloseTimeout: '1h',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '1m' },
});

/** Hands summaries to others, who may be down as long as the incident lasts. */
export const { publish } = proxyActivities<Pick<Activities, 'publish'>>({
  startToCloseTimeout: '30s',
  scheduleToCloseTimeout: '30m',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '1m' },
});

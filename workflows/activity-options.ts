import { proxyActivities, proxyLocalActivities, type ActivityOptions } from '@temporalio/workflow';
import type { Activities, Policy } from '../activities/contract.js';
import { zoneTaskQueue } from '../model/messages.js';

/*
 * One proxy for each way in which work may fail. What cannot succeed (a malformed query, refused credentials) is
 * thrown as non-retryable by the activity itself; everything else is tried again within these limits.
 */

/** Reads the worker's own configuration: short, and without the world. */
export const { readPolicy } = proxyLocalActivities<Pick<Activities, 'readPolicy'>>({
  startToCloseTimeout: '10s',
});

/**
 * They read sources, and answer before their time is over with what they have by then; callers give the time
 * (`collecting`). An attempt fails only while there is time for another, or for good: the number of attempts is a
 * limit for work that ends its worker each time. An outage of 90 s takes ten of them.
 */
export const {
  planScope,
  collectMetrics,
  collectLogs,
  collectTraces,
  collectState,
  collectChanges,
  collectSlices,
  runChecks,
} = proxyActivities<
  Pick<
    Activities,
    | 'planScope'
    | 'collectMetrics'
    | 'collectLogs'
    | 'collectTraces'
    | 'collectState'
    | 'collectChanges'
    | 'collectSlices'
    | 'runChecks'
  >
>({
  startToCloseTimeout: '90s',
  heartbeatTimeout: '15s',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '15s', maximumAttempts: 20 },
});

/** Where activities that read sources run, and how long: from when a worker begins, to wait for one is not counted. */
export function collecting({ sourceTimeoutSeconds, taskQueues }: Policy): ActivityOptions {
  return {
    startToCloseTimeout: sourceTimeoutSeconds * 1000,
    ...(taskQueues && { taskQueue: taskQueues.collect }),
  };
}

/** A worker of the zone takes a check within so long, or there is none. */
const ZONE_WAIT_SECONDS = 20;

/** Where checks of a zone run: what no worker takes there in time fails, and is tried by no other. */
export function inZone(zone: string): ActivityOptions {
  return { taskQueue: zoneTaskQueue(zone), scheduleToStartTimeout: ZONE_WAIT_SECONDS * 1000 };
}

/** What an analysis needs beside its own time: to wait for a thread, to read evidence and to write its answer. */
const ANALYSIS_GRACE_SECONDS = 60;

/** Where the analysis runs, and how long. It gives itself up in time; this ends one whose worker cannot. */
export function analysing({ analysisTimeoutSeconds, taskQueues }: Policy): ActivityOptions {
  return {
    startToCloseTimeout: (analysisTimeoutSeconds + ANALYSIS_GRACE_SECONDS) * 1000,
    ...(taskQueues && { taskQueue: taskQueues.analyse }),
  };
}

/** Weighs the evidence. A crash or a lost worker is worth another try; the analysis itself answers the same again. */
export const { analyse } = proxyActivities<Pick<Activities, 'analyse'>>({
  startToCloseTimeout: '3m',
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

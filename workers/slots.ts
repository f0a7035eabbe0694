import { Worker, type NativeConnection } from '@temporalio/worker';
import type { Activities } from '../activities/contract.js';
import { ANALYSIS_THREADS } from '../activities/analyse/analyse.js';
import type { Config } from '../config/schema.js';
import { ANALYSIS_TASK_QUEUE, COLLECT_TASK_QUEUE, zoneTaskQueue } from '../model/messages.js';

/** Of the memory that the process may use: above it no further answers of sources are taken in. */
const TARGET_MEMORY = 0.8;
/** Of the CPU: reading answers takes some, and the event loop must go on heartbeating. */
const TARGET_CPU = 0.9;

/** A recording is a file: reading it needs no limit of its own. */
const COLLECTING_FROM_RECORDING = 8;

export interface SlotOptions {
  connection: NativeConnection;
  namespace: string;
  /** Name of the worker at Temporal. */
  identity: string;
  activities: Activities;
  config: Config;
  shutdownGraceTime: string;
}

/**
 * Workers for the activities that need slots of their own, beside the one for everything else. What finds no free
 * slot waits at Temporal, where another worker may take it, and its time has not begun.
 *
 * - collecting: as many as the source may have queries, so that each has one under way; half of them when memory or
 *   CPU are short
 * - analyses: as many as there are threads
 */
export async function createSlotWorkers(options: SlotOptions): Promise<Worker[]> {
  const { connection, namespace, identity, activities, config, shutdownGraceTime } = options;
  // All but the analysis, whatever a workflow sends there: a step that a queue does not know is tried for ever.
  const { analyse, ...others } = activities;
  // Of several sources the one that takes most: they are asked side by side, and each keeps its own limit.
  const most = Math.max(
    ...config.metrics.map((source) =>
      source.type === 'prometheus' ? source.maxConcurrentQueries : COLLECTING_FROM_RECORDING,
    ),
  );
  const common = { connection, namespace, identity, shutdownGraceTime };
  return Promise.all([
    Worker.create({
      ...common,
      taskQueue: COLLECT_TASK_QUEUE,
      activities: others,
      tuner: {
        tunerOptions: { targetMemoryUsage: TARGET_MEMORY, targetCpuUsage: TARGET_CPU },
        activityTaskSlotOptions: { minimumSlots: Math.ceil(most / 2), maximumSlots: most },
      },
    }),
    Worker.create({
      ...common,
      taskQueue: ANALYSIS_TASK_QUEUE,
      activities: { analyse },
      maxConcurrentActivityTaskExecutions: ANALYSIS_THREADS,
    }),
  ]);
}

/** Investigations whose checks one worker of a zone makes at a time: each makes four. */
const CHECKS_OF_ZONE = 10;

/** A worker that makes the checks of one zone and nothing else. */
export function createZoneWorker(options: Omit<SlotOptions, 'config'>, zone: string): Promise<Worker> {
  const { activities, ...common } = options;
  return Worker.create({
    ...common,
    taskQueue: zoneTaskQueue(zone),
    activities: { runChecks: activities.runChecks },
    maxConcurrentActivityTaskExecutions: CHECKS_OF_ZONE,
  });
}

/** Runs workers until all have ended. When one fails the others are stopped, and its error is thrown. */
export async function runTogether(workers: readonly Worker[]): Promise<void> {
  const failures: unknown[] = [];
  await Promise.all(
    workers.map((worker) =>
      worker.run().catch((error: unknown) => {
        failures.push(error);
        stopAll(workers);
      }),
    ),
  );
  if (failures.length > 0) throw failures[0];
}

export function stopAll(workers: readonly Worker[]): void {
  for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
}

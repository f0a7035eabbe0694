import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { WorkflowClient } from '@temporalio/client';
import { bundleWorkflowCode, DefaultLogger, Worker, type WorkflowBundle } from '@temporalio/worker';
import type { Activities } from '../../activities/contract.js';
import { timeSkippingServer } from './dev-server.js';

let bundle: Promise<WorkflowBundle> | null = null;

/** The workflow bundle, made once for all tests of a run. */
export function workflowBundle(): Promise<WorkflowBundle> {
  bundle ??= bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('../../workflows/index.ts', import.meta.url)),
    logger: new DefaultLogger('WARN'),
  });
  return bundle;
}

/** A server on which timers pass in no time, to play workflows on with activities of a test's own. */
export interface Lab {
  /** Runs `play` with a worker of its own that has these activities. */
  run<T>(activities: Activities, play: (client: WorkflowClient, taskQueue: string) => Promise<T>): Promise<T>;
  /** The server's time, unix seconds. */
  now(): Promise<number>;
  /** Lets this many seconds of the server's time pass. */
  sleep(seconds: number): Promise<void>;
}

export async function openLab(): Promise<Lab> {
  const environment = await timeSkippingServer();
  return {
    async run(activities, play) {
      const taskQueue = `lab-${randomUUID().slice(0, 8)}`;
      const worker = await Worker.create({
        connection: environment.nativeConnection,
        taskQueue,
        activities,
        workflowBundle: await workflowBundle(),
      });
      return worker.runUntil(() => play(environment.client.workflow, taskQueue));
    },
    now: async () => (await environment.currentTimeMs()) / 1000,
    sleep: (seconds) => environment.sleep(seconds * 1000),
  };
}

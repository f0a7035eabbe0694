import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { WorkflowClient } from '@temporalio/client';
import { Worker, type NativeConnection } from '@temporalio/worker';
import type { bare } from './bare-workflow.js';

const TASK_QUEUE = 'bare';

export interface BareWorker {
  /** Runs one bare workflow to its end; answers the seconds that it took. */
  run(groups: number[]): Promise<number>;
  stop(): Promise<void>;
}

/** A worker that has nothing but the bare workflow and an activity that does nothing. */
export async function startBareWorker(
  workflow: WorkflowClient,
  connection: NativeConnection,
): Promise<BareWorker> {
  const worker = await Worker.create({
    connection,
    taskQueue: TASK_QUEUE,
    workflowsPath: fileURLToPath(new URL('bare-workflow.ts', import.meta.url)),
    activities: { nothing: () => Promise.resolve() },
  });
  const finished = worker.run();
  return {
    async run(groups) {
      const start = performance.now();
      await workflow.execute<typeof bare>('bare', {
        taskQueue: TASK_QUEUE,
        workflowId: `bare/${randomUUID()}`,
        args: [groups],
      });
      return (performance.now() - start) / 1000;
    },
    async stop() {
      worker.shutdown();
      await finished;
    },
  };
}

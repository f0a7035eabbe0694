import { hostname } from 'node:os';
import proto from '@temporalio/proto';
import type { Worker } from '@temporalio/worker';
import type { Temporal } from '../client/temporal.js';
import { ANALYSIS_TASK_QUEUE, COLLECT_TASK_QUEUE, TASK_QUEUE } from '../model/messages.js';

const { TaskQueueType } = proto.temporal.api.enums.v1;

interface PolledQueue {
  taskQueue: string;
  taskQueueType: (typeof TaskQueueType)[keyof typeof TaskQueueType];
}

/** Every queue that a worker polls. One that nobody polls lets incidents wait for ever. */
const POLLED: readonly PolledQueue[] = [
  { taskQueue: TASK_QUEUE, taskQueueType: TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW },
  { taskQueue: TASK_QUEUE, taskQueueType: TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY },
  { taskQueue: COLLECT_TASK_QUEUE, taskQueueType: TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY },
  { taskQueue: ANALYSIS_TASK_QUEUE, taskQueueType: TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY },
];

/** A worker asks for work at least this often: a long poll lasts a minute. The server remembers it for longer. */
export const POLLS_WITHIN_SECONDS = 75;

/** A worker that asked Temporal for work. */
export interface Poller {
  identity: string;
  secondsAgo: number;
}

/** Who asked for one kind of tasks of one task queue. */
export interface QueuePollers {
  taskQueue: string;
  pollers: Poller[];
}

/** Who asked for tasks of each queue that a worker polls, as far as the server remembers; within `milliseconds`. */
export async function readPollers(
  { client, call, namespace }: Temporal,
  milliseconds: number,
  queues: readonly PolledQueue[] = POLLED,
): Promise<QueuePollers[]> {
  const { workflowService } = client.connection;
  return call(milliseconds, () =>
    Promise.all(
      queues.map(async ({ taskQueue: name, taskQueueType }) => {
        const taskQueue = { name };
        const { pollers } = await workflowService.describeTaskQueue({ namespace, taskQueue, taskQueueType });
        return {
          taskQueue: name,
          pollers: pollers.map(({ identity, lastAccessTime }) => ({
            identity: identity ?? '',
            secondsAgo: Date.now() / 1000 - Number(lastAccessTime?.seconds ?? 0),
          })),
        };
      }),
    ),
  );
}

/**
 * Rejects when Temporal does not see a worker on its task queue. One whose slots are all taken does not poll, and the
 * server forgets it after five minutes: what it works on shows that it did.
 */
export async function demandPolling(
  temporal: Temporal,
  workers: readonly Pick<Worker, 'options' | 'getStatus'>[],
  milliseconds: number,
): Promise<void> {
  const names = new Set(workers.map(({ options }) => options.taskQueue));
  const ofZone = [...names]
    .filter((name) => POLLED.every(({ taskQueue }) => taskQueue !== name))
    .map((taskQueue) => ({ taskQueue, taskQueueType: TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY }));
  const own = POLLED.filter(({ taskQueue }) => names.has(taskQueue));
  const queues = await readPollers(temporal, milliseconds, [...own, ...ofZone]);
  for (const worker of workers) {
    const { identity, taskQueue } = worker.options;
    const isSeen = queues.some(
      (queue) =>
        queue.taskQueue === taskQueue && queue.pollers.some((poller) => poller.identity === identity),
    );
    const { runState, numInFlightActivities } = worker.getStatus();
    if (runState === 'RUNNING' && (isSeen || numInFlightActivities > 0)) continue;
    throw new Error(`Temporal does not see ${identity} polling '${taskQueue}' (state ${runState})`);
  }
}

/** Name of a worker at Temporal. It carries the id of its store, so that workers with different stores are noticed. */
export function identityWith(storeId: string | null): string {
  const process_ = `${process.pid}@${hostname()}`;
  return storeId === null ? process_ : `${process_} store:${storeId}`;
}

/**
 * Says that the workers which poll now keep evidence and records in different stores; null when they share one, or do
 * not tell theirs.
 */
export function differingStores(pollers: readonly Poller[]): string | null {
  const workers = new Map<string, Set<string>>();
  for (const { identity, secondsAgo } of pollers) {
    const [, worker, store] = /^(.*) store:([0-9a-f]{8})$/.exec(identity) ?? [];
    if (worker === undefined || store === undefined || secondsAgo > POLLS_WITHIN_SECONDS) continue;
    workers.set(store, (workers.get(store) ?? new Set()).add(worker));
  }
  if (workers.size < 2) return null;
  const stores = [...workers].map(([store, names]) => `${store} (${[...names].sort().join(', ')})`);
  return `workers use different stores: ${stores.sort().join(' and ')}`;
}

/** What to do about `differingStores`. */
export const SHARE_ONE_STORE =
  'let all workers use one store: a shared store.directory, or store.s3; each finds only the evidence of its own';

import { hostname } from 'node:os';
import proto from '@temporalio/proto';
import type { Temporal } from '../client/temporal.js';
import { TASK_QUEUE } from '../model/messages.js';

const { TaskQueueType } = proto.temporal.api.enums.v1;

/** A worker asks for work at least this often: a long poll lasts a minute. The server remembers it for longer. */
export const POLLS_WITHIN_SECONDS = 75;

/** A worker that asked Temporal for work. */
export interface Poller {
  identity: string;
  secondsAgo: number;
}

/** Who asked for workflow and for activity tasks, as far as the server remembers; within `milliseconds`. */
export async function readPollers(
  { client, call, namespace }: Temporal,
  milliseconds: number,
): Promise<{ workflow: Poller[]; activity: Poller[] }> {
  const of = async (taskQueueType: proto.temporal.api.enums.v1.TaskQueueType): Promise<Poller[]> => {
    const taskQueue = { name: TASK_QUEUE };
    const { workflowService } = client.connection;
    const { pollers } = await workflowService.describeTaskQueue({ namespace, taskQueue, taskQueueType });
    return pollers.map(({ identity, lastAccessTime }) => ({
      identity: identity ?? '',
      secondsAgo: Date.now() / 1000 - Number(lastAccessTime?.seconds ?? 0),
    }));
  };
  const [workflow, activity] = await call(milliseconds, () =>
    Promise.all([of(TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW), of(TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY)]),
  );
  return { workflow, activity };
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

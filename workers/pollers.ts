import proto from '@temporalio/proto';
import type { Temporal } from '../client/temporal.js';
import { TASK_QUEUE } from '../model/messages.js';

const { TaskQueueType } = proto.temporal.api.enums.v1;
const KINDS = [TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW, TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY];

/** A worker that has asked Temporal for tasks. The server remembers it for five minutes. */
export interface Poller {
  /** `<pid>@<host>` unless the worker was given another one. */
  identity: string;
  /** Seconds since it asked last. */
  secondsAgo: number;
}

/**
 * Who polls Faultline's task queue: for workflow tasks and for activity tasks.
 * @throws TemporalUnavailable when Temporal does not answer within `milliseconds`.
 */
export async function readPollers(
  { client, call, namespace }: Temporal,
  milliseconds: number,
): Promise<[workflows: Poller[], activities: Poller[]]> {
  const [workflows, activities] = await call(milliseconds, () =>
    Promise.all(
      KINDS.map((taskQueueType) =>
        client.connection.workflowService.describeTaskQueue({
          namespace,
          taskQueue: { name: TASK_QUEUE },
          taskQueueType,
        }),
      ),
    ),
  );
  const pollersOf = (queue: typeof workflows): Poller[] =>
    (queue?.pollers ?? []).map(({ identity, lastAccessTime }) => ({
      identity: identity ?? '',
      secondsAgo: Date.now() / 1000 - Number(lastAccessTime?.seconds ?? 0),
    }));
  return [pollersOf(workflows), pollersOf(activities)];
}

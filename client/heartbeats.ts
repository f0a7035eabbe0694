import { WorkflowNotFoundError } from '@temporalio/client';
import type { Heartbeat } from '../config/heartbeats.js';
import {
  PASSED_ON_SHARE,
  type HeartbeatMessage,
  type HeartbeatSettings,
  type HeartbeatState,
} from '../model/heartbeat.js';
import {
  HEARTBEAT_WORKFLOW,
  heartbeatId,
  heartbeatMessage,
  heartbeatState,
  TASK_QUEUE,
} from '../model/messages.js';
import type { heartbeat as heartbeatWorkflow } from '../workflows/heartbeat.js';
import { explainIncidentError } from './incident-errors.js';
import type { Temporal } from './temporal.js';

const CALL_MILLISECONDS = 15_000;

interface Configured {
  environment: string;
  webhook: { heartbeats: readonly Heartbeat[] };
}

/** The heartbeats of a configuration, as Temporal keeps them. Methods reject with TemporalUnavailable. */
export interface Heartbeats {
  /**
   * Passes on that heartbeats of these names were heard of at `at` (unix seconds). Most beats are not passed on: a
   * history would grow by every one of them.
   */
  heard(names: Iterable<string>, at: number): Promise<void>;
  /** Begins to watch those of the configuration, and ends the watching of others. */
  keep(): Promise<void>;
  /** Where one stands; null when nobody watches it. @throws NoWorker */
  state(name: string): Promise<HeartbeatState | null>;
}

export function createHeartbeats(
  temporal: Temporal,
  { environment, webhook: { heartbeats } }: Configured,
  { taskQueue = TASK_QUEUE }: { taskQueue?: string | undefined } = {},
): Heartbeats {
  const { workflow } = temporal.client;
  const passedOnAt = new Map<string, number>();

  const settingsOf = ({ name, withinSeconds, severity }: Heartbeat): HeartbeatSettings => ({
    name,
    environment,
    withinSeconds,
    severity,
  });
  const send = (one: Heartbeat, at: number | null): Promise<unknown> => {
    const settings = settingsOf(one);
    return temporal.call(CALL_MILLISECONDS, () =>
      workflow.signalWithStart<typeof heartbeatWorkflow, [HeartbeatMessage]>(HEARTBEAT_WORKFLOW, {
        taskQueue,
        workflowId: heartbeatId(environment, one.name),
        args: [{ settings }],
        signal: heartbeatMessage,
        signalArgs: [{ at, settings }],
        staticSummary: `Heartbeat of ${one.name}`,
      }),
    );
  };

  return {
    async heard(names, at) {
      const wanted = new Set(names);
      const due = heartbeats.filter(
        ({ name, withinSeconds }) =>
          wanted.has(name) && at - (passedOnAt.get(name) ?? 0) >= PASSED_ON_SHARE * withinSeconds,
      );
      await Promise.all(
        due.map(async (one) => {
          await send(one, at);
          passedOnAt.set(one.name, at);
        }),
      );
    },

    async keep() {
      await Promise.all(heartbeats.map((one) => send(one, null)));
      const wanted = new Set(heartbeats.map(({ name }) => heartbeatId(environment, name)));
      await temporal.call(CALL_MILLISECONDS, async () => {
        const query = `WorkflowType = '${HEARTBEAT_WORKFLOW}' AND ExecutionStatus = 'Running'`;
        for await (const { workflowId } of workflow.list({ query })) {
          const isOurs = workflowId.startsWith(heartbeatId(environment, ''));
          if (isOurs && !wanted.has(workflowId)) await workflow.getHandle(workflowId).cancel();
        }
      });
    },

    async state(name) {
      const id = heartbeatId(environment, name);
      try {
        return await temporal.call(CALL_MILLISECONDS, () => workflow.getHandle(id).query(heartbeatState));
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return null;
        throw await explainIncidentError(error, { id, temporal });
      }
    },
  };
}

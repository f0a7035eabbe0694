import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import type { GuardRequest, GuardState } from '../model/guard.js';
import { GUARD_WORKFLOW, guardId, guardState, TASK_QUEUE } from '../model/messages.js';
import { escapeMarkdown, shortName } from '../report/escape.js';
import { withoutSecrets } from '../report/mask.js';
import type { guardRollout } from '../workflows/guard/guard-rollout.js';
import { explainIncidentError } from './incident-errors.js';
import type { Temporal } from './temporal.js';

/** A worker answers in milliseconds; this outlasts the time in which Temporal notices that one died. */
const ANSWER_MILLISECONDS = 15_000;

/** Deploy guards as Temporal keeps them. Methods reject with TemporalUnavailable, and NoWorker where one is needed. */
export interface Guards {
  /** Starts to watch a rollout; `joined` when the same service, or the same change of it, is watched already. */
  start(request: GuardRequest): Promise<{ id: string; joined: boolean }>;
  /** What a guard has seen. Of one that has ended it needs no worker. */
  state(id: string): Promise<GuardState>;
}

export function createGuards(
  temporal: Temporal,
  { taskQueue = TASK_QUEUE }: { taskQueue?: string | undefined } = {},
): Guards {
  const { workflow } = temporal.client;
  return {
    async start(given) {
      const request = withoutSecrets(given);
      const id = guardId(request);
      try {
        await temporal.call(ANSWER_MILLISECONDS, () =>
          workflow.start<typeof guardRollout>(GUARD_WORKFLOW, {
            taskQueue,
            workflowId: id,
            workflowIdConflictPolicy: 'FAIL',
            args: [request],
            staticSummary: `Guard of ${escapeMarkdown(shortName(request.service, 60))}`,
            staticDetails: `Asked for by ${escapeMarkdown(shortName(request.by, 60))}`,
          }),
        );
        return { id, joined: false };
      } catch (error) {
        if (error instanceof WorkflowExecutionAlreadyStartedError) return { id, joined: true };
        throw error;
      }
    },

    async state(id) {
      const handle = workflow.getHandle(id);
      try {
        return await temporal.call(ANSWER_MILLISECONDS, async () => {
          const { status } = await handle.describe();
          if (status.name === 'COMPLETED') return (await handle.result()) as GuardState;
          return handle.query(guardState);
        });
      } catch (error) {
        throw await explainIncidentError(error, { id, temporal });
      }
    },
  };
}

import { createHash } from 'node:crypto';
import { jsonBytes } from '../model/bytes.js';
import type { ReportedChange } from '../model/change.js';
import { KEEP_CHANGES_WORKFLOW, TASK_QUEUE } from '../model/messages.js';
import { escapeMarkdown, shortName } from '../report/escape.js';
import { safeChange } from '../report/safe-change.js';
import type { keepChanges } from '../workflows/keep-changes.js';
import type { Temporal } from './temporal.js';

/** Bytes of one run's input: Temporal warns of payloads above 512 KiB and refuses them above 2 MiB. */
const MAX_RUN_BYTES = 400 * 1024;

/** Takes changes from outside. */
export interface ChangeReports {
  /**
   * Hands changes to a worker, which keeps them for the diagnoses to come. Resolves when Temporal holds them durably,
   * whether or not a worker runs; to report one again changes nothing.
   *
   * @throws TemporalUnavailable
   */
  report(changes: readonly ReportedChange[], options: { timeoutSeconds: number }): Promise<void>;
}

/** Reports changes through Temporal: the process that takes them need not reach the store. */
export function createChangeReports(
  temporal: Pick<Temporal, 'client' | 'call'>,
  { taskQueue = TASK_QUEUE }: { taskQueue?: string | undefined } = {},
): ChangeReports {
  return {
    async report(changes, { timeoutSeconds }) {
      const runs = runsOf(changes.map(safeChange));
      await temporal.call(timeoutSeconds * 1000, async () => {
        for (const run of runs) {
          await temporal.client.workflow.start<typeof keepChanges>(KEEP_CHANGES_WORKFLOW, {
            taskQueue,
            workflowId: `changes/${digestOf(run)}`,
            workflowIdConflictPolicy: 'USE_EXISTING',
            args: [{ changes: run }],
            staticSummary: escapeMarkdown(shortName(summaryOf(run), 60)),
          });
        }
      });
    },
  };
}

function runsOf(changes: readonly ReportedChange[]): ReportedChange[][] {
  const runs: ReportedChange[][] = [];
  let room = 0;
  for (const change of changes) {
    const bytes = jsonBytes(change);
    if (bytes > room) {
      runs.push([]);
      room = MAX_RUN_BYTES;
    }
    room -= bytes;
    runs.at(-1)!.push(change);
  }
  return runs;
}

/** The same changes, posted again, are the same run while it lasts. */
function digestOf(run: readonly ReportedChange[]): string {
  const identities = run.map(({ source, environment, service, id }) => [source, environment, service, id]);
  return createHash('sha256').update(JSON.stringify(identities)).digest('hex').slice(0, 16);
}

function summaryOf([one, ...others]: readonly ReportedChange[]): string {
  const more = others.length > 0 ? ` and ${others.length} more` : '';
  return `Changes: ${one?.title ?? 'none'}${more}`;
}

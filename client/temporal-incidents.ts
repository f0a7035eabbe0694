import { isDeepStrictEqual } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import { WithStartWorkflowOperation, type WorkflowHandle } from '@temporalio/client';
import type { UpdateDefinition } from '@temporalio/common';
import type { IncidentRecord } from '../model/incident.js';
import type {
  Acknowledgement,
  Cancellation,
  RerunRequest,
  Progress,
  RaiseAnswer,
  FeedbackGiven,
  IncidentStatus,
} from '../model/progress.js';
import * as names from '../model/messages.js';
import type { Merge, Moved, Split } from '../model/triage.js';
import { escapeMarkdown, shortName } from '../report/escape.js';
import { withoutSecrets } from '../report/mask.js';
import type { triage, TriageInput } from '../workflows/triage/triage.js';
import { batchesOf } from './batches.js';
import { NoWorker } from './errors.js';
import { explainIncidentError, explainListError } from './incident-errors.js';
import { isWholeId, pickId, wholeId } from './incident-ids.js';
import { isClosedState, rowOf, visibilityQuery, type IncidentFilters } from './incident-list.js';
import type { IncidentList, Incidents, WatchOptions } from './incidents.js';
import { lastWrittenRecord } from './last-record.js';
import { manualAnomaly, type StartRequest } from './manual-anomaly.js';
import { searchKeys, type Temporal } from './temporal.js';

export interface IncidentsOptions {
  /** Where the workers poll. @default TASK_QUEUE */
  taskQueue?: string | undefined;
  /**
   * Completes the excerpt of a record that an incident answers, from the store where it is at hand.
   * @default leaves it as it is
   */
  complete?: ((record: IncidentRecord) => Promise<IncidentRecord>) | undefined;
  /**
   * A worker answers queries and updates in milliseconds; after this long there is none. The default outlasts the
   * ten seconds in which Temporal notices that a worker died with the task in hand. @default 15,000
   */
  answerMilliseconds?: number | undefined;
}

/** Visibility of a large cluster may take its time. */
const LIST_MILLISECONDS = 15_000;
/** How many incidents, newest first, a part of an id is looked for in. */
const ID_SEARCH_LIMIT = 5_000;

type Steer = Acknowledgement | FeedbackGiven | RerunRequest | Cancellation;

/** Whether the first summary is out, or none will come any more. */
function isSettled({ state, isPublished }: Progress): boolean {
  return isClosedState(state) || (state === 'following' && isPublished);
}

/**
 * Incidents as Temporal keeps them. Connects at the first call. What others wrote goes without its secrets: a history
 * keeps for long what it is told.
 */
export function createIncidents(temporal: Temporal, options: IncidentsOptions = {}): Incidents {
  const { taskQueue = names.TASK_QUEUE, answerMilliseconds = 15_000 } = options;
  const complete = options.complete ?? ((record: IncidentRecord) => Promise.resolve(record));
  const { workflow } = temporal.client;

  /** Where the triage of one environment runs; starting it again finds the one that runs. */
  function triageRun(environment: string) {
    const input: TriageInput = { environment };
    return {
      taskQueue,
      workflowId: names.triageWorkflowId(environment),
      args: [input] as [TriageInput],
      // Sixty characters are at most 250 bytes; Temporal refuses more than 400.
      staticSummary: `Triage of ${escapeMarkdown(shortName(environment, 60))}`,
    };
  }

  async function list(filters: IncidentFilters, options: { limit: number }): Promise<IncidentList> {
    const found = workflow.list({
      query: visibilityQuery(filters),
      pageSize: Math.min(options.limit + 1, 1_000),
    });
    const list: IncidentList = { incidents: [], more: false };
    try {
      await temporal.call(LIST_MILLISECONDS, async () => {
        for await (const run of found) {
          list.more = list.incidents.length === options.limit;
          if (list.more) break;
          list.incidents.push(rowOf(run));
        }
      });
    } catch (error) {
      throw explainListError(error);
    }
    return list;
  }

  async function findId(part: string): Promise<string> {
    if (isWholeId(part)) return part;
    const { incidents } = await list({}, { limit: ID_SEARCH_LIMIT });
    return pickId(
      part,
      incidents.map((incident) => incident.id),
    );
  }

  /** One exchange with one incident. */
  async function ask<Answer>(part: string, exchange: (incident: WorkflowHandle) => Promise<Answer>) {
    const id = await findId(part);
    return explained(id, () => temporal.call(answerMilliseconds, () => exchange(workflow.getHandle(id))));
  }

  async function explained<Answer>(id: string, exchange: () => Promise<Answer>): Promise<Answer> {
    try {
      return await exchange();
    } catch (error) {
      throw await explainIncidentError(error, { id, temporal });
    }
  }

  function update<Given extends Steer>(
    part: string,
    definition: UpdateDefinition<IncidentStatus, [Given]>,
    argument: Given,
  ): Promise<IncidentRecord> {
    return ask(part, async (incident) => {
      await incident.executeUpdate(definition, { args: [withoutSecrets(argument)] });
      return recordOf(incident);
    });
  }

  async function recordOf(incident: WorkflowHandle): Promise<IncidentRecord> {
    const { status } = await incident.describe();
    if (status.name === 'COMPLETED') return (await incident.result()) as IncidentRecord;
    return incident.query(names.record);
  }

  async function show(part: string): Promise<IncidentRecord> {
    const excerpt = await ask(part, async (incident) => {
      const run = await incident.describe();
      if (run.status.name === 'COMPLETED') return (await incident.result()) as IncidentRecord;
      // It waits for feedback: what it knows is what it has written, and no worker need be asked.
      const isClosed = isClosedState(run.typedSearchAttributes.get(searchKeys.state) ?? null);
      const written = isClosed ? await lastWrittenRecord(temporal.client, incident.workflowId) : null;
      return written ?? incident.query(names.record);
    });
    return complete(excerpt);
  }

  function askTriage<Given extends Merge | Split>(
    environment: string,
    definition: UpdateDefinition<Moved, [Given]>,
    argument: Given,
  ): Promise<Moved> {
    const id = names.triageWorkflowId(environment);
    return explained(id, () =>
      temporal.call(answerMilliseconds, () =>
        workflow.getHandle(id).executeUpdate(definition, { args: [argument] }),
      ),
    );
  }

  function progress(part: string): Promise<Progress> {
    return ask(part, (incident) => incident.query(names.progress));
  }

  async function* watch(part: string, options: WatchOptions = {}): AsyncGenerator<Progress> {
    const id = await findId(part);
    let seen: Progress | undefined;
    for (;;) {
      const now = await progress(id);
      if (!isDeepStrictEqual(now, seen)) yield now;
      if (isSettled(now)) return;
      seen = now;
      await sleep(options.everyMilliseconds ?? 1_000, undefined, { signal: options.signal });
    }
  }

  return {
    async raise(anomalies, { timeoutSeconds }) {
      await temporal.call(timeoutSeconds * 1000, async () => {
        for (const batch of batchesOf(anomalies.map(withoutSecrets))) {
          await workflow.signalWithStart<typeof triage, [typeof anomalies]>(names.TRIAGE_WORKFLOW, {
            ...triageRun(batch.environment),
            signal: names.anomaliesRaised,
            signalArgs: [batch.anomalies],
          });
        }
      });
    },

    async start(request: StartRequest) {
      const anomaly = withoutSecrets(manualAnomaly(request));
      const run = triageRun(request.environment);
      const { incidents } = await explained(run.workflowId, () =>
        temporal.call(answerMilliseconds, () =>
          workflow.executeUpdateWithStart<typeof triage, RaiseAnswer, [(typeof anomaly)[]]>(names.raise, {
            args: [[anomaly]],
            startWorkflowOperation: new WithStartWorkflowOperation<typeof triage>(names.TRIAGE_WORKFLOW, {
              ...run,
              workflowIdConflictPolicy: 'USE_EXISTING',
            }),
          }),
        ),
      );
      const raised = incidents.find((incident) => incident.fingerprint === anomaly.fingerprint);
      if (!raised)
        throw new NoWorker(`Triage named no incident for ${request.service}; is its worker of this version?`);
      return raised;
    },

    show,
    progress,
    watch,
    list,
    acknowledge: (part, given) => update(part, names.acknowledge, given),
    giveFeedback: (part, given) => update(part, names.giveFeedback, given),
    rerun: (part, given) => update(part, names.rerun, given),
    cancel: async (id, given) => update(wholeId(id), names.cancel, given),
    async merge(part, intoPart, { by }) {
      const [from, into] = [await show(part), await findId(intoPart)];
      const merge: Merge = { from: from.id, into, by };
      return askTriage(from.environment, names.mergeIncidents, merge);
    },
    async split(part, { service, by }) {
      const { id: from, environment } = await show(part);
      const split: Split = { from, service, by };
      return askTriage(environment, names.splitIncident, split);
    },
    findId,
    ready: ({ timeoutSeconds }) => temporal.ready(timeoutSeconds * 1000),
    close: () => temporal.close(),
  };
}

import { activityInfo, cancellationSignal, getClient, heartbeat } from '@temporalio/activity';
import { WorkflowNotFoundError, type WorkflowClient } from '@temporalio/client';
import pMap from 'p-map';
import type { DeliveryResult, DiagnoseInput, OutboxItem } from '../../model/delivery.js';
import { DIAGNOSE_WORKFLOW, incidentMessages, triageWorkflowId } from '../../model/messages.js';
import type { Activities } from '../contract.js';
import { openingOf } from './opening.js';

/** Incidents that are sent to at the same time: enough for some hundred a second, and few for one connection. */
const INCIDENTS_AT_ONCE = 20;

/** What an attempt leaves to the next. */
interface Progress {
  results: DeliveryResult[];
}

/**
 * The `deliver` activity: sends an outbox to incidents by signals, and starts the workflows of those that are to be
 * started. Messages of one incident go in order, and in one signal where they may; different incidents side by side. A
 * message may arrive twice, when an attempt ended between sending and noting it: incidents know its id.
 *
 * Answers what it could deliver. When that is nothing, it fails, to be tried again. Items of a single incident are
 * therefore answered all or none.
 */
export function createDeliver(
  options: {
    /** Where incidents that are started run. @default where this activity runs */
    taskQueue?: string;
  } = {},
): Pick<Activities, 'deliver'> {
  return { deliver: ({ items }) => deliver(items, options.taskQueue ?? activityInfo().taskQueue) };
}

async function deliver(items: readonly OutboxItem[], taskQueue: string): Promise<DeliveryResult[]> {
  const noted = activityInfo().heartbeatDetails as Progress | undefined;
  const results = noted?.results ?? [];
  const done = new Set(results.map(({ id }) => id));
  const left = items.filter(({ message }) => !done.has(message.id));
  const errors: unknown[] = [];
  const client = getClient().workflow;

  await pMap(
    byIncident(left).values(),
    async (own) => {
      try {
        cancellationSignal().throwIfAborted();
        const outcome = await send(client, own, taskQueue);
        results.push(...own.map(({ message }) => ({ id: message.id, outcome })));
        heartbeat({ results } satisfies Progress);
      } catch (error) {
        errors.push(error);
      }
    },
    { concurrency: INCIDENTS_AT_ONCE },
  );
  cancellationSignal().throwIfAborted();
  if (results.length === 0 && errors.length > 0) throw errors[0];
  return results;
}

/** Sends an incident what it is to know, in one signal. */
async function send(
  client: WorkflowClient,
  items: readonly OutboxItem[],
  taskQueue: string,
): Promise<DeliveryResult['outcome']> {
  const [first] = items;
  if (!first) return 'delivered';
  const { incident, environment } = first;
  const messages = items.map(({ message }) => message);
  if (!items.some(({ start }) => start)) {
    try {
      await client.getHandle(incident).signal(incidentMessages, messages);
      return 'delivered';
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return 'ended';
      throw error;
    }
  }
  // Triage knows whether these alerts are over meanwhile and places them again; a giving incident does not.
  const isFromTriage = messages.every(({ body }) => body.kind !== 'transferred');
  if (isFromTriage && (await hasEndedMeanwhile(client, incident))) return 'ended';
  const input: DiagnoseInput = { triageId: triageWorkflowId(environment), environment };
  await client.signalWithStart(DIAGNOSE_WORKFLOW, {
    workflowId: incident,
    taskQueue,
    args: [input],
    signal: incidentMessages,
    signalArgs: [messages],
    // An incident that had ended begins again as another run of the same id.
    workflowIdReusePolicy: 'ALLOW_DUPLICATE',
    ...openingOf(messages, environment),
  });
  return 'delivered';
}

/**
 * Whether an incident ended since this delivery was scheduled and an earlier attempt may have reached it: starting it
 * again could bring back alerts that are over.
 */
async function hasEndedMeanwhile(client: WorkflowClient, incident: string): Promise<boolean> {
  const { attempt, scheduledTimestampMs } = activityInfo();
  if (attempt === 1) return false;
  try {
    const { closeTime } = await client.getHandle(incident).describe();
    return closeTime !== undefined && closeTime.getTime() >= scheduledTimestampMs;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}

function byIncident(items: readonly OutboxItem[]): Map<string, OutboxItem[]> {
  const found = new Map<string, OutboxItem[]>();
  for (const item of items) {
    const own = found.get(item.incident);
    if (own) own.push(item);
    else found.set(item.incident, [item]);
  }
  return found;
}

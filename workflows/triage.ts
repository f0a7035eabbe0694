import { ApplicationFailure } from '@temporalio/common';
import {
  allHandlersFinished,
  condition,
  continueAsNew,
  getExternalWorkflowHandle,
  patched,
  proxyLocalActivities,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { Activities } from '../activities/contract.js';
import type { Anomaly } from '../model/anomaly.js';
import type { RaiseAnswer } from '../model/progress.js';
import type { Merge, Moved, MoveOrder, Split, TriageState } from '../model/triage.js';
import { now } from './incident.js';
import * as messages from '../model/messages.js';
import { TriageBoard, type BoardState, type FirstBoardState } from './triage-board.js';
import { OFFICE } from './triage-mail.js';
import { answerFor, PLAIN_POLICY, placeRound } from './triage-round.js';

export interface TriageInput {
  environment: string;
  /** What the previous run knew. */
  carried?: { board: BoardState | FirstBoardState; inbox: Anomaly[] };
}

/** Reads the worker's own configuration: short, and without the world. */
const { readTriagePolicy } = proxyLocalActivities<Pick<Activities, 'readTriagePolicy'>>({
  startToCloseTimeout: '10s',
});

/** So many anomalies are no longer waited with. */
const ENOUGH = 5_000;
/** Characters of anomalies that one run may leave to the next: its input must fit a payload beside the board. */
const MOST_CARRIED = 200_000;

/** A batch on its way through triage; `answer` is filled when every anomaly of it has found its place. */
interface Batch {
  anomalies: Anomaly[];
  /** Somebody waits for the answer. */
  waits: boolean;
  answer?: RaiseAnswer;
}

/**
 * Takes the anomalies of one environment, and sees that each reaches exactly one incident, or is dropped with a
 * reason. The first news of a storm wait a little for those that belong to them; then all that has come is placed in
 * one round. What a person raises waits for nothing.
 */
export async function triage(input: TriageInput): Promise<void> {
  // Runs of version 0.1 placed each batch by itself, by group and service alone.
  const inRounds = patched('triage-in-rounds');
  const board = new TriageBoard(input.carried?.board, now());
  const inbox: Batch[] = input.carried ? [{ anomalies: input.carried.inbox, waits: false }] : [];
  /** Steps that people asked for: they take turns with rounds, which must not find the board changed. */
  const chores: (() => Promise<void>)[] = [];

  setHandler(messages.anomaliesRaised, (anomalies) => {
    inbox.push({ anomalies, waits: false });
  });
  setHandler(messages.raise, async (anomalies) => {
    const batch: Batch = { anomalies, waits: true };
    inbox.push(batch);
    await condition(() => batch.answer !== undefined);
    return batch.answer ?? { incidents: [] };
  });
  setHandler(messages.incidentClosed, (incident) => board.close(incident, now()));
  setHandler(messages.incidentReopened, (incident, firing) => board.reopen(incident, firing));
  setHandler(messages.mergeIncidents, (merge) => inTurn(chores, () => mergeOn(board, merge)), {
    validator: (merge: Merge) => demandMerge(board, merge),
  });
  setHandler(messages.splitIncident, (split) => inTurn(chores, () => splitOn(board, split)), {
    validator: (split: Split) => demandSplit(board, split),
  });
  setHandler(messages.triageState, () => stateOf(board, inbox));
  setHandler(messages.whereabouts, (fingerprints) => board.whereabouts(fingerprints));

  const mayEnd = (): boolean =>
    workflowInfo().continueAsNewSuggested && allHandlersFinished() && charactersOf(inbox) <= MOST_CARRIED;

  while (!mayEnd()) {
    setCurrentDetails(describe(input.environment, stateOf(board, inbox)));
    await condition(() => inbox.length > 0 || chores.length > 0 || mayEnd());
    for (const chore of chores.splice(0)) await chore();
    if (inbox.length === 0) continue;

    const policy = inRounds ? await readTriagePolicy({ at: now() }) : PLAIN_POLICY;
    const hurry = (): boolean =>
      chores.length > 0 ||
      inbox.some(({ waits }) => waits) ||
      countOf(inbox) >= ENOUGH ||
      workflowInfo().continueAsNewSuggested;
    if (policy.settleSeconds > 0 && !hurry() && hasNews(board, inbox)) {
      await condition(hurry, policy.settleSeconds * 1000, {
        summary: `Wait ${policy.settleSeconds} s for what belongs together`,
      });
    }
    const batches = inRounds ? inbox.splice(0) : inbox.splice(0, 1);
    const raised = batches.flatMap(({ anomalies }) => anomalies);
    const { opened } = await placeRound(board, raised, policy, OFFICE);
    for (const batch of batches) batch.answer = answerFor(board, batch.anomalies, opened);
  }

  await continueAsNew<typeof triage>({
    environment: input.environment,
    carried: { board: board.snapshot(), inbox: inbox.flatMap((batch) => batch.anomalies) },
  });
}

/** Whether anything came that no incident has: repeats and ends need not wait. */
function hasNews(board: TriageBoard, inbox: readonly Batch[]): boolean {
  return inbox.some(({ anomalies }) =>
    anomalies.some((anomaly) => anomaly.status === 'firing' && board.incidentOf(anomaly) === null),
  );
}

/** Queues a step and waits until it is done; its failure is the caller's. */
async function inTurn<T>(chores: (() => Promise<void>)[], step: () => Promise<T>): Promise<T> {
  let outcome: { value: T } | { error: unknown } | undefined;
  chores.push(async () => {
    try {
      outcome = { value: await step() };
    } catch (error) {
      outcome = { error };
    }
  });
  await condition(() => outcome !== undefined);
  if (outcome && 'value' in outcome) return outcome.value;
  throw outcome?.error;
}

async function mergeOn(board: TriageBoard, merge: Merge): Promise<Moved> {
  const { from, into, by } = merge;
  // What was queued before may have changed what the validator saw.
  demandMerge(board, merge);
  await order(from, { to: into, service: null, by });
  board.merge(from, into, now());
  return { from, to: into };
}

async function splitOn(board: TriageBoard, split: Split): Promise<Moved> {
  const { from, service, by, anomalies } = split;
  demandSplit(board, split);
  const [first, ...others] = anomalies.map((anomaly) => ({
    ...anomaly,
    joined: `split from ${from} by ${by}`,
  }));
  if (!first) throw badRequest('anomalies: expected at least one');
  const to = board.split(from, service, [first, ...others]);
  await OFFICE.open(to, [first, ...others]);
  await order(from, { to, service, by });
  return { from, to };
}

/** Lets an incident hand anomalies over. */
async function order(incident: string, move: MoveOrder): Promise<void> {
  try {
    await getExternalWorkflowHandle(incident).signal(messages.anomaliesMoved, move);
  } catch (error) {
    throw badRequest(`${incident} has ended and hands nothing over: ${String(error)}`);
  }
}

function demandMerge(board: TriageBoard, { from, into, by }: Merge): void {
  demandPerson(by);
  demandOpen(board, 'from', from);
  demandOpen(board, 'into', into);
  if (from === into) throw badRequest('into: expected another incident than from');
}

function demandSplit(board: TriageBoard, { from, service, by, anomalies }: Split): void {
  demandPerson(by);
  demandOpen(board, 'from', from);
  if (anomalies.length === 0 || anomalies.some((anomaly) => anomaly.service !== service)) {
    throw badRequest(`anomalies: expected those of ${service}, at least one`);
  }
}

function demandPerson(by: string): void {
  if (by.trim() === '') throw badRequest('by: expected who asks for it');
}

function demandOpen(board: TriageBoard, field: string, incident: string): void {
  if (!board.isOpen(incident)) throw badRequest(`${field}: expected an open incident, ${incident} is none`);
}

function badRequest(message: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(message, 'BadRequest');
}

function countOf(inbox: readonly Batch[]): number {
  return inbox.reduce((sum, { anomalies }) => sum + anomalies.length, 0);
}

function charactersOf(inbox: readonly Batch[]): number {
  return inbox.reduce((sum, { anomalies }) => sum + JSON.stringify(anomalies).length, 0);
}

function stateOf(board: TriageBoard, inbox: readonly Batch[]): TriageState {
  const { counts, drops } = board.snapshot();
  const open = board.open.map(({ id, services, anomalies = 0, flaps = {} }) => ({
    id,
    services,
    anomalies,
    flaps: Object.values(flaps).reduce((sum, times) => sum + times, 0),
  }));
  return { counts, open, drops, waiting: countOf(inbox) };
}

function describe(environment: string, { counts, open, drops }: TriageState): string {
  const lines = open.slice(0, 20).map(({ id, services }) => {
    const shown = services.slice(0, 5).join(', ');
    return `- \`${id}\`: ${shown}${services.length > 5 ? ` and ${services.length - 5} more` : ''}`;
  });
  return [
    `**${open.length} open incidents in ${environment}**`,
    ...lines,
    '',
    `${counts.raised} anomalies seen: ${counts.placed} in ${counts.incidents} incidents, ${counts.repeats} repeats, ${counts.ended} ends, ${counts.silenced} silenced, ${counts.strays} ends of unknown alerts, ${counts.late} over before they were heard of.`,
    ...drops.slice(0, 5).map(({ service, why }) => `- left out (${service}): ${why}`),
  ].join('\n');
}

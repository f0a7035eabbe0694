import { ApplicationFailure } from '@temporalio/common';
import {
  allHandlersFinished,
  condition,
  continueAsNew,
  isCancellation,
  log,
  proxyActivities,
  proxyLocalActivities,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { Activities } from '../../activities/contract.js';
import { jsonBytes } from '../../model/bytes.js';
import type { DeliveryResult, OutboxItem } from '../../model/delivery.js';
import * as messages from '../../model/messages.js';
import type { CorrelateAnswer, CorrelateRequest, Moved, TriagePolicy } from '../../model/triage.js';
import type { RaiseAnswer } from '../../model/progress.js';
import { failureReason } from '../failure-reason.js';
import { now } from '../time.js';
import { triageDetails } from './details.js';
import { CARRIED_BYTES, HISTORY_BYTES, REMEMBERED_SECONDS, SETTLED_ALERTS } from './limits.js';
import { correlationQuestion } from './placement.js';
import { describeTriage, loadTriage, newTriage, saveTriage, type SavedTriage } from './state.js';
import { step, type Answer, type Command } from './step.js';

export interface TriageInput {
  environment: string;
  /** What the previous run knew. */
  carried?: SavedTriage;
}

/** Reads the worker's own configuration: short, and asks nobody. */
const { readTriagePolicy } = proxyLocalActivities<Pick<Activities, 'readTriagePolicy'>>({
  startToCloseTimeout: '10s',
});

/** A metrics source that does not answer soon leaves groups and services to say what belongs together. */
const { correlate } = proxyActivities<Pick<Activities, 'correlate'>>({
  startToCloseTimeout: '10s',
  scheduleToCloseTimeout: '15s',
  retry: { initialInterval: '1s', maximumAttempts: 2 },
});

/**
 * Answers what it has delivered as soon as that is anything. What it could not deliver stays in the outbox and is tried
 * again, for ever; in between the loop takes what has come.
 */
const { deliver } = proxyActivities<Pick<Activities, 'deliver'>>({
  startToCloseTimeout: '1m',
  scheduleToCloseTimeout: '1m',
  heartbeatTimeout: '20s',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '10s' },
});
/** After a delivery that failed as a whole: a Temporal or a namespace that takes nothing is asked a few times a minute. */
const PAUSE_SECONDS = 10;

/** The settle time of alerts that wait, and the policy of their round. */
interface Round {
  policy: TriagePolicy;
  isSettled: boolean;
}

/**
 * Takes the anomalies of one environment, and gives each to exactly one incident, or drops it with a reason that is
 * counted. Handlers only append commands; this loop alone lets them change what triage knows. The first firing alerts of
 * a storm wait a little for those that belong to them; what a person raises waits for nothing.
 */
export async function triage(input: TriageInput): Promise<void> {
  const state = input.carried
    ? loadTriage(input.carried)
    : newTriage(input.environment, workflowInfo().runId.slice(0, 8));
  const commands: Command[] = [];
  const answers = new Map<number, Answer['result']>();
  listen(commands, answers);
  setHandler(messages.triageState, () => describeTriage(state));
  setHandler(messages.whereabouts, (fingerprints) =>
    fingerprints.map((fingerprint) => state.dedup.latestOf(fingerprint)?.incident ?? null),
  );

  const take = (command: Command): void => {
    for (const { reply, result } of step(state, command, now()).answers) answers.set(reply, result);
  };
  const place = async (policy: TriagePolicy): Promise<void> => {
    take({ kind: 'join', policy });
    const question = correlationQuestion(state, policy, now());
    const correlation = question && { keys: question.keys, answer: await ask(question.request) };
    take({ kind: 'open', policy, correlation });
  };
  const mayContinue = (): boolean => {
    if (commands.length > 0 || !allHandlersFinished()) return false;
    const { continueAsNewSuggested, historySize } = workflowInfo();
    if (historySize > HISTORY_BYTES) return true;
    // Cheap first: what waits is the largest part when there is much.
    return (
      continueAsNewSuggested &&
      state.waiting.bytes < CARRIED_BYTES &&
      jsonBytes(saveTriage(state)) <= CARRIED_BYTES
    );
  };

  let round: Round | null = null;
  for (;;) {
    for (const command of commands.splice(0)) take(command);
    setCurrentDetails(triageDetails(state));
    if (mayContinue()) break;

    let hasFailed = false;
    if (state.outbox.isReady) {
      const items = state.outbox.next();
      const results = await send(items);
      take({ kind: 'delivered', items, results });
      hasFailed = results.length === 0;
    }
    if (state.waiting.size > 0) {
      round ??= await beginRound(() => state.waiting.hasUrgent || state.waiting.size >= SETTLED_ALERTS);
      const current: Round = round;
      if (!current.isSettled) {
        await condition(() => current.isSettled || commands.length > 0);
        continue;
      }
      await place(current.policy);
      // What is left has waited: its next round begins at once, with the silences of that time.
      round =
        state.waiting.size > 0 ? { policy: await readTriagePolicy({ at: now() }), isSettled: true } : null;
      continue;
    }
    round = null;
    const hasCommands = () => commands.length > 0 || mayContinue();
    if (hasFailed) await condition(hasCommands, PAUSE_SECONDS * 1000, { summary: 'Deliver again' });
    else if (state.outbox.isReady) continue;
    else if (state.open.size > 0) await condition(hasCommands);
    // Nothing is open, and nothing is remembered any more: the next anomaly starts it again.
    else if (!(await condition(hasCommands, REMEMBERED_SECONDS * 1000))) return;
  }

  take({ kind: 'shrink', bytes: CARRIED_BYTES });
  await continueAsNew<typeof triage>({ environment: input.environment, carried: saveTriage(state) });
}

/** Handlers append a command; those of updates wait for its answer. */
function listen(commands: Command[], answers: Map<number, Answer['result']>): void {
  let replies = 0;
  const answerTo = async (commandFor: (reply: number) => Command): Promise<RaiseAnswer | Moved> => {
    const reply = (replies += 1);
    commands.push(commandFor(reply));
    await condition(() => answers.has(reply));
    const result = answers.get(reply);
    answers.delete(reply);
    if (result && 'ok' in result) return result.ok;
    throw ApplicationFailure.nonRetryable(result?.refused ?? 'no answer', 'BadRequest');
  };
  setHandler(messages.anomaliesRaised, (anomalies) => {
    commands.push({ kind: 'raised', anomalies, reply: null });
  });
  setHandler(messages.triageMessages, (received) => {
    commands.push({ kind: 'messages', messages: received });
  });
  setHandler(messages.raise, async (anomalies) => {
    return (await answerTo((reply) => ({ kind: 'raised', anomalies, reply }))) as RaiseAnswer;
  });
  setHandler(messages.mergeIncidents, async (merge) => {
    return (await answerTo((reply) => ({ kind: 'merge', merge, reply }))) as Moved;
  });
  setHandler(messages.splitIncident, async (split) => {
    return (await answerTo((reply) => ({ kind: 'split', split, reply }))) as Moved;
  });
}

/** Reads the policy and starts the settle time, which `isUrgent` ends before its time. */
async function beginRound(isUrgent: () => boolean): Promise<Round> {
  const policy = await readTriagePolicy({ at: now() });
  const { settleSeconds } = policy;
  const round: Round = { policy, isSettled: settleSeconds === 0 };
  if (round.isSettled) return round;
  const summary = `Wait ${settleSeconds} s for alerts that belong together`;
  // It rejects when the triage is cancelled, which the loop notices itself.
  const settled = condition(isUrgent, settleSeconds * 1000, { summary }).catch(() => undefined);
  void settled.then(() => {
    round.isSettled = true;
  });
  return round;
}

async function ask(request: CorrelateRequest): Promise<CorrelateAnswer> {
  try {
    return await correlate(request);
  } catch (error) {
    if (isCancellation(error)) throw error;
    log.warn('who calls whom could not be asked', { error: failureReason(error) });
    return { targets: request.groups.map(() => null), blind: 'who calls whom could not be asked' };
  }
}

async function send(items: OutboxItem[]): Promise<DeliveryResult[]> {
  try {
    return await deliver({ items });
  } catch (error) {
    if (isCancellation(error)) throw error;
    log.warn('messages to incidents could not be delivered', { error: failureReason(error) });
    return [];
  }
}

import {
  CancellationScope,
  isCancellation,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import type { Activities, Policy } from '../../activities/contract.js';
import type { Anomaly } from '../../model/anomaly.js';
import type { GuardListener, GuardLook, GuardRequest, GuardState } from '../../model/guard.js';
import { guardState } from '../../model/messages.js';
import { shortSummary } from '../../report/details.js';
import { readPolicy } from '../activity-options.js';
import { failureReason } from '../failure-reason.js';
import { investigate } from '../incident/investigation.js';
import { runUrl } from '../run-url.js';
import { clock, now } from '../time.js';
import { describe } from './describe.js';
import { decide, lookEverySeconds } from './looks.js';

/** Reads what an investigation has stored. A store that is away for long leaves a look without an answer. */
const { judgeRollout } = proxyActivities<Pick<Activities, 'judgeRollout'>>({
  startToCloseTimeout: '30s',
  scheduleToCloseTimeout: '3m',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '20s' },
});

/** A pipeline that waits for a commit's status waits no longer than this for one that cannot be told. */
const { tellGuard } = proxyActivities<Pick<Activities, 'tellGuard'>>({
  startToCloseTimeout: '30s',
  scheduleToCloseTimeout: '10m',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '1m' },
});

/**
 * Watches a rollout: investigates the service at once and at intervals, until a trouble that the rollout caused is
 * seen, or its time is over. Answers `pass`, `fail` with the diagnosis, or `cannot-tell`, and tells whom the
 * configuration names.
 */
export async function guardRollout(request: GuardRequest): Promise<GuardState> {
  const { environment, service, since, forSeconds } = request;
  const state: GuardState = {
    ...{ id: workflowInfo().workflowId, request, verdict: null, reason: 'It has not looked yet.', looks: [] },
    ...{ endsAt: since + forSeconds, diagnosis: null, url: null, untold: [] },
  };
  setHandler(guardState, () => state);
  setCurrentDetails(describe(state));
  const policy = await readPolicy({ environment, service, severity: 'warning' });
  state.url = runUrl(policy);
  try {
    if (request.commit) await tell('github', state);
    await watchOver(state, policy);
  } catch (error) {
    if (!isCancellation(error)) throw error;
    Object.assign(state, { verdict: 'cannot-tell', reason: 'It was cancelled before its time was over.' });
  }
  setCurrentDetails(describe(state));
  await CancellationScope.nonCancellable(() => tellResult(state));
  setCurrentDetails(describe(state));
  return state;
}

async function watchOver(state: GuardState, policy: Policy): Promise<void> {
  const everySeconds = lookEverySeconds(state.request);
  for (;;) {
    const isLast = now() >= state.endsAt;
    const look = await lookAt(state, policy);
    state.looks.push(look);
    const decided = decide(state.looks, isLast);
    Object.assign(state, decided ?? { reason: look.reason });
    setCurrentDetails(describe(state));
    if (decided) return;
    const seconds = Math.max(1, Math.min(everySeconds, state.endsAt - now()));
    await sleep(seconds * 1000, { summary: `Look again at ${clock(now() + seconds)}` });
  }
}

/** One investigation of the service as it is now, and what it says of the rollout. */
async function lookAt(state: GuardState, policy: Policy): Promise<GuardLook> {
  const at = now();
  const { request } = state;
  const { environment, service } = request;
  // An investigation sees so much after its anomaly: later looks follow the rollout.
  const startedAt = Math.max(request.since, at - policy.observedSeconds);
  const subject = { environment, anomalies: [rolloutOf(state, startedAt)], now: at };
  const { result, gaps } = await investigate(subject, policy, () => undefined);
  if (!result?.diagnosis) {
    const [gap] = gaps;
    const why = gap ? `: ${gap.what}: ${gap.reason}` : '';
    return { at, finding: 'cannot-tell', reason: `Nothing could be analysed${why}` };
  }
  state.diagnosis = result.diagnosis;
  const { documents, evidence } = result;
  try {
    const summary = shortSummary(`Judge the rollout of ${service} by what was seen`);
    return {
      at,
      ...(await judgeRollout.executeWithOptions({ summary }, [{ documents, evidence, request }])),
    };
  } catch (error) {
    if (isCancellation(error)) throw error;
    return {
      at,
      finding: 'cannot-tell',
      reason: `What was seen could not be judged: ${failureReason(error)}`,
    };
  }
}

/** The rollout in the place of an alert: what an investigation explains is what came after it. */
function rolloutOf({ id, request }: GuardState, startedAt: number): Anomaly {
  const { environment, service } = request;
  return {
    ...{ source: 'guard', fingerprint: id, group: id, status: 'firing', environment, service },
    ...{ symptom: 'other', severity: 'warning', title: `Rollout of ${service}`, startedAt, endedAt: null },
    ...{ labels: {}, annotations: {}, links: [] },
  };
}

async function tellResult(state: GuardState): Promise<void> {
  const listeners: GuardListener[] = ['webhook', ...(state.request.commit ? (['github'] as const) : [])];
  await Promise.all(listeners.map((to) => tell(to, state)));
}

/** Who cannot be told does not change what the guard says. */
async function tell(to: GuardListener, state: GuardState): Promise<void> {
  try {
    const summary = shortSummary(`Tell ${to}: ${state.verdict ?? 'watching'}`);
    await tellGuard.executeWithOptions({ summary }, [{ to, state }]);
  } catch (error) {
    if (isCancellation(error)) throw error;
    state.untold.push(`${to}: ${failureReason(error)}`);
  }
}

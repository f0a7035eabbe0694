import {
  CancellationScope,
  condition,
  continueAsNew,
  isCancellation,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { Activities } from '../activities/contract.js';
import { PASSED_ON_SHARE, type HeartbeatMessage, type HeartbeatState } from '../model/heartbeat.js';
import { heartbeatMessage, heartbeatState } from '../model/messages.js';
import { minute, minutes, now } from './time.js';

/** A run leaves its history behind after so many beats: each is some five events, of 50,000 that Temporal bears. */
const MOST_BEATS = 1_000;

/** Triage takes anomalies whenever Temporal runs, so they are handed over until it does. */
const { tellHeartbeat } = proxyActivities<Pick<Activities, 'tellHeartbeat'>>({
  startToCloseTimeout: '30s',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '1m' },
});

/** What a heartbeat begins with: its settings, or where the run before it ended. */
export type HeartbeatInput = Pick<HeartbeatState, 'settings'> & Partial<HeartbeatState>;

/**
 * Watches one heartbeat for ever: when it was not heard of for `withinSeconds`, its silence is raised as an anomaly,
 * which ends with the next beat. When it is cancelled, since it is configured no more, what it has raised ends too.
 */
export async function heartbeat(input: HeartbeatInput): Promise<void> {
  const state: HeartbeatState = { since: now(), lastHeardAt: null, missedAt: null, ...input };
  let messages = 0;
  setHandler(heartbeatState, () => state);
  setHandler(heartbeatMessage, ({ at, settings }: HeartbeatMessage) => {
    messages++;
    state.settings = settings;
    // The clock of the receiver may be ahead.
    if (at !== null) state.lastHeardAt = Math.max(state.lastHeardAt ?? 0, Math.min(at, now()));
  });
  try {
    for (;;) {
      const dueAt = silentAt(state);
      setCurrentDetails(describe(state));
      if (state.missedAt === null && now() >= dueAt) {
        state.missedAt = now();
        await tell(state, null);
      } else if (state.missedAt !== null && (state.lastHeardAt ?? 0) > state.missedAt) {
        await tell(state, state.lastHeardAt);
        state.missedAt = null;
      } else if (messages >= MOST_BEATS || workflowInfo().continueAsNewSuggested) {
        await continueAsNew<typeof heartbeat>(state);
      } else {
        const seen = messages;
        const isHeard = (): boolean => messages > seen;
        if (state.missedAt === null) await condition(isHeard, (dueAt - now()) * 1000);
        else await condition(isHeard);
      }
    }
  } catch (error) {
    if (isCancellation(error) && state.missedAt !== null) {
      await CancellationScope.nonCancellable(() => tell(state, now()));
    }
    throw error;
  }
}

/** When it has been silent for too long: a later beat than the last known may not have been passed on. */
function silentAt({ lastHeardAt, since, settings: { withinSeconds } }: HeartbeatState): number {
  return lastHeardAt === null ? since + withinSeconds : lastHeardAt + withinSeconds * (1 + PASSED_ON_SHARE);
}

/** Raises its silence, or its end. */
async function tell(state: HeartbeatState, endedAt: number | null): Promise<void> {
  const { name } = state.settings;
  const summary =
    endedAt === null ? `Tell that ${name} is silent` : `Tell that the silence of ${name} is over`;
  await tellHeartbeat.executeWithOptions({ summary }, [{ state: { ...state }, endedAt }]);
}

function describe({ settings, since, lastHeardAt, missedAt }: HeartbeatState): string {
  const { name, withinSeconds } = settings;
  const heard =
    lastHeardAt === null
      ? `Never heard of since ${minute(since)}.`
      : `Last heard of at ${minute(lastHeardAt)}.`;
  const allowed = `Silence of ${minutes(withinSeconds)} is told.`;
  return [`**Heartbeat ${name}**`, missedAt === null ? heard : `**Silent.** ${heard}`, allowed].join('\n\n');
}

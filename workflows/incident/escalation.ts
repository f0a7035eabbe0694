import { condition } from '@temporalio/workflow';
import type { Policy } from '../../activities/contract.js';
import { clock, now } from '../time.js';
import type { IncidentContext } from './context.js';
import { isAttended, isPublished, isResolved, type Incident } from './state.js';
import type { Publisher } from './publisher.js';

interface Call {
  kind: 'reminder' | 'escalation';
  /** Unix seconds. */
  dueAt: number;
}

/**
 * Calls for attention while nobody has acknowledged the incident: reminds those who know of it, then publishes to the
 * sinks that take escalated incidents. Ends when a person attends to it, or when every call was made.
 */
export async function escalate(
  context: IncidentContext,
  policy: Policy,
  publisher: Publisher,
): Promise<void> {
  // Nobody can answer for what they do not know of.
  await condition(() => isPublished(context.incident));

  for (;;) {
    const call = nextCall(context.incident, policy);
    if (!call) return;
    const { kind, dueAt } = call;
    const what = kind === 'reminder' ? 'Remind' : 'Escalate';
    await condition(() => isAttended(context.incident), Math.max(dueAt - now(), 0.001) * 1000, {
      summary: `${what} at ${clock(dueAt)} unless somebody acknowledges`,
    });
    // An alert that does not fire calls nobody; it may fire again.
    await condition(() => isAttended(context.incident) || !isResolved(context.incident));
    if (isAttended(context.incident)) return;

    context.apply({ kind: kind === 'reminder' ? 'reminded' : 'escalated', at: now() });
    await publisher.publish(kind);
  }
}

/** The call that is due next; null when none is left. */
function nextCall({ head, reminders }: Incident, policy: Policy): Call | null {
  const { remindAfterSeconds, remindTimes, escalateAfterSeconds } = policy;
  const due: Call[] = [];
  if (escalateAfterSeconds > 0 && head.escalatedAt === null) {
    due.push({ kind: 'escalation', dueAt: head.timings.openedAt + escalateAfterSeconds });
  }
  if (remindAfterSeconds > 0 && reminders.sent < remindTimes) {
    due.push({ kind: 'reminder', dueAt: reminders.lastAt + remindAfterSeconds });
  }
  return due.sort((a, b) => a.dueAt - b.dueAt)[0] ?? null;
}

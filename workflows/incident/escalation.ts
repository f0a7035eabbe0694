import { condition } from '@temporalio/workflow';
import type { Policy } from '../activities/contract.js';
import { now, type Incident } from './incident.js';
import type { Publisher } from './publisher.js';
import { clock } from './words.js';

/** Calls that were made already: plain data that is carried over when the incident continues as new. */
export interface CallsMade {
  reminders: number;
  /** When the last reminder went out, unix seconds; before the first, when the incident was opened. */
  remindedAt: number;
}

interface Call {
  kind: 'reminder' | 'escalation';
  dueAt: number;
}

/**
 * Calls for somebody while nobody has acknowledged the incident: reminds those who know of it, then tells those who
 * hear of escalated incidents. Ends when somebody looks after it, or when every call was made.
 */
export async function callForSomebody(
  incident: Incident,
  policy: Policy,
  publisher: Publisher,
): Promise<void> {
  // Nobody can answer for what they have not been told of.
  await condition(() => incident.wasTold());

  for (let call = nextCall(incident, policy); call; call = nextCall(incident, policy)) {
    const { kind, dueAt } = call;
    const what = kind === 'reminder' ? 'Remind' : 'Escalate';
    const answered = await condition(() => incident.isLookedAfter(), Math.max(dueAt - now(), 0.001) * 1000, {
      summary: `${what} at ${clock(dueAt)} unless somebody acknowledges`,
    });
    // An alert that is quiet calls nobody; it may fire again.
    await condition(() => incident.isLookedAfter() || !incident.isQuiet());
    if (answered || incident.isLookedAfter()) return;

    if (kind === 'reminder') incident.remind();
    else incident.escalate();
    await publisher.publish(kind);
  }
}

/** The call that is due next; null when none is left. */
function nextCall(incident: Incident, policy: Policy): Call | null {
  const { record, calls } = incident;
  const { remindAfterSeconds = 0, remindTimes = 0, escalateAfterSeconds = 0 } = policy;
  const due: Call[] = [];
  if (escalateAfterSeconds > 0 && record.escalatedAt === null) {
    due.push({ kind: 'escalation', dueAt: record.timings.openedAt + escalateAfterSeconds });
  }
  if (remindAfterSeconds > 0 && calls.reminders < remindTimes) {
    due.push({ kind: 'reminder', dueAt: calls.remindedAt + remindAfterSeconds });
  }
  return due.sort((a, b) => a.dueAt - b.dueAt)[0] ?? null;
}

import { condition } from '@temporalio/workflow';
import { minute, now } from '../time.js';
import type { IncidentContext } from './context.js';
import type { Incident } from './state.js';

/** Feedback may be corrected for so long: a slip is noticed at once, and runs should not stay for nothing. */
const CORRECTION_SECONDS = 3600;

/**
 * Stays after the end of an incident, for a person to say what the cause was. Ends with the window, or when an alert
 * that was on its way reaches the incident: then it is to open again.
 */
export async function awaitFeedback(context: IncidentContext, windowSeconds: number): Promise<void> {
  for (;;) {
    const until = closesAt(context.incident, windowSeconds);
    if (until <= now() || context.incident.hasFreshAlerts) break;
    context.waitsFor(`Waiting for feedback until ${minute(until)}`);
    const { feedback } = context.incident.head;
    await condition(
      () => context.incident.hasFreshAlerts || context.incident.head.feedback !== feedback,
      (until - now()) * 1000,
      { summary: `Wait for feedback until ${minute(until)}` },
    );
  }
  context.waitsFor(null);
}

/** A record without a diagnosis has nothing to judge. */
function closesAt({ head }: Incident, windowSeconds: number): number {
  const { timings, diagnosis, feedback } = head;
  const closedAt = timings.closedAt ?? now();
  if (!diagnosis) return closedAt;
  if (!feedback) return closedAt + windowSeconds;
  return Math.min(closedAt + windowSeconds, Math.max(feedback.at, closedAt) + CORRECTION_SECONDS);
}

import { condition } from '@temporalio/workflow';
import type { Policy } from '../activities/contract.js';
import type { IncidentRecord } from '../model/incident.js';
import { now, type Incident } from './incident.js';
import type { Publisher } from './publisher.js';
import { minute } from './words.js';

/** A verdict may be corrected for so long: a slip of the hand is noticed at once, and runs should not stay for nothing. */
const CORRECTION_SECONDS = 3600;

/**
 * Stays after the end of an incident, for a person to say what the cause was. Answers whether the incident has begun
 * again: an alert may have been on its way to it when it ended.
 */
export async function awaitFeedback(
  incident: Incident,
  policy: Policy,
  publisher: Publisher,
): Promise<boolean> {
  const { feedbackWindowSeconds } = policy;
  if (feedbackWindowSeconds === undefined) return false;

  for (;;) {
    const until = closesAt(incident.record, feedbackWindowSeconds);
    if (until <= now() || incident.hasNews) break;
    incident.awaits(`Waiting for a verdict until ${minute(until)}`);
    const { feedback } = incident.record;
    await condition(() => incident.hasNews || incident.record.feedback !== feedback, (until - now()) * 1000, {
      summary: `Wait for a verdict until ${minute(until)}`,
    });
  }
  incident.awaits(null);
  // What people said at the last moment is told, too.
  await publisher.settled();
  return incident.hasNews;
}

/** A record without a diagnosis has nothing to judge. */
function closesAt({ timings, diagnosis, feedback }: IncidentRecord, windowSeconds: number): number {
  const closedAt = timings.closedAt ?? now();
  if (!diagnosis) return closedAt;
  if (!feedback) return closedAt + windowSeconds;
  return Math.min(closedAt + windowSeconds, Math.max(feedback.at, closedAt) + CORRECTION_SECONDS);
}

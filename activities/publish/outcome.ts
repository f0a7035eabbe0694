import { ApplicationFailure } from '@temporalio/common';
import { retryAfterSeconds } from '../retry-after.js';

/** What an answer of a sink means for the summary that was posted. */
export type Outcome =
  | { kind: 'accepted' }
  /** Worth another try; after `afterSeconds` when the sink said so. */
  | { kind: 'later'; afterSeconds: number | null }
  /** Would be refused again: the request or the credentials are wrong. */
  | { kind: 'refused' };

/**
 * The decision by status code: 2xx took it; 408, 425, 429 and 5xx may take it later; anything else never will.
 * A redirect is refused: what is signed and secret goes where it was configured to go, and nowhere else.
 */
export function outcomeOf(status: number, retryAfter: string | undefined, nowMs: number): Outcome {
  if (status >= 200 && status < 300) return { kind: 'accepted' };
  if (status >= 500 || status === 408 || status === 425 || status === 429) {
    return { kind: 'later', afterSeconds: retryAfterSeconds(retryAfter, nowMs) };
  }
  return { kind: 'refused' };
}

/** The outcome as Temporal understands it: retried by Temporal, when the sink wishes, or not at all. */
export function failureOf(
  outcome: Exclude<Outcome, { kind: 'accepted' }>,
  message: string,
): ApplicationFailure {
  if (outcome.kind === 'refused') return ApplicationFailure.nonRetryable(message, 'SinkRefused');
  return ApplicationFailure.create({
    message,
    type: 'SinkUnavailable',
    ...(outcome.afterSeconds !== null && { nextRetryDelay: Math.round(outcome.afterSeconds * 1000) }),
  });
}

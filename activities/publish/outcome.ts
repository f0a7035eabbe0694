import { ApplicationFailure } from '@temporalio/common';

/** What an answer of a sink means for the summary that was posted. */
export type Outcome =
  | { kind: 'accepted' }
  /** Worth another try; after `afterSeconds` when the sink said so. */
  | { kind: 'later'; afterSeconds: number | null }
  /** Would be refused again: the request or the credentials are wrong. */
  | { kind: 'refused' };

/** Longest wait that a sink may ask for: the incident goes on meanwhile. */
const LONGEST_WAIT_SECONDS = 600;

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

/** Seconds of a Retry-After header, a number or a date (RFC 9110, 10.2.3); null when it says nothing usable. */
export function retryAfterSeconds(header: string | undefined, nowMs: number): number | null {
  if (header === undefined || header.trim() === '') return null;
  const seconds = Number(header);
  const wait = Number.isFinite(seconds) ? seconds : (Date.parse(header) - nowMs) / 1000;
  if (Number.isNaN(wait)) return null;
  return Math.min(Math.max(wait, 0), LONGEST_WAIT_SECONDS);
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

import { ApplicationFailure } from '@temporalio/common';
import { OutOfTime, SourceError } from './errors.js';

/**
 * How the error of a source looks to Temporal: the type is the error's name, what cannot succeed is non-retryable, and
 * a source that says when to come back is believed. Anything else is passed on as it is.
 *
 * @param isLast whether no time is left for another attempt
 */
export function toFailure(error: unknown, isLast = false): unknown {
  if (error instanceof OutOfTime) return ApplicationFailure.nonRetryable(error.message, error.name);
  if (!(error instanceof SourceError)) return error;
  const delay = error.retryAfterSeconds;
  return ApplicationFailure.create({
    message: error.message,
    type: error.name,
    nonRetryable: isLast || !error.retryable,
    ...(delay === null ? {} : { nextRetryDelay: Math.round(delay * 1000) }),
  });
}

import { ApplicationFailure } from '@temporalio/common';
import { SourceBusy, SourceError } from './errors.js';

/**
 * How a source's error looks to Temporal: the type is the error's name, what cannot succeed is non-retryable,
 * and a source that says when to come back is believed. Anything else is passed on as it is.
 */
export function toFailure(error: unknown): unknown {
  if (!(error instanceof SourceError)) return error;
  const delay = error instanceof SourceBusy ? error.retryAfterSeconds : null;
  return ApplicationFailure.create({
    message: error.message,
    type: error.name,
    nonRetryable: !error.retryable,
    ...(delay == null ? {} : { nextRetryDelay: Math.round(delay * 1000) }),
  });
}

/** Runs work for an activity: errors of sources leave as Temporal failures. */
export async function failingAsActivity<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toFailure(error);
  }
}

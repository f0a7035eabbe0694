import { ActivityFailure, ApplicationFailure, TimeoutFailure } from '@temporalio/common';

/** The sentence that the failing activity left, without the wrapping around it. */
export function failureReason(error: unknown): string {
  if (error instanceof ActivityFailure && error.cause) return failureReason(error.cause);
  if (error instanceof TimeoutFailure) {
    const last = error.cause instanceof ApplicationFailure ? `; last answer: ${error.cause.message}` : '';
    return `gave no answer in time${last}`;
  }
  return error instanceof Error ? error.message : String(error);
}

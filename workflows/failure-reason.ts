import { ActivityFailure, ApplicationFailure, TimeoutFailure } from '@temporalio/common';

/** The sentence that the failing activity left, without the wrapping around it. */
export function failureReason(error: unknown): string {
  if (error instanceof ActivityFailure && error.cause) return failureReason(error.cause);
  if (error instanceof TimeoutFailure) {
    if (error.timeoutType === 'SCHEDULE_TO_START') return 'no worker took it in time';
    const last = error.cause instanceof ApplicationFailure ? `; last answer: ${error.cause.message}` : '';
    return `gave no answer in time${last}`;
  }
  return error instanceof Error ? error.message : String(error);
}

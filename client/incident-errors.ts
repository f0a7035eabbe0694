import { WorkflowUpdateFailedError } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/common';
import { BadInput, IncidentNotFound, NoWorker, Refused, TemporalUnavailable } from './errors.js';
import { GRPC, grpcStatusOf } from './temporal-errors.js';
import type { Temporal } from './temporal.js';

/** How long a healthy Temporal may take to say that it is there. */
const PING_MILLISECONDS = 2_000;

/** What went wrong when one workflow was asked or told something, as one of the errors of `Incidents`. */
export async function explainIncidentError(
  error: unknown,
  about: { id: string; temporal: Temporal },
): Promise<unknown> {
  const { id, temporal } = about;
  if (error instanceof WorkflowNotFoundError) {
    return error.message.includes('already completed')
      ? new Refused(`${id} is closed and cannot be changed`, { cause: error })
      : new IncidentNotFound(`There is no incident "${id}"; \`faultline list\` shows those there are`, {
          cause: error,
        });
  }
  if (error instanceof WorkflowUpdateFailedError) {
    return new Refused(`${id} cannot take this: ${error.cause?.message ?? error.message}`, { cause: error });
  }
  if (grpcStatusOf(error)?.code === GRPC.FAILED_PRECONDITION) {
    return noWorker(temporal, error);
  }
  if (error instanceof TemporalUnavailable) {
    return (await answers(temporal)) ? noWorker(temporal, error) : error;
  }
  return error;
}

/** What went wrong when Temporal was asked for a list. */
export function explainListError(error: unknown): unknown {
  const status = grpcStatusOf(error);
  return status?.code === GRPC.INVALID_ARGUMENT && status.details.includes('search attribute')
    ? new BadInput(
        `Temporal does not know Faultline's search attributes yet (${status.details}); register them with \`faultline setup\``,
        { cause: error },
      )
    : error;
}

function noWorker(temporal: Temporal, cause: unknown): NoWorker {
  return new NoWorker(
    `Temporal at ${temporal.address} answers, but no worker does; start one with \`faultline worker\``,
    { cause },
  );
}

/** Tells a missing worker from a missing server: a deadline that passed looks the same for both. */
async function answers(temporal: Temporal): Promise<boolean> {
  try {
    await temporal.ready(PING_MILLISECONDS);
    return true;
  } catch {
    return false;
  }
}

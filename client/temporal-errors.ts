import { isGrpcServiceError } from '@temporalio/client';
import { NamespaceNotFoundError } from '@temporalio/common';
import { TemporalUnavailable } from './errors.js';

/** The gRPC status codes that decide something here. */
export const GRPC = {
  /** What a deadline looks like when the server is the one to notice it. */
  CANCELLED: 1,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  UNAVAILABLE: 14,
  UNAUTHENTICATED: 16,
} as const;

/** The gRPC status of an error or of what caused it, with the server's words; undefined when there is none. */
export function grpcStatusOf(error: unknown): { code: number; details: string } | undefined {
  if (isGrpcServiceError(error)) return { code: error.code, details: error.details };
  return error instanceof Error && error.cause !== undefined ? grpcStatusOf(error.cause) : undefined;
}

/**
 * What Temporal itself refuses, or does not answer, becomes a TemporalUnavailable that says what to do.
 * Errors that concern one workflow or one request are returned as they are.
 */
export function inSentence(error: unknown, where: { address: string; namespace: string }): unknown {
  const status = grpcStatusOf(error);
  const sentence =
    error instanceof NamespaceNotFoundError || /^Namespace .* is not found/.test(status?.details ?? '')
      ? `Temporal at ${where.address} has no namespace "${where.namespace}"; create it or set TEMPORAL_NAMESPACE`
      : status && sentenceFor(status.code, where);
  return sentence ? new TemporalUnavailable(sentence, { cause: error }) : error;
}

/** For the time in which nothing came back at all. */
export function silence(where: { address: string }): string {
  return `Temporal at ${where.address} does not answer; start it with \`faultline dev\` or set TEMPORAL_ADDRESS`;
}

function sentenceFor(code: number, where: { address: string; namespace: string }): string | undefined {
  switch (code) {
    case GRPC.CANCELLED:
    case GRPC.UNAVAILABLE:
    case GRPC.DEADLINE_EXCEEDED:
      return silence(where);
    case GRPC.RESOURCE_EXHAUSTED:
      return `Temporal at ${where.address} is over its limits for namespace "${where.namespace}"; try again later`;
    case GRPC.UNAUTHENTICATED:
    case GRPC.PERMISSION_DENIED:
      return `Temporal at ${where.address} refuses these credentials for namespace "${where.namespace}"; check TEMPORAL_API_KEY or the TLS settings of the profile`;
    default:
      return undefined;
  }
}

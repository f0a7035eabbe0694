import { STATUS_CODES } from 'node:http';
import type { FastifyReply } from 'fastify';
import { AmbiguousId, BadInput, ClientError, IncidentNotFound, Refused } from '../errors.js';
import { NotAuthentic, VerificationUnavailable } from './authenticity.js';
import { MalformedPayload, type Fault } from './malformed.js';
import type { RejectReason } from './metrics.js';

/** A problem document (RFC 9457), sent as application/problem+json. */
export interface Problem {
  title: string;
  status: number;
  detail: string;
  /** For a malformed payload: each field and what was expected of it. */
  errors?: Fault[];
}

export interface Failure {
  problem: Problem;
  reason: RejectReason;
}

/** A refusal that is answered with this status and, as the problem's detail, this message. */
export class HttpError extends Error {
  constructor(
    readonly statusCode: number,
    message: string,
  ) {
    super(message);
    this.name = 'HttpError';
  }
}

/** A body of a kind that its source does not send. */
export class WrongMediaType extends Error {
  readonly statusCode = 415;

  constructor(readonly expected: readonly string[]) {
    super('wrong media type');
    this.name = 'WrongMediaType';
  }
}

const PARSE_ERRORS: Record<string, string> = {
  FST_ERR_CTP_EMPTY_JSON_BODY: 'the body is empty; expected JSON',
  FST_ERR_CTP_INVALID_JSON_BODY: 'the body is not JSON',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'the body is not as long as its Content-Length says',
};

/**
 * What a failed post is answered with. A sender repeats 5xx and gives up on 4xx, so 4xx is only for what can never
 * succeed, and whatever hinders Temporal is 503.
 */
export function failureOf(error: unknown, limits: { bodyLimitBytes: number }): Failure {
  if (error instanceof MalformedPayload) {
    return { reason: 'malformed', problem: { ...problem(400, error.message), errors: error.faults } };
  }
  if (error instanceof NotAuthentic) {
    return { reason: 'unauthorized', problem: problem(401, error.message) };
  }
  if (error instanceof VerificationUnavailable) {
    return { reason: 'verification-unavailable', problem: problem(503, error.message) };
  }
  if (error instanceof ClientError) {
    return { reason: 'temporal-unavailable', problem: problem(statusOf(error), error.message) };
  }
  const { code, statusCode, message } = httpErrorOf(error);
  switch (statusCode) {
    case 403:
      return { reason: 'unauthorized', problem: problem(403, message) };
    case 401:
      return { reason: 'unauthorized', problem: problem(401, 'the credentials of this receiver are needed') };
    case 413:
      return {
        reason: 'too-large',
        problem: problem(
          413,
          `the body is larger than ${limits.bodyLimitBytes} bytes; send fewer alerts at once (max_alerts) or raise webhook.bodyLimitBytes`,
        ),
      };
    case 415:
      if (message.startsWith('Content-Encoding')) {
        return { reason: 'media-type', problem: problem(415, message) };
      }
      return {
        reason: 'media-type',
        problem: problem(
          415,
          `expected a body with Content-Type: ${error instanceof WrongMediaType ? error.expected.join(' or ') : 'application/json'}`,
        ),
      };
    default:
      return statusCode >= 400 && statusCode < 500
        ? { reason: 'malformed', problem: problem(statusCode, PARSE_ERRORS[code] ?? message) }
        : { reason: 'internal', problem: problem(500, 'the receiver failed; its log says why') };
  }
}

/** What one incident answers is final; whatever hinders Temporal or the record is worth another try. */
function statusOf(error: ClientError): number {
  if (error instanceof IncidentNotFound) return 404;
  if (error instanceof AmbiguousId || error instanceof Refused) return 409;
  return error instanceof BadInput ? 400 : 503;
}

export function problem(status: number, detail: string): Problem {
  return { title: STATUS_CODES[status] ?? 'Error', status, detail };
}

/** When a sender that reads it shall come back. */
const RETRY_AFTER_SECONDS = 5;

export function sendProblem(reply: FastifyReply, body: Problem): FastifyReply {
  if (body.status === 503) reply.header('retry-after', RETRY_AFTER_SECONDS);
  return reply.code(body.status).type('application/problem+json').send(JSON.stringify(body));
}

function httpErrorOf(error: unknown): { code: string; statusCode: number; message: string } {
  if (!(error instanceof Error)) return { code: '', statusCode: 500, message: '' };
  const { code, statusCode } = error as Error & { code?: unknown; statusCode?: unknown };
  return {
    code: typeof code === 'string' ? code : '',
    statusCode: typeof statusCode === 'number' ? statusCode : 500,
    message: error.message,
  };
}

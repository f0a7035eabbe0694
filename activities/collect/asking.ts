import { AxiosError, type AxiosResponse } from 'axios';
import { NoCredentials } from '../connection/credentials.js';
import { transportReason } from '../connection/transport.js';
import { retryAfterSeconds } from '../retry-after.js';
import {
  BadCredentials,
  BadQuery,
  NotASource,
  QueryTimeout,
  QueryTooHeavy,
  SourceBusy,
  SourceUnavailable,
  type Asked,
  type SourceError,
} from './metrics/source/errors.js';
import { redirectReason } from './redirect.js';

/** What is asked of a source over HTTP, and what messages need to know of it. */
export interface Question {
  asked: Asked;
  /** Where the source is configured: `traces.jaeger`. */
  setting: string;
  /** From when the request is sent. */
  timeoutSeconds: number;
  /** Larger answers are refused. */
  mostBytes: number;
  /** Aborted when the work is cancelled or out of time. */
  signal?: AbortSignal | undefined;
  /** A text without the secrets of the connection. */
  clean: (text: string) => string;
}

/** How a request is to be sent. */
interface SendOptions {
  signal: AbortSignal;
  maxContentLength: number;
}

/**
 * Sends a request and gives the answer, whatever its status.
 *
 * @throws SourceError when there is none; the reason of the question's signal when that was aborted
 */
export async function answerTo<Answer>(
  question: Question,
  send: (options: SendOptions) => Promise<Answer>,
): Promise<Answer> {
  const { asked, signal, timeoutSeconds, mostBytes } = question;
  const deadline = AbortSignal.timeout(timeoutSeconds * 1000);
  try {
    return await send({
      signal: signal ? AbortSignal.any([signal, deadline]) : deadline,
      maxContentLength: mostBytes,
    });
  } catch (error) {
    signal?.throwIfAborted();
    if (deadline.aborted) throw new QueryTimeout(asked, `no answer within ${timeoutSeconds} s`);
    throw unanswered(question, error);
  }
}

function unanswered({ asked, setting, mostBytes, clean }: Question, error: unknown): unknown {
  if (error instanceof NoCredentials) {
    const reason = clean(error.message);
    return error.retryable ? new SourceUnavailable(asked, reason) : new BadCredentials(asked, reason);
  }
  if (!(error instanceof AxiosError)) return error;
  if (error.message.includes('maxContentLength')) {
    return new QueryTooHeavy(asked, `the answer is larger than ${mostBytes / 1024 / 1024} MiB`);
  }
  return new SourceUnavailable(asked, clean(transportReason(error, setting)));
}

/** One header of an answer; undefined when it is not there. */
export function headerOf({ headers }: Pick<AxiosResponse, 'headers'>, name: string): string | undefined {
  const value: unknown = headers[name];
  return typeof value === 'string' ? value : undefined;
}

/**
 * The decision that follows from a status that is no answer, for what a kind of source does not know better.
 *
 * @param reason what the source said, without secrets
 * @param address where its address is configured, in words: `metrics.url`
 */
export function refusalOf(
  { asked, clean }: Pick<Question, 'asked' | 'clean'>,
  response: Pick<AxiosResponse, 'status' | 'headers'>,
  reason: string,
  address: string,
): SourceError {
  const { status } = response;
  if (status >= 300 && status < 400) {
    return new NotASource(
      asked,
      clean(redirectReason(status, headerOf(response, 'location'), asked.endpoint, address)),
    );
  }
  if (status === 401 || status === 403) return new BadCredentials(asked, reason);
  if (status === 408 || status === 504) return new QueryTimeout(asked, reason);
  if (status === 413 || status === 414) return new QueryTooHeavy(asked, reason);
  if (status === 429) {
    return new SourceBusy(asked, reason, retryAfterSeconds(headerOf(response, 'retry-after'), Date.now()));
  }
  return status >= 500 ? new SourceUnavailable(asked, reason) : new BadQuery(asked, reason);
}

import axios, { isAxiosError, type AxiosResponse } from 'axios';
import type { OutgoingAuth } from '../../config/primitives.js';
import { redact } from '../../config/redact.js';
import { oneLine } from '../../report/escape.js';
import { plainCredentials } from '../connection/connection.js';
import { NoCredentials, type Credentials } from '../connection/credentials.js';
import { failureOf, outcomeOf, type Outcome } from './outcome.js';

/** How much of an answer that explains a refusal is kept. */
const SHOWN_ANSWER = 200;
const MAX_ANSWER_BYTES = 1024 * 1024;

/** One HTTP request of a sink. `body` is sent as it stands. */
export interface SinkRequest {
  method?: string;
  headers?: Record<string, string>;
  params?: object;
  body?: string | undefined;
}

/** An answer that was accepted. Its body is text: sinks that need it read it with a schema of their own. */
export type SinkAnswer = AxiosResponse<string>;

/**
 * How every sink talks HTTP: with a deadline, without following redirects (what is signed and secret goes where it
 * was configured to go), and with failures that say which sink and which host but neither path nor secret, since
 * paths and queries of webhooks often are secrets.
 */
export class SinkClient {
  private readonly credentials: Credentials;

  constructor(
    private readonly options: {
      /** The sink's own name. */
      name: string;
      timeoutSeconds: number;
      /** What each request shows. @default nothing: the caller's headers do */
      auth?: OutgoingAuth;
      /** What no message may show. */
      secrets: readonly string[];
      /** What an answer means, where the vendor says it in a way of its own. @default outcomeOf */
      decide?: (answer: SinkAnswer, nowMs: number) => Outcome;
    },
  ) {
    this.credentials = plainCredentials(options.auth ?? { type: 'none' }, 'auth');
  }

  /**
   * Answers whatever the sink said with a status that `expects` lets pass (by default 2xx), and throws the failures
   * of outcome.ts otherwise: a connection that fails or a reply that does not come may do better later.
   */
  async send(
    request: SinkRequest & { url: string },
    signal: AbortSignal,
    expects: (status: number) => boolean = () => false,
  ): Promise<SinkAnswer> {
    let response: SinkAnswer;
    try {
      response = await this.sendOnce(request, signal);
      if (response.status === 401 && this.credentials.renew())
        response = await this.sendOnce(request, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof NoCredentials) {
        const outcome: Outcome = error.retryable
          ? { kind: 'later', afterSeconds: null }
          : { kind: 'refused' };
        throw this.failure(outcome, `has no credentials: ${error.message}`);
      }
      const reason = isAxiosError(error) ? (error.code ?? error.message) : String(error);
      throw this.failure(
        { kind: 'later', afterSeconds: null },
        `at ${hostOf(request.url)} gave no answer (${reason})`,
      );
    }
    if (expects(response.status)) return response;
    const outcome = (this.options.decide ?? byStatus)(response, Date.now());
    if (outcome.kind === 'accepted') return response;
    throw this.failure(
      outcome,
      `at ${hostOf(request.url)} answered ${response.status}${shown(response.data)}`,
    );
  }

  /** The failure of a sink that answered 2xx and still did not take it. `what` follows the sink's name. */
  failure(outcome: Exclude<Outcome, { kind: 'accepted' }>, what: string): Error {
    return failureOf(
      outcome,
      redact(`sink ${this.options.name} ${what}`, [...this.options.secrets, ...this.credentials.secrets()]),
    );
  }

  private async sendOnce(request: SinkRequest & { url: string }, signal: AbortSignal): Promise<SinkAnswer> {
    const { body, params, method = 'GET', headers } = request;
    const url = axios.getUri({ url: request.url, params });
    const limited = AbortSignal.any([signal, AbortSignal.timeout(this.options.timeoutSeconds * 1000)]);
    const proof = await this.credentials.headersFor({ method, url, body }, limited);
    return axios.request<string>({
      ...{ method, url },
      headers: { ...headers, ...proof },
      ...(body !== undefined && { data: body }),
      responseType: 'text',
      // As it came: axios would read JSON into objects that no schema has seen.
      transformResponse: (text: string) => text,
      maxContentLength: MAX_ANSWER_BYTES,
      maxRedirects: 0,
      validateStatus: () => true,
      signal: limited,
    });
  }
}

/** A header of an answer; undefined when it is absent or came more than once. */
export function headerOf(response: SinkAnswer, name: string): string | undefined {
  const header: unknown = response.headers[name];
  return typeof header === 'string' && header !== '' ? header : undefined;
}

function byStatus(answer: SinkAnswer, nowMs: number): Outcome {
  return outcomeOf(answer.status, headerOf(answer, 'retry-after'), nowMs);
}

function hostOf(url: string): string {
  return new URL(url).host;
}

/** The receiver's words, when they are words and not a page. */
function shown(answer: string): string {
  const text = oneLine(answer, SHOWN_ANSWER);
  return text === '' || text.startsWith('<') ? '' : `: ${text}`;
}

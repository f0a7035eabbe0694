import { setMaxListeners } from 'node:events';
import type { AxiosResponse } from 'axios';
import PQueue from 'p-queue';
import { z } from 'zod';
import type { PrometheusSourceConfig } from '../../../../config/metrics.js';
import { Connection, type ConnectionRequest } from '../../../connection/connection.js';
import { answerTo, refusalOf, type Question } from '../../asking.js';
import {
  BadQuery,
  NotASource,
  QueryTimeout,
  QueryTooHeavy,
  SourceUnavailable,
  type Asked,
  type SourceError,
} from './errors.js';
import type { AskOptions } from './source.js';

/** Larger answers are refused: a query that needs more should have been narrower, and several arrive at a time. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/** Questions of one activity that wait: some at each of at most twenty sources. */
const MOST_WAITING = 500;

/** What a server answers that does not take a query by POST. */
const REFUSED_METHOD = [405, 501];

/** What a Prometheus server says when it refuses. */
const refusal = z.object({
  status: z.literal('error'),
  errorType: z.string().default(''),
  error: z.string(),
});

/** Limits of Prometheus, Thanos, Mimir and VictoriaMetrics on what one query may cost. */
const TOO_HEAVY =
  /too many samples|maximum resolution|exceeded maximum|err-mimir-max-|the query exceeded|exceeds? (the )?limit|cannot select more than|-search\.max|too many (time ?series|points)/i;
const TIMED_OUT = /timed out|timeout|deadline exceeded/i;

/**
 * The connection to one Prometheus-compatible server, with everything but the meaning of answers. At most
 * `maxConcurrentQueries` requests are under way; the others wait, and their time has not begun.
 */
export class PrometheusHttp {
  private readonly connection: Connection;
  private readonly queue: PQueue;
  private readonly headers: Record<string, string>;
  /** Becomes GET for good when the server refuses a POST and answers a GET. */
  private method: 'POST' | 'GET' = 'POST';

  constructor(private readonly config: PrometheusSourceConfig) {
    this.queue = new PQueue({ concurrency: config.maxConcurrentQueries });
    this.connection = new Connection(config, 'metrics');
    this.headers = {
      Accept: 'application/json',
      ...(config.tenant ? { 'X-Scope-OrgID': config.tenant } : {}),
    };
  }

  /** How queries are sent: by POST, or by GET because the server refuses the other. */
  get queryMethod(): 'POST' | 'GET' {
    return this.method;
  }

  /**
   * Sends a query and gives what `read` makes of the body of a good answer. Sent as a form, which has no limit of
   * length; by GET to a server that refuses that or ignores the form, which is remembered.
   *
   * @param read gives null for an answer to no query: the form was ignored
   */
  async query<T>(
    path: string,
    operation: string,
    form: URLSearchParams,
    options: AskOptions,
    read: (body: Buffer) => Promise<T | null>,
  ): Promise<T> {
    const asked = this.asked(path, operation);
    const ask = async (request: ConnectionRequest): Promise<T | null> => {
      const response = await this.send(asked, { ...request, path }, options);
      if (request.method === 'POST' && REFUSED_METHOD.includes(response.status)) return null;
      return read(this.bodyOf(asked, response));
    };
    return this.inTurn(options, async () => {
      const posted = this.method === 'POST' ? await ask({ method: 'POST', form }) : null;
      if (posted !== null) return posted;
      const answer = await ask({ method: 'GET', params: form });
      if (answer === null) throw new NotASource(asked, 'the answer has no result');
      this.method = 'GET';
      return answer;
    });
  }

  /** The body of a good answer to a GET. */
  async get(path: string, operation: string, params: URLSearchParams, options: AskOptions): Promise<Buffer> {
    const asked = this.asked(path, operation);
    return this.inTurn(options, async () =>
      this.bodyOf(asked, await this.send(asked, { method: 'GET', path, params }, options)),
    );
  }

  asked(path: string, operation: string): Asked {
    return { operation, endpoint: this.connection.address + path };
  }

  close(): void {
    this.connection.close();
  }

  /** Waits for a turn as long as the caller does: no clock but the caller's runs meanwhile. */
  private inTurn<T>({ signal }: AskOptions, work: () => Promise<T>): Promise<T> {
    // All questions of an activity listen to one signal; Node takes more than ten listeners for a leak.
    if (signal) setMaxListeners(MOST_WAITING, signal);
    return this.queue.add(work, signal ? { signal } : {});
  }

  private send(
    asked: Asked,
    request: ConnectionRequest,
    { signal, timeoutSeconds = this.config.timeoutSeconds }: AskOptions,
  ): Promise<AxiosResponse<Buffer>> {
    return answerTo({ ...this.question(asked), timeoutSeconds, signal }, (options) =>
      this.connection.send<Buffer>(request, {
        ...options,
        headers: this.headers,
        responseType: 'arraybuffer',
      }),
    );
  }

  private question(asked: Asked): Question {
    const clean = (text: string): string => this.connection.clean(text);
    const { timeoutSeconds } = this.config;
    return { asked, setting: 'metrics', timeoutSeconds, mostBytes: MAX_ANSWER_BYTES, clean };
  }

  private bodyOf(asked: Asked, response: AxiosResponse<Buffer>): Buffer {
    if (response.status === 200) return response.data;
    throw this.refusalError(asked, response);
  }

  /** The decision that follows from a status other than 200, after what the servers document. */
  private refusalError(asked: Asked, response: AxiosResponse<Buffer>): SourceError {
    const { status } = response;
    const { errorType, text } = reasonOf(response);
    const reason = this.connection.clean(`${status}${text && ` ${text}`}`);
    if (status === 405) return new NotASource(asked, `${reason}: it refuses POST and GET alike`);
    const isPlain = (status >= 300 && status < 400) || [401, 403, 429].includes(status);
    if (!isPlain && TOO_HEAVY.test(text)) return new QueryTooHeavy(asked, reason);
    if (isPlain || [408, 413, 414, 504].includes(status)) {
      return refusalOf(this.question(asked), response, reason, 'metrics.url');
    }
    if (errorType === 'timeout' || (status < 500 && TIMED_OUT.test(text))) {
      return new QueryTimeout(asked, reason);
    }
    if (status >= 500 || errorType === 'unavailable' || errorType === 'canceled') {
      return new SourceUnavailable(asked, reason);
    }
    if (errorType !== '' && status !== 404) return new BadQuery(asked, reason);
    return new NotASource(asked, `${reason}; is the address that of the Prometheus API, with its prefix?`);
  }
}

const REASON_LIMIT = 500;

/** Error text of a Prometheus envelope, or the beginning of whatever else a proxy wrote. */
function reasonOf(response: AxiosResponse<Buffer>): { errorType: string; text: string } {
  const body = response.data.toString('utf8');
  const parsed = refusal.safeParse(jsonOrNull(body));
  if (parsed.success)
    return { errorType: parsed.data.errorType, text: parsed.data.error.slice(0, REASON_LIMIT) };
  const contentType = String(response.headers['content-type'] ?? '');
  const text = contentType.includes('html') ? response.statusText : body.trim().slice(0, REASON_LIMIT);
  return { errorType: '', text };
}

function jsonOrNull(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
}

import http from 'node:http';
import https from 'node:https';
import axios, { AxiosError, type AxiosInstance, type AxiosRequestConfig, type AxiosResponse } from 'axios';
import { z } from 'zod';
import type { OutgoingAuth } from '../../../../config/primitives.js';
import type { PrometheusSourceConfig } from '../../../../config/schema.js';
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
} from './errors.js';
import type { AskOptions } from './source.js';

/** Answers beyond this are refused: half a gigabyte of JSON is a query that should have been narrower. */
const MAX_ANSWER_BYTES = 512 * 1024 * 1024;

/** Prometheus answers 20 queries at a time by default; a diagnosis must leave room for others. */
const MAX_SOCKETS = 8;

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

/** One HTTP connection pool to one Prometheus-compatible server, with everything but the meaning of answers. */
export class PrometheusHttp {
  private readonly client: AxiosInstance;
  private readonly agents: [http.Agent, https.Agent];
  private readonly base: string;
  private readonly secrets: string[];

  constructor(private readonly config: PrometheusSourceConfig) {
    const agentOptions = { keepAlive: true, maxSockets: MAX_SOCKETS };
    this.agents = [new http.Agent(agentOptions), new https.Agent(agentOptions)];
    const url = new URL(config.url);
    const login = loginOf(url);
    this.base = url.href.replace(/\/+$/, '');
    this.secrets = secretsOf(config.auth, config.headers, login);
    this.client = axios.create({
      httpAgent: this.agents[0],
      httpsAgent: this.agents[1],
      headers: {
        Accept: 'application/json',
        ...config.headers,
        ...(config.tenant ? { 'X-Scope-OrgID': config.tenant } : {}),
        ...(config.auth.type === 'bearer' ? { Authorization: `Bearer ${config.auth.token}` } : {}),
      },
      ...basicAuth(config.auth, login),
      responseType: 'arraybuffer',
      maxContentLength: MAX_ANSWER_BYTES,
      maxRedirects: 3,
      validateStatus: () => true,
    });
  }

  /** Sends a form, which has no limit of length; gives the body of a good answer. */
  async post(path: string, operation: string, form: URLSearchParams, options: AskOptions): Promise<Buffer> {
    return this.send({ method: 'post', url: this.base + path, data: form }, operation, options);
  }

  async get(path: string, operation: string, params: URLSearchParams, options: AskOptions): Promise<Buffer> {
    return this.send({ method: 'get', url: this.base + path, params }, operation, options);
  }

  asked(path: string, operation: string): Asked {
    return { operation, endpoint: this.base + path };
  }

  close(): void {
    for (const agent of this.agents) agent.destroy();
  }

  private async send(request: AxiosRequestConfig, operation: string, options: AskOptions): Promise<Buffer> {
    const asked: Asked = { operation, endpoint: request.url ?? this.base };
    const timeoutSeconds = options.timeoutSeconds ?? this.config.timeoutSeconds;
    const deadline = AbortSignal.timeout(timeoutSeconds * 1000);
    const signal = options.signal ? AbortSignal.any([options.signal, deadline]) : deadline;
    let response: AxiosResponse<Buffer>;
    try {
      response = await this.client.request<Buffer>({ ...request, signal });
    } catch (error) {
      options.signal?.throwIfAborted();
      if (deadline.aborted) throw new QueryTimeout(asked, `no answer within ${timeoutSeconds} s`);
      throw this.transportError(asked, error);
    }
    if (response.status === 200) return response.data;
    throw this.refusalError(asked, response);
  }

  private transportError(asked: Asked, error: unknown): unknown {
    if (!(error instanceof AxiosError)) return error;
    if (error.message.includes('maxContentLength')) {
      return new QueryTooHeavy(asked, `the answer is larger than ${MAX_ANSWER_BYTES / 1024 / 1024} MiB`);
    }
    if (error.code === AxiosError.ERR_FR_TOO_MANY_REDIRECTS) {
      return new NotASource(asked, 'it redirects for ever; is this a login page?');
    }
    return new SourceUnavailable(asked, this.clean(TRANSPORT_WORDS[error.code ?? ''] ?? error.message));
  }

  /** The decision that follows from a status other than 200, after what the servers document. */
  private refusalError(asked: Asked, response: AxiosResponse<Buffer>): SourceError {
    const { status } = response;
    const { errorType, text } = reasonOf(response);
    const reason = this.clean(`${status}${text && ` ${text}`}`);
    if (status === 401 || status === 403) return new BadCredentials(asked, reason);
    if (status === 429) return new SourceBusy(asked, reason, retryAfter(response));
    if (status === 413 || TOO_HEAVY.test(text)) return new QueryTooHeavy(asked, reason);
    if (
      errorType === 'timeout' ||
      status === 408 ||
      status === 504 ||
      (status < 500 && TIMED_OUT.test(text))
    ) {
      return new QueryTimeout(asked, reason);
    }
    if (status >= 500 || errorType === 'unavailable' || errorType === 'canceled') {
      return new SourceUnavailable(asked, reason);
    }
    if (errorType !== '' && status !== 404) return new BadQuery(asked, reason);
    return new NotASource(asked, `${reason}; is the address that of the Prometheus API, with its prefix?`);
  }

  private clean(text: string): string {
    return this.secrets.reduce((cleaned, secret) => cleaned.replaceAll(secret, '***'), text);
  }
}

const TRANSPORT_WORDS: Record<string, string> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'the connection was reset',
  ENOTFOUND: 'no such host name',
  EAI_AGAIN: 'the host name could not be looked up',
  ETIMEDOUT: 'no connection in time',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'no route to its network',
  EPIPE: 'the connection was closed',
};

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

/** Seconds of a Retry-After header, which is a number of seconds or a date (RFC 9110, 10.2.3). */
function retryAfter(response: AxiosResponse<Buffer>): number | null {
  const header: unknown = response.headers['retry-after'];
  if (typeof header !== 'string') return null;
  const seconds = Number(header);
  if (Number.isFinite(seconds)) return Math.max(0, seconds);
  const date = Date.parse(header);
  return Number.isNaN(date) ? null : Math.max(0, (date - Date.now()) / 1000);
}

interface Login {
  username: string;
  password: string;
}

/** Takes `user:password@` out of an address, so that the address may be shown. */
function loginOf(url: URL): Login | null {
  const login = { username: decodeURIComponent(url.username), password: decodeURIComponent(url.password) };
  url.username = url.password = '';
  return login.username === '' ? null : login;
}

function basicAuth(auth: OutgoingAuth, login: Login | null): { auth?: Login } {
  if (auth.type === 'basic') return { auth: { username: auth.username, password: auth.password } };
  return auth.type === 'none' && login ? { auth: login } : {};
}

function secretsOf(auth: OutgoingAuth, headers: Record<string, string>, login: Login | null): string[] {
  const own = auth.type === 'bearer' ? [auth.token] : auth.type === 'basic' ? [auth.password] : [];
  return [...own, ...Object.values(headers), ...(login ? [login.password] : [])].filter(
    (secret) => secret.length > 3,
  );
}

import type { AxiosResponse } from 'axios';
import type { z } from 'zod';
import { Connection, type ConnectionSettings } from '../connection/connection.js';
import { retryAfterSeconds } from '../retry-after.js';
import { answerTo, headerOf, refusalOf, type Question } from './asking.js';
import type { Limits } from './attempt.js';
import {
  NotASource,
  QueryTooHeavy,
  SourceBusy,
  type Asked,
  type SourceError,
} from './metrics/source/errors.js';

/** Larger answers are refused: a year of deploys is a few megabytes, and several are read at a time. */
export const MAX_ANSWER_BYTES = 16 * 1024 * 1024;

/**
 * Requests that one diagnosis sends to one such source. GitHub allows 5,000 in an hour: this leaves room for
 * twenty diagnoses, and for everybody else. What is not read by then is a gap.
 */
export const MAX_REQUESTS = 100;

export interface SourceApiSettings extends ConnectionSettings {
  name: string;
  timeoutSeconds: number;
}

interface Get<T> {
  /** Below the configured address; the address itself when left out. */
  path?: string | undefined;
  params?: Record<string, string> | URLSearchParams;
  schema: z.ZodType<T>;
}

/**
 * Asks one source that speaks JSON over HTTP, within its budget of requests. All methods reject with a `SourceError`
 * that names the endpoint and the reason, or as the signal of `limits` says.
 */
export class SourceApi {
  private readonly connection: Connection;
  private readonly setting: string;
  private sent = 0;

  constructor(
    private readonly settings: SourceApiSettings,
    /** Part of the configuration: `changes`. */
    private readonly part: string,
    private readonly limits: Limits,
    /** Sent with every request, beside the configured headers. */
    private readonly headers: Record<string, string> = {},
  ) {
    this.setting = `${part}.${settings.name}`;
    this.connection = new Connection(settings, this.setting);
  }

  /** The answer to one GET. */
  async get<T>(request: Get<T>): Promise<T> {
    return (await this.ask(request)).answer;
  }

  /**
   * The answers to one GET, page after page as the header `Link` says (RFC 8288, `rel="next"`). A next page that is not
   * below the configured address is not asked for: credentials would go with it.
   */
  async *pages<T>(request: Get<T>): AsyncGenerator<T> {
    let next: Get<T> | null = request;
    while (next !== null) {
      const asked: { answer: T; response: AxiosResponse } = await this.ask(next);
      yield asked.answer;
      next = this.nextOf(asked.response, request.schema);
    }
  }

  close(): void {
    this.connection.close();
  }

  private async ask<T>({
    path,
    params = {},
    schema,
  }: Get<T>): Promise<{ answer: T; response: AxiosResponse }> {
    const asked: Asked = {
      operation: `reading ${this.part}`,
      endpoint: this.connection.address + (path ?? ''),
    };
    this.sent += 1;
    if (this.sent > MAX_REQUESTS) {
      throw new QueryTooHeavy(asked, `one diagnosis sends ${MAX_REQUESTS} requests to one source`);
    }
    const response = await this.send(asked, { path, params: new URLSearchParams(params) });
    if (response.status < 200 || response.status >= 300) throw this.refusal(asked, response);
    const parsed = schema.safeParse(response.data);
    if (parsed.success) return { answer: parsed.data, response };
    const [issue] = parsed.error.issues;
    const field = issue?.path.join('.') ?? '';
    throw new NotASource(
      asked,
      field === '' ? (issue?.message ?? 'something else') : `${field}: ${issue?.message}`,
    );
  }

  private send(
    asked: Asked,
    { path, params }: { path: string | undefined; params: URLSearchParams },
  ): Promise<AxiosResponse<unknown>> {
    return answerTo({ ...this.question(asked), signal: this.limits.signal }, (options) =>
      this.connection.send<unknown>(
        { method: 'GET', params, ...(path !== undefined && { path }) },
        { ...options, headers: this.headers, responseType: 'json' },
      ),
    );
  }

  private refusal(asked: Asked, response: AxiosResponse<unknown>): SourceError {
    const { status } = response;
    const words = messageOf(response.data);
    const reason = this.connection.clean(`it answered ${status}${words && `: ${words}`}`);
    if (status === 429 || (status === 403 && isRateLimit(response, words))) {
      return new SourceBusy(asked, reason, waitOf(response));
    }
    if (status === 404) {
      return new NotASource(asked, `${reason}; there is no such thing, or the credentials may not see it`);
    }
    const address = `the url of ${this.settings.name} under ${this.part}`;
    return refusalOf(this.question(asked), response, reason, address);
  }

  private question(asked: Asked): Question {
    const { setting, connection, settings } = this;
    const clean = (text: string): string => connection.clean(text);
    const { timeoutSeconds } = settings;
    return { asked, setting, timeoutSeconds, mostBytes: MAX_ANSWER_BYTES, clean };
  }

  private nextOf<T>(response: AxiosResponse, schema: z.ZodType<T>): Get<T> | null {
    const target = nextLink(headerOf(response, 'link'));
    if (target === null || !URL.canParse(target, this.connection.address)) return null;
    const url = new URL(target, this.connection.address);
    const base = new URL(this.connection.address);
    const folder = base.pathname.replace(/\/+$/, '');
    if (url.origin !== base.origin || !url.pathname.startsWith(`${folder}/`)) return null;
    return { path: url.pathname.slice(folder.length), params: url.searchParams, schema };
  }
}

/** The target with `rel="next"` of a Link header. */
function nextLink(header: string | undefined): string | null {
  for (const part of header?.split(',') ?? []) {
    const [, target, rest = ''] = /^\s*<([^>]*)>(.*)$/.exec(part) ?? [];
    if (target !== undefined && /;\s*rel="?next"?/.test(rest)) return target;
  }
  return null;
}

/** GitHub refuses with 403 also what is only too much for now. */
function isRateLimit(response: AxiosResponse, words: string): boolean {
  return (
    headerOf(response, 'retry-after') !== undefined ||
    headerOf(response, 'x-ratelimit-remaining') === '0' ||
    /rate limit|abuse detection/i.test(words)
  );
}

function waitOf(response: AxiosResponse): number | null {
  const now = Date.now();
  const reset = Number(headerOf(response, 'x-ratelimit-reset') ?? headerOf(response, 'ratelimit-reset'));
  const untilReset = reset > 0 ? String(reset - now / 1000) : undefined;
  return retryAfterSeconds(headerOf(response, 'retry-after') ?? untilReset, now);
}

const LONGEST_MESSAGE = 200;

/** What an API says of its refusal, in one of the ways that they have. */
function messageOf(data: unknown): string {
  if (typeof data !== 'object' || data === null) return '';
  const text = ['message', 'error'].map((field): unknown => Reflect.get(data, field)).find(isText) ?? '';
  return text.slice(0, LONGEST_MESSAGE);
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

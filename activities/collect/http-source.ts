import type { AxiosResponse } from 'axios';
import type { z } from 'zod';
import { Connection, type ConnectionRequest, type ConnectionSettings } from '../connection/connection.js';
import { answerTo, refusalOf, type Question } from './asking.js';
import type { Limits } from './attempt.js';
import { NotASource, type Asked } from './metrics/source/errors.js';

/** One question to a source. */
export interface SourceRequest {
  /** Below the address of the source. */
  path: string;
  /** What is asked, for messages: `search for traces`. */
  operation: string;
  params?: Record<string, string>;
  /** Sent by POST; a request without this and `form` is a GET. */
  json?: unknown;
  /** Sent by POST, as a form. */
  form?: URLSearchParams;
  /** The content of an answer, undefined where it has none. @default as JSON */
  read?: (body: Buffer) => unknown;
}

export interface HttpSourceOptions {
  /** Where it is configured, for messages: `traces.jaeger`. */
  setting: string;
  /** Larger answers are refused. */
  mostBytes: number;
  /** Sent beside those that are configured. */
  headers?: Record<string, string>;
}

const REASON_LIMIT = 500;

/**
 * A source that answers JSON over HTTP. Whatever else it answers is a `SourceError` that says what to do about it, and
 * whose text holds no secrets.
 */
export class HttpSource {
  private readonly connection: Connection;

  constructor(
    private readonly config: ConnectionSettings & { timeoutSeconds: number },
    private readonly options: HttpSourceOptions,
  ) {
    this.connection = new Connection(config, options.setting);
  }

  /** Asks, and reads the answer by its schema: its content and its length. */
  async get<T>(
    request: SourceRequest,
    schema: z.ZodType<T>,
    limits: Pick<Limits, 'signal'>,
  ): Promise<{ content: T; bytes: number }> {
    const answer = await this.find(request, schema, limits);
    if (answer !== null) return answer;
    throw this.notThis(request, '404; is the address right, with its base path?');
  }

  /** As `get`, but null where nothing is (404). */
  async find<T>(
    request: SourceRequest,
    schema: z.ZodType<T>,
    limits: Pick<Limits, 'signal'>,
  ): Promise<{ content: T; bytes: number } | null> {
    const response = await this.send(request, limits.signal);
    if (response.status === 404) return null;
    if (response.status !== 200) throw this.refusal(request, response);
    const content = (request.read ?? jsonIn)(response.data);
    if (content === undefined) throw this.notThis(request, 'the answer is no JSON');
    const parsed = schema.safeParse(content);
    if (parsed.success) return { content: parsed.data, bytes: response.data.length };
    const [issue] = parsed.error.issues;
    const field = issue?.path.join('.') || 'the answer';
    throw this.notThis(request, `${field}: ${issue?.message}; is the type of the source right?`);
  }

  close(): void {
    this.connection.close();
  }

  private async send(request: SourceRequest, signal: AbortSignal): Promise<AxiosResponse<Buffer>> {
    const { path, params, json, form } = request;
    const asks: ConnectionRequest = {
      method: json === undefined && form === undefined ? 'GET' : 'POST',
      path,
      ...(params && { params: new URLSearchParams(params) }),
      json,
      ...(form && { form }),
    };
    return answerTo({ ...this.question(request), signal }, (options) =>
      this.connection.send<Buffer>(asks, {
        ...options,
        headers: { Accept: 'application/json', ...this.options.headers },
        responseType: 'arraybuffer',
      }),
    );
  }

  private refusal(request: SourceRequest, response: AxiosResponse<Buffer>): Error {
    const isPage = String(response.headers['content-type'] ?? '').includes('html');
    const said = isPage ? response.statusText : response.data.toString('utf8').trim().slice(0, REASON_LIMIT);
    const reason = this.connection.clean([response.status, said].filter(Boolean).join(' '));
    return refusalOf(this.question(request), response, reason, `the url of ${this.options.setting}`);
  }

  private question(request: SourceRequest): Question {
    const { setting, mostBytes } = this.options;
    const clean = (text: string): string => this.connection.clean(text);
    return {
      asked: this.asked(request),
      setting,
      timeoutSeconds: this.config.timeoutSeconds,
      mostBytes,
      clean,
    };
  }

  private notThis(request: SourceRequest, reason: string): NotASource {
    return new NotASource(this.asked(request), reason);
  }

  private asked({ path, operation }: SourceRequest): Asked {
    return { operation, endpoint: this.connection.address + path };
  }
}

/** Lines of JSON as a list; undefined when one is none. */
export function jsonLinesIn(body: Buffer): unknown {
  const lines = body.toString('utf8').split('\n');
  const values = lines.filter((line) => line.trim() !== '').map((line) => jsonIn(Buffer.from(line)));
  return values.includes(undefined) ? undefined : values;
}

function jsonIn(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

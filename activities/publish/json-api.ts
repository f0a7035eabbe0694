import type { z } from 'zod';
import type { SinkAnswer, SinkClient } from './sink-client.js';

/** One request to a vendor's API. `path` is appended to the API's base address. */
export interface ApiRequest {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH';
  path: string;
  params?: object;
  body?: object;
}

/** A vendor's API that speaks JSON, over the HTTP client of all sinks: what it answers is read with a schema. */
export class JsonApi {
  constructor(
    private readonly client: SinkClient,
    /** Base address, and the headers of every request. */
    private readonly base: { url: string; headers: Record<string, string> },
  ) {}

  /** What the API answers. An answer that does not read as expected is a proxy's or a failing server's: tried again. */
  async ask<T>(request: ApiRequest, schema: z.ZodType<T>, signal: AbortSignal): Promise<T> {
    return this.read(await this.tell(request, signal), request, schema);
  }

  /** The same; null where the thing is not there (404 or 410). */
  async find<T>(request: ApiRequest, schema: z.ZodType<T>, signal: AbortSignal): Promise<T | null> {
    const answer = await this.tell(request, signal, isGone);
    return isGone(answer.status) ? null : this.read(answer, request, schema);
  }

  /**
   * A request whose answer matters by its status only. `expects` as in `SinkClient.send`. A page instead of JSON is that
   * of a proxy, which says nothing of the API whatever its status.
   */
  async tell(
    request: ApiRequest,
    signal: AbortSignal,
    expects?: (status: number) => boolean,
  ): Promise<SinkAnswer> {
    const { method, path, params, body } = request;
    const base = this.base.url.replace(/\/+$/, '');
    const sent = {
      method,
      url: path === '' ? base : `${base}/${path}`,
      headers: { ...this.base.headers, ...(body && { 'Content-Type': 'application/json; charset=utf-8' }) },
      ...(params !== undefined && { params }),
      ...(body && { body: JSON.stringify(body) }),
    };
    const answer = await this.client.send(sent, signal, expects);
    const isPage = answer.status < 300 && answer.data.trim() !== '' && jsonOf(answer.data) === undefined;
    if (isPage) throw this.strange(answer, request);
    return answer;
  }

  private read<T>(answer: SinkAnswer, request: ApiRequest, schema: z.ZodType<T>): T {
    const parsed = schema.safeParse(jsonOf(answer.data));
    if (parsed.success) return parsed.data;
    throw this.strange(answer, request);
  }

  private strange({ status }: SinkAnswer, { method, path }: ApiRequest): Error {
    const what = `answered ${method} ${path} with ${status} and something else than what its API promises`;
    return this.client.failure({ kind: 'later', afterSeconds: null }, what);
  }
}

/** Not there, or not there any more. */
export function isGone(status: number): boolean {
  return status === 404 || status === 410;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

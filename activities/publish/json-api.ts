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

  /** A request whose answer matters by its status only. `expects` as in `SinkClient.send`. */
  tell(request: ApiRequest, signal: AbortSignal, expects?: (status: number) => boolean): Promise<SinkAnswer> {
    const { method, path, params, body } = request;
    const sent = {
      method,
      url: `${this.base.url.replace(/\/+$/, '')}/${path}`,
      headers: { ...this.base.headers, ...(body && { 'Content-Type': 'application/json; charset=utf-8' }) },
      ...(params !== undefined && { params }),
      ...(body && { body: JSON.stringify(body) }),
    };
    return this.client.send(sent, signal, expects);
  }

  private read<T>(answer: SinkAnswer, { method, path }: ApiRequest, schema: z.ZodType<T>): T {
    const parsed = schema.safeParse(jsonOf(answer.data));
    if (parsed.success) return parsed.data;
    const what = `answered ${method} ${path} with ${answer.status} and something else than what its API promises`;
    throw this.client.failure({ kind: 'later', afterSeconds: null }, what);
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

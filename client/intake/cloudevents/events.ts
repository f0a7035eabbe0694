import { CloudEvent, HTTP, type Headers } from 'cloudevents';
import { parseJson } from '../json.js';
import { MalformedPayload } from '../malformed.js';
import type { RawPost } from '../source.js';

export const STRUCTURED = 'application/cloudevents+json';
export const BATCH = 'application/cloudevents-batch+json';
const JSON_DATA = 'application/json';

/** An event that was read, or why it could not be. */
type Read = CloudEvent<unknown> | MalformedPayload;

/**
 * The events of a post, in any of the three modes of CloudEvents' HTTP binding. Data is JSON. A broken event of a
 * batch is an error in its place.
 *
 * @throws MalformedPayload
 */
export function* eventsOf({ headers, bytes }: Pick<RawPost, 'headers' | 'bytes'>): Generator<Read> {
  const type = (headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase();
  // Without what could touch prototypes: the library parses the body once more, by itself.
  const body = parseJson(bytes);
  if (type !== BATCH) {
    const contentType = type === STRUCTURED ? STRUCTURED : JSON_DATA;
    yield eventIn(body, { ...decoded(headers), 'content-type': contentType }, '');
    return;
  }
  if (!Array.isArray(body)) {
    throw new MalformedPayload([{ field: '', problem: 'expected a list of CloudEvents' }]);
  }
  for (const [i, one] of body.entries()) yield eventIn(one, { 'content-type': STRUCTURED }, `[${i}]`);
}

function eventIn(body: unknown, headers: Headers, field: string): Read {
  try {
    // The library checks an event only when it is made anew.
    const [event] = [HTTP.toEvent<unknown>({ headers, body: JSON.stringify(withPlainData(body)) })].flat();
    return new CloudEvent<unknown>(event ?? {});
  } catch (error) {
    if (error instanceof MalformedPayload) return error;
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
    return new MalformedPayload([{ field, problem: `expected a CloudEvent: ${reason}` }]);
  }
}

/** JSON that an event carries as bytes (`data_base64`) is read as if it were its data. */
function withPlainData(body: unknown): unknown {
  if (typeof body !== 'object' || body === null || !('data_base64' in body)) return body;
  const { data_base64: bytes, ...event } = body;
  if (typeof bytes !== 'string') return body;
  return { ...event, data: parseJson(Buffer.from(bytes, 'base64'), 'data_base64') };
}

/** Attributes in headers are percent-encoded, once. */
function decoded(headers: RawPost['headers']): Headers {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      name.startsWith('ce-') && typeof value === 'string' ? [[name, decode(value)]] : [],
    ),
  );
}

function decode(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

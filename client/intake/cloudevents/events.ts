import { CloudEvent, HTTP, type Headers } from 'cloudevents';
import { parseJson } from '../json.js';
import { MalformedPayload } from '../malformed.js';
import type { RawPost } from '../source.js';

export const STRUCTURED = 'application/cloudevents+json';
export const BATCH = 'application/cloudevents-batch+json';
const JSON_DATA = 'application/json';

/**
 * The events of a post, in any of the three modes of CloudEvents' HTTP binding. Data is JSON.
 *
 * @throws MalformedPayload
 */
export function eventsOf({ headers, bytes }: Pick<RawPost, 'headers' | 'bytes'>): CloudEvent<unknown>[] {
  const type = (headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase();
  const contentType = type === STRUCTURED || type === BATCH ? type : JSON_DATA;
  // Without what could touch prototypes: the library parses the body once more, by itself.
  const body = JSON.stringify(parseJson(bytes));
  try {
    const event = HTTP.toEvent({ headers: { ...decoded(headers), 'content-type': contentType }, body });
    // The library checks a batch by itself, and a single event only when asked.
    return [event].flat().map((one) => new CloudEvent<unknown>(one));
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
    throw new MalformedPayload([{ field: '', problem: `expected a CloudEvent: ${reason}` }]);
  }
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

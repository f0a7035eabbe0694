import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { ReceiverAuth } from '../../config/receiver-auth.js';
import { changeKind, type ReportedChange } from '../../model/change.js';
import { BATCH, eventsOf, STRUCTURED } from '../intake/cloudevents/events.js';
import { MalformedPayload, readBody } from '../intake/malformed.js';
import { parseJson } from '../intake/json.js';
import { secondsOf } from '../intake/moment.js';
import { anyText, anyTexts, someText } from '../intake/shapes.js';
import { headerOf, type Post } from '../intake/source.js';
import { readCdEvent } from './cdevents.js';
import { changeOf, type ChangeHook } from './hook.js';

/** Changes of one post: a deploy of everything at once. */
export const MAX_POSTED = 100;

/** How far ahead of ours the clock of a sender may be. */
const MOST_AHEAD_SECONDS = 3600;
/** What is older is of no use to a diagnosis. */
const OLDEST_SECONDS = 30 * 86_400;

const JSON_TYPE = 'application/json';

/** A change as a pipeline writes it. Unknown fields are ignored. */
const plainChange = z.object(
  {
    title: someText,
    kind: changeKind.default('other'),
    service: anyText,
    id: anyText,
    /** When it took effect. */
    time: z.unknown().optional(),
    details: anyText,
    files: anyTexts,
    author: anyText,
    link: anyText,
    source: anyText,
    environment: anyText,
  },
  { error: 'expected a change, a JSON object' },
);

const attributes = z.object({
  id: someText,
  type: someText,
  source: someText,
  subject: anyText,
  time: z.unknown().optional(),
});

/** What an envelope says in place of what the change leaves out. */
interface Envelope {
  id?: string;
  source: string;
  time: number;
}

/** Changes in our own words, one or a list, and CloudEvents: CDEvents, or those with such a change as data. */
export function plainHook({ auth }: { auth?: ReceiverAuth | undefined }): ChangeHook {
  return {
    name: 'changes',
    path: '',
    credentials: auth,
    mediaTypes: [JSON_TYPE, STRUCTURED, BATCH],
    parsesItself: true,
    read(post, settings) {
      const changes = isCloudEvent(post) ? inEvents(post) : inJson(post);
      return changes.map((one) => ({
        ...one,
        service: one.service && (settings.services[one.service] ?? one.service),
      }));
    },
  };
}

/** A binary CloudEvent has the media type of its data. */
function isCloudEvent({ headers }: Post): boolean {
  const type = (headerOf(headers, 'content-type') ?? '').split(';')[0]?.trim().toLowerCase();
  return type !== JSON_TYPE || headerOf(headers, 'ce-specversion') !== undefined;
}

function inJson({ bytes, receivedAt }: Post): ReportedChange[] {
  const body = parseJson(bytes);
  const list = Array.isArray(body) ? body : [body];
  demandFew(list.length);
  return list.map((one, i) =>
    read(one, { source: 'reported', time: receivedAt }, receivedAt, Array.isArray(body) ? [i] : []),
  );
}

function inEvents(post: Post): ReportedChange[] {
  const events = [...eventsOf(post)];
  demandFew(events.length);
  return events.flatMap((event, i) => {
    if (event instanceof MalformedPayload) throw event;
    const at = events.length > 1 ? [i] : [];
    const { id, type, source, time } = readBody(attributes, event, at);
    const envelope = { id, source, time: secondsOf(time) ?? post.receivedAt };
    const cdEvent = readCdEvent(type, event.data, envelope);
    return cdEvent ?? [read(event.data, envelope, post.receivedAt, [...at, 'data'])];
  });
}

function demandFew(count: number): void {
  if (count <= MAX_POSTED) return;
  throw new MalformedPayload([
    { field: '', problem: `expected at most ${MAX_POSTED} changes in a post, got ${count}` },
  ]);
}

/** @throws MalformedPayload */
function read(body: unknown, envelope: Envelope, now: number, at: PropertyKey[]): ReportedChange {
  const { time: written, ...told } = readBody(plainChange, body, at);
  const time = written === undefined ? envelope.time : secondsOf(written);
  if (time === undefined || time > now + MOST_AHEAD_SECONDS || time < now - OLDEST_SECONDS) {
    const problem = 'expected when it took effect: RFC 3339 or seconds since 1970, within the last 30 days';
    throw new MalformedPayload([{ field: [...at, 'time'].join('.'), problem }]);
  }
  const { service = null, details = '', author = null, link = null, environment = null, title, kind } = told;
  const source = told.source ?? envelope.source;
  const id = told.id ?? envelope.id ?? idOf([service, kind, title, time]);
  const { files } = told;
  return changeOf({ id, kind, time, service, title, details, files, author, link, source, environment });
}

/** The same words of the same moment are the same change. */
function idOf(parts: unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16);
}

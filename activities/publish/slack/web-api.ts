import type { KnownBlock, MessageMetadata } from '@slack/types';
import { z } from 'zod';
import type { SlackSinkConfig } from '../../../config/sinks/slack.js';
import { oneLine } from '../../../report/escape.js';
import { JsonApi, type ApiRequest } from '../json-api.js';
import { SinkClient } from '../sink-client.js';
import { slackOutcome, slackWords } from './decision.js';

/** Where a message is: Slack knows it by its channel and its time there, `1503435956.000247`. */
export interface Place {
  channel: string;
  ts: string;
}

/** A message without its place. */
export interface Message {
  /** For notifications and readers that show no blocks. */
  text: string;
  blocks: KnownBlock[];
  metadata: MessageMetadata;
}

/** A message that is there already, as far as it is ours. */
export interface Found {
  ts: string;
  metadata?: { event_type: string; event_payload: Record<string, unknown> } | undefined;
}

const metadata = z.object({ event_type: z.string(), event_payload: z.record(z.string(), z.unknown()) });
/** What `include_all_metadata` shows of somebody else's message is no business of ours, so it may be anything. */
const found = z.object({ ts: z.string(), metadata: metadata.optional().catch(undefined) });

const answerSchema = z.object({
  ok: z.boolean(),
  error: z.string().default('no error named'),
  /** The scope that is missing. */
  needed: z.string().optional(),
  channel: z.string().optional().catch(undefined),
  ts: z.string().optional(),
  messages: z.array(found).default([]),
  response_metadata: z.object({ next_cursor: z.string().default('') }).optional(),
});
type Answer = z.infer<typeof answerSchema>;

/** Nothing in a text becomes a mention or a channel by itself, and no linked page is shown below the message. */
const LITERAL = { parse: 'none', link_names: false } as const;
const NO_PREVIEWS = { unfurl_links: false, unfurl_media: false } as const;
const PAGE = 200;
/** A channel with more messages than these since the incident began is not read further. */
const MOST_PAGES = 10;

/**
 * The methods of Slack's Web API that the sink needs, over the HTTP client of all sinks. Slack's own SDK is not
 * used: it repeats, queues and waits by itself, which is Temporal's part here, and a delivery that Temporal has given
 * up cannot be aborted in it.
 */
export class SlackWebApi {
  private readonly client: SinkClient;
  private readonly api: JsonApi;

  constructor(private readonly config: SlackSinkConfig) {
    const { token, url, signingSecrets = [] } = config;
    this.client = new SinkClient({ ...config, secrets: [token, ...signingSecrets] });
    this.api = new JsonApi(this.client, { url, headers: { Authorization: `Bearer ${token}` } });
  }

  async post(message: Message, signal: AbortSignal): Promise<Place> {
    const method = 'chat.postMessage';
    const answer = await this.write(
      method,
      { channel: this.config.channel, ...NO_PREVIEWS, ...message },
      signal,
    );
    const { channel, ts } = this.accepted(answer, method);
    if (channel !== undefined && ts !== undefined) return { channel, ts };
    throw this.client.failure({ kind: 'refused' }, 'took the message and did not say where it is');
  }

  /** Answers into the thread of a message; `toAll` shows the answer in the channel as well. */
  async reply(place: Place, message: Message, toAll: boolean, signal: AbortSignal): Promise<void> {
    const method = 'chat.postMessage';
    const { channel, ts } = place;
    const body = { channel, thread_ts: ts, reply_broadcast: toAll, ...NO_PREVIEWS, ...message };
    this.accepted(await this.write(method, body, signal), method);
  }

  /** Changes a message. Answers whether it was there. */
  async update(place: Place, message: Message, signal: AbortSignal): Promise<boolean> {
    const answer = await this.write('chat.update', { ...place, ...message }, signal);
    if (!answer.ok && isGone(answer.error)) return false;
    this.accepted(answer, 'chat.update');
    return true;
  }

  /** The newest message of the channel since `oldest` (unix seconds) that fits; replies in threads are left out. */
  async findInChannel(
    oldest: number,
    fits: (message: Found) => boolean,
    signal: AbortSignal,
  ): Promise<Place | null> {
    const { channel } = this.config;
    const found = await this.search('conversations.history', { channel, oldest }, fits, signal);
    return found && { channel, ts: found.ts };
  }

  /** Whether a reply in the thread of a message fits. */
  async isInThread(place: Place, fits: (message: Found) => boolean, signal: AbortSignal): Promise<boolean> {
    return (await this.search('conversations.replies', { ...place }, fits, signal)) !== null;
  }

  /**
   * Null also where Slack does not let us look (a scope that the app was not given): a summary that may come twice
   * is better than none.
   */
  private async search(
    method: string,
    where: Record<string, string | number>,
    fits: (message: Found) => boolean,
    signal: AbortSignal,
  ): Promise<Found | null> {
    let cursor = '';
    for (let page = 0; page < MOST_PAGES; page += 1) {
      const params = { ...where, limit: PAGE, include_all_metadata: true, ...(cursor !== '' && { cursor }) };
      const { messages, response_metadata } = await this.ask({ method: 'GET', path: method, params }, signal);
      const match = messages.find(fits);
      if (match) return match;
      cursor = response_metadata?.next_cursor ?? '';
      if (cursor === '') return null;
    }
    return null;
  }

  private write(path: string, body: object, signal: AbortSignal): Promise<Answer> {
    return this.ask({ method: 'POST', path, body: { ...LITERAL, ...body } }, signal);
  }

  /** What Slack answers, also when it refuses; throws what may do better later. */
  private async ask(request: ApiRequest, signal: AbortSignal): Promise<Answer> {
    const answer = await this.api.ask(request, answerSchema, signal);
    if (!answer.ok && slackOutcome(answer.error) === 'later') {
      throw this.client.failure({ kind: 'later', afterSeconds: null }, refusal(answer, request.path));
    }
    return answer;
  }

  private accepted(answer: Answer, method: string): Answer {
    if (answer.ok) return answer;
    throw this.client.failure({ kind: 'refused' }, refusal(answer, method));
  }
}

function isGone(error: string): boolean {
  return slackOutcome(error) === 'gone';
}

function refusal({ error, needed }: Answer, method: string): string {
  return `refused ${method}: ${oneLine(slackWords(error, needed), 200)}`;
}

import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { z } from 'zod';

/*
 * A workspace of Slack that holds a client to the published rules (docs.slack.dev: Block Kit, message metadata,
 * chat.postMessage, chat.update, conversations.history and .replies), and that misbehaves on order.
 */

/** How Slack behaves at one request. */
export type Mood =
  | 'take'
  | 'fail'
  | 'busy'
  | 'reset'
  | 'internal error'
  | 'page of a proxy'
  | 'take and lose the reply'
  | { error: string; needed?: string };

export interface Posted {
  ts: string;
  thread_ts?: string | undefined;
  isBroadcast: boolean;
  text: string;
  blocks: unknown[];
  metadata?: { event_type: string; event_payload: Record<string, unknown> } | undefined;
  edits: number;
}

const sized = (most: number) => z.string().min(1).max(most);
const plainText = (most: number) =>
  z.strictObject({ type: z.literal('plain_text'), text: sized(most), emoji: z.boolean().optional() });
const mrkdwn = (most: number) =>
  z.strictObject({ type: z.literal('mrkdwn'), text: sized(most), verbatim: z.boolean().optional() });
const anyText = (most: number) => z.union([plainText(most), mrkdwn(most)]);
const button = z.strictObject({
  type: z.literal('button'),
  text: plainText(75),
  action_id: sized(255),
  value: sized(2000).optional(),
  url: z.url().max(3000).optional(),
  style: z.enum(['primary', 'danger']).optional(),
});
const block = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('header'), text: plainText(150), block_id: sized(255).optional() }),
  z
    .strictObject({
      type: z.literal('section'),
      text: anyText(3000).optional(),
      fields: z.array(anyText(2000)).min(1).max(10).optional(),
      block_id: sized(255).optional(),
    })
    .refine(({ text, fields }) => text !== undefined || fields !== undefined),
  z.strictObject({ type: z.literal('divider') }),
  z.strictObject({ type: z.literal('context'), elements: z.array(anyText(3000)).min(1).max(10) }),
  z
    .strictObject({ type: z.literal('actions'), elements: z.array(button).min(1).max(25) })
    .refine(({ elements }) => new Set(elements.map((one) => one.action_id)).size === elements.length),
]);
export const blocksSchema = z.array(block).min(1).max(50);

const metadataSchema = z.strictObject({
  event_type: z.string().regex(/^\w{1,255}$/),
  event_payload: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
});

/** Slack documents 40,000 and was seen to refuse near 13,200. */
const MOST_CHARACTERS = 10_000;

/** What would ring somebody or become a link: markup of Slack's, but for links to pages that we write ourselves. */
export const RINGS = /<(?!https?:\/\/[^<>|]+\|[^<>|]*>)[^>]*>?/;

const write = z.object({
  channel: z.string(),
  ts: z.string().optional(),
  thread_ts: z.string().optional(),
  reply_broadcast: z.boolean().optional(),
  text: sized(4000),
  blocks: z.unknown(),
  metadata: z.unknown(),
  parse: z.literal('none'),
  link_names: z.literal(false),
});
type Write = z.infer<typeof write>;

export const TOKEN = 'xoxb-1111111111-a-token-of-the-test';
export const CHANNEL = 'C0123456789';

export class Workspace {
  messages: Posted[] = [];
  /** Methods as they were called. */
  readonly calls: string[] = [];
  moods: Mood[] = [];
  /** Scopes of the app beyond `chat:write`. */
  canRead = true;
  url = '';
  private clock = Math.floor(Date.now() / 1000);
  private readonly app: FastifyInstance = fastify({ forceCloseConnections: true });

  async open(): Promise<void> {
    const { app } = this;
    app.post('/api/chat.postMessage', (request, reply) => this.serve('chat.postMessage', request, reply));
    app.post('/api/chat.update', (request, reply) => this.serve('chat.update', request, reply));
    app.get('/api/conversations.history', (request, reply) => this.serve('history', request, reply));
    app.get('/api/conversations.replies', (request, reply) => this.serve('replies', request, reply));
    this.url = `${await app.listen({ host: '127.0.0.1', port: 0 })}/api/`;
  }

  close(): Promise<void> {
    return this.app.close();
  }

  /** Messages of the channel that are no replies. */
  get parents(): Posted[] {
    return this.messages.filter(({ thread_ts }) => thread_ts === undefined);
  }

  get replies(): Posted[] {
    return this.messages.filter(({ thread_ts }) => thread_ts !== undefined);
  }

  /** People talk in the channel too. */
  chat(text: string): void {
    const ts = this.nextTime();
    this.messages.push({ ts, isBroadcast: false, text, blocks: [], edits: 0 });
  }

  private serve(method: string, request: FastifyRequest, reply: FastifyReply): unknown {
    this.calls.push(method);
    const mood = this.moods.shift() ?? 'take';
    if (mood === 'fail') return reply.code(503).send('upstream connect error');
    if (mood === 'busy')
      return reply.code(429).header('Retry-After', '7').send({ ok: false, error: 'ratelimited' });
    if (mood === 'internal error') return { ok: false, error: 'internal_error' };
    if (mood === 'page of a proxy') return reply.type('text/html').send('<html>maintenance</html>');
    if (mood === 'reset') return request.socket.destroy();
    if (typeof mood === 'object') return { ok: false, ...mood };
    const answer = this.answer(method, request);
    if (mood === 'take and lose the reply') return request.socket.destroy();
    return answer;
  }

  private answer(method: string, request: FastifyRequest): object {
    if (request.headers.authorization !== `Bearer ${TOKEN}`) return { ok: false, error: 'invalid_auth' };
    if (method === 'history' || method === 'replies') return this.read(method, request.query as Query);
    const body = write.safeParse(request.body);
    if (!body.success) return { ok: false, error: 'invalid_arguments' };
    if (body.data.channel !== CHANNEL) return { ok: false, error: 'channel_not_found' };
    const problem = refusalOf(body.data);
    if (problem !== null) return { ok: false, error: problem };
    return method === 'chat.update' ? this.update(body.data) : this.add(body.data);
  }

  private add({ thread_ts, reply_broadcast = false, text, blocks, metadata }: Write): object {
    if (thread_ts !== undefined && !this.parents.some((one) => one.ts === thread_ts)) {
      return { ok: false, error: 'thread_not_found' };
    }
    const ts = this.nextTime();
    const posted = { ts, thread_ts, isBroadcast: reply_broadcast, text, edits: 0 };
    this.messages.push({
      ...posted,
      blocks: blocksSchema.parse(blocks),
      metadata: metadataSchema.parse(metadata),
    });
    return { ok: true, channel: CHANNEL, ts };
  }

  private update({ ts, text, blocks, metadata }: Write): object {
    const message = this.messages.find((one) => one.ts === ts);
    if (!message) return { ok: false, error: 'message_not_found' };
    message.text = text;
    message.blocks = blocksSchema.parse(blocks);
    message.metadata = metadataSchema.parse(metadata);
    message.edits += 1;
    return { ok: true, channel: CHANNEL, ts };
  }

  private read(method: 'history' | 'replies', query: Query): object {
    if (!this.canRead) return { ok: false, error: 'missing_scope', needed: 'channels:history' };
    if (query.channel !== CHANNEL) return { ok: false, error: 'channel_not_found' };
    const ofChannel = () =>
      this.messages
        .filter((one) => one.thread_ts === undefined || one.isBroadcast)
        .filter((one) => Number(one.ts) > Number(query.oldest ?? 0))
        .reverse();
    const ofThread = () => this.messages.filter((one) => one.ts === query.ts || one.thread_ts === query.ts);
    const all = method === 'history' ? ofChannel() : ofThread();
    // Slack may give fewer than it is asked for; it goes on from its cursor.
    const from = Number(query.cursor ?? 0);
    const page = all.slice(from, from + Math.min(Number(query.limit ?? 100), 3));
    const next = from + page.length;
    const showsMetadata = query.include_all_metadata === 'true';
    return {
      ok: true,
      messages: page.map(({ metadata, ...rest }) => ({
        ...rest,
        ...(showsMetadata && metadata && { metadata }),
      })),
      has_more: next < all.length,
      response_metadata: { next_cursor: next < all.length ? String(next) : '' },
    };
  }

  private nextTime(): string {
    this.clock += 1;
    return `${this.clock}.000100`;
  }
}

interface Query {
  channel?: string;
  ts?: string;
  oldest?: string;
  cursor?: string;
  limit?: string;
  include_all_metadata?: string;
}

function refusalOf({ text, blocks, metadata }: Write): string | null {
  const read = blocksSchema.safeParse(blocks);
  if (!read.success) return 'invalid_blocks';
  if (!metadataSchema.safeParse(metadata).success) return 'invalid_metadata_format';
  if (text.length + textsOf(read.data).join('').length > MOST_CHARACTERS) return 'msg_blocks_too_long';
  return null;
}

/** Every text that a message shows. */
export function textsOf(data: unknown): string[] {
  if (typeof data !== 'object' || data === null) return [];
  if (Array.isArray(data)) return data.flatMap(textsOf);
  return Object.entries(data).flatMap(([key, value]) =>
    key === 'text' && typeof value === 'string' ? [value] : textsOf(value),
  );
}

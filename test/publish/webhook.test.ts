import assert from 'node:assert/strict';
import { createHmac, timingSafeEqual } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ApplicationFailure } from '@temporalio/common';
import fc from 'fast-check';
import { fastify, type FastifyInstance } from 'fastify';
import type { SummaryEvent } from '../../activities/publish/webhook/body.js';
import { incidentRecord, type IncidentRecord } from '../../model/incident.js';
import { SAMPLES } from '../support/records.js';
import { startTokenEndpoint } from '../support/token-endpoint.js';
import { openEach, PublishLab } from './lab.js';

const SECRET = 'a signing secret of the test';

const SAMPLE_ID = 'incident/checkout/20261124-1042-0a1b2c';

/** How the receiver behaves at one request. */
type Mood = 'take' | 'fail' | 'busy' | 'reset' | 'take and lose the reply';

/** A receiver that holds a client to the rules of docs/webhook-sink.md, and misbehaves on order. */
class Receiver {
  readonly effects: string[] = [];
  readonly requests: { headers: Record<string, unknown>; event: SummaryEvent }[] = [];
  moods: Mood[] = [];
  mayPost: (authorization: string | undefined) => boolean = () => true;
  private readonly seen = new Set<string>();
  private readonly app: FastifyInstance = fastify({ forceCloseConnections: true });
  url = '';

  async open(): Promise<void> {
    this.app.addContentTypeParser(
      /^application\/cloudevents\+json/,
      { parseAs: 'string' },
      (_request, body, done) => done(null, body),
    );
    this.app.post('/hook', async (request, reply) => {
      const body = request.body as string;
      if (!this.mayPost(request.headers.authorization)) return reply.code(401).send('token');
      if (!signedRightly(String(request.headers['faultline-signature']), body))
        return reply.code(401).send('signature');
      const event = JSON.parse(body) as SummaryEvent;
      const key = request.headers['idempotency-key'];
      if (typeof key !== 'string' || key !== event.id) return reply.code(400).send('Idempotency-Key');
      incidentRecord.parse(event.data.record);
      this.requests.push({ headers: request.headers, event });

      const mood = this.moods.shift() ?? 'take';
      if (mood === 'fail') return reply.code(503).send('down for the test');
      if (mood === 'busy') return reply.code(429).header('Retry-After', '1').send();
      if (mood === 'reset') return request.socket.destroy();
      if (!this.seen.has(key)) this.effects.push(key);
      this.seen.add(key);
      if (mood === 'take and lose the reply') return request.socket.destroy();
      return reply.code(202).header('Location', `/incidents/${this.effects.length}`).send();
    });
    this.url = `${await this.app.listen({ host: '127.0.0.1', port: 0 })}/hook`;
  }

  close(): Promise<void> {
    return this.app.close();
  }
}

function signedRightly(header: string, body: string): boolean {
  const parts = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(header);
  if (!parts || Math.abs(Number(parts[1]) - Date.now() / 1000) > 300) return false;
  const expected = createHmac('sha256', SECRET).update(`${parts[1]}.${body}`).digest();
  return timingSafeEqual(expected, Buffer.from(parts[2] ?? '', 'hex'));
}

/** A sample incident at a revision; it is closed from the third on. */
function aRecord(revision: number): IncidentRecord {
  const sample = SAMPLES[revision > 2 ? 'resolved' : 'suspected pool saturation']();
  return { ...sample, id: SAMPLE_ID, runId: '01234567-89ab-cdef-0123-456789abcdef', revision };
}

describe('webhook sink', () => {
  let receiver: Receiver;
  let lab: PublishLab;
  openEach(() => [(receiver = new Receiver()), (lab = new PublishLab())]);

  const sink = (settings: object = {}) => ({
    ...{ type: 'webhook', url: receiver.url, signingSecret: SECRET },
    ...settings,
  });

  it('posts the record as a signed CloudEvent and keeps the address that the receiver gives', async () => {
    const publication = await lab.publish(sink(), aRecord(1));
    assert.equal(publication.reference, '/incidents/1');
    const event = receiver.requests[0]?.event;
    assert.equal(event?.specversion, '1.0');
    assert.equal(event.type, 'faultline.incident.published');
    assert.equal(event.subject, SAMPLE_ID);
    assert.match(event.data.markdown, /payment/);
  });

  it('says whether the summary is the first, an update or the last', async () => {
    await lab.tell(sink(), [1, 2, 3].map(aRecord));
    assert.deepEqual(
      receiver.requests.map(({ event }) => event.type.split('.').at(-1)),
      ['published', 'updated', 'closed'],
    );
  });

  it('has exactly one effect for each revision after any sequence of failures and lost replies', async function () {
    this.timeout(60_000);
    const mood = fc.constantFrom<Mood>('take', 'fail', 'busy', 'reset', 'take and lose the reply');
    let revision = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(mood, { maxLength: 5 }), async (moods) => {
        revision += 1;
        const before = receiver.effects.length;
        receiver.moods = [...moods];
        await lab.untilDone(sink(), aRecord(revision));
        assert.equal(receiver.effects.length, before + 1);
      }),
      { numRuns: 25 },
    );
  });

  it('posts nothing again when the activity ended but Temporal never heard of it', async () => {
    const first = await lab.publish(sink(), aRecord(1));
    assert.deepEqual(await lab.publish(sink(), aRecord(1)), first);
    assert.equal(receiver.requests.length, 1);
  });

  it('asks Temporal to wait as long as the receiver wishes', async () => {
    receiver.moods = ['busy'];
    await assert.rejects(lab.publish(sink(), aRecord(1)), (error: ApplicationFailure) => {
      assert.equal(error.type, 'SinkUnavailable');
      assert.equal(error.nextRetryDelay, 1000);
      return true;
    });
  });

  it('is refused for good with the wrong secret, and says neither secret nor path', async () => {
    const wrong = sink({ signingSecret: 'wrong secret' });
    await assert.rejects(lab.publish(wrong, aRecord(1)), (error: ApplicationFailure) => {
      assert.equal(error.nonRetryable, true);
      assert.match(error.message, /^sink it at 127\.0\.0\.1:\d+ answered 401: signature$/);
      return true;
    });
  });

  it('gives up on a receiver that hangs, and tries later', async () => {
    const hanging = fastify({ forceCloseConnections: true });
    hanging.addContentTypeParser(
      /^application\/cloudevents\+json/,
      { parseAs: 'string' },
      (_request, _body, done) => done(null),
    );
    hanging.post('/hook', () => sleep(5_000));
    const url = `${await hanging.listen({ host: '127.0.0.1', port: 0 })}/hook`;
    await assert.rejects(lab.publish(sink({ url, timeoutSeconds: 0.2 }), aRecord(1)), {
      type: 'SinkUnavailable',
      nonRetryable: false,
    });
    await hanging.close();
  });

  it('names the sinks that it knows when asked for another', async () => {
    await assert.rejects(
      lab.publish({ ...sink(), name: 'hook' }, aRecord(1)),
      /sinks: expected one named it, .* has hook/,
    );
  });

  it('shows a token that a token endpoint gave, and asks for another when it is refused', async () => {
    const client = { clientId: 'faultline', clientSecret: 'client-secret' };
    const tokens = await startTokenEndpoint(client);
    receiver.mayPost = (authorization) => tokens.isValid(authorization);
    const auth = { type: 'oauth2', tokenUrl: tokens.url, ...client };
    try {
      await lab.publish(sink({ auth }), aRecord(1));
      assert.equal(receiver.requests[0]?.headers['authorization'], 'Bearer token-1');
      receiver.mayPost = () => false;
      await assert.rejects(lab.publish(sink({ auth }), aRecord(2)), /answered 401: token/);
      assert.equal(tokens.granted, 3);
      tokens.isDown = true;
      await assert.rejects(lab.publish(sink({ auth }), aRecord(2)), {
        type: 'SinkUnavailable',
        message: `sink it has no credentials: auth.tokenUrl: ${tokens.url}: it answers 503`,
      });
    } finally {
      await tokens.close();
    }
  });

  it('reads a token from its file for each post', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'faultline-token-'));
    const tokenFile = join(directory, 'token');
    const auth = { type: 'bearer', tokenFile };
    try {
      const missing = lab.publish(sink({ auth }), aRecord(1));
      await assert.rejects(missing, /auth\.tokenFile: .*: there is no such file/);
      await writeFile(tokenFile, 'of-a-file');
      await lab.publish(sink({ auth }), aRecord(1));
      assert.equal(receiver.requests[0]?.headers['authorization'], 'Bearer of-a-file');
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import type { ApplicationFailure } from '@temporalio/common';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { createTellGuard } from '../../activities/guard/tell-guard.js';
import type { GuardListener, GuardState } from '../../model/guard.js';
import { openEach } from '../publish/lab.js';
import { Vendor } from '../publish/vendor.js';
import { testConfig } from '../support/scopes.js';

const TOKEN = 'github_pat_0123456789abcdefghij';
const sha = 'a'.repeat(40);

/** What GitHub documents of a commit's status. */
const status = z.strictObject({
  state: z.enum(['error', 'failure', 'pending', 'success']),
  description: z.string().max(140),
  context: z.string(),
  target_url: z.url().optional(),
});

class Listeners extends Vendor {
  statuses: z.infer<typeof status>[] = [];
  posts: { headers: FastifyRequest['headers']; body: string }[] = [];

  protected routes(): void {
    this.app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
    this.app.post(`/repos/shop/checkout/statuses/${sha}`, ({ body }, reply) => {
      const parsed = status.safeParse(body);
      if (!parsed.success) return reply.code(422).send({ message: 'Validation Failed' });
      this.statuses.push(parsed.data);
      return reply.code(201).send({ id: 1 });
    });
    this.app.post('/hook', ({ headers, body }, reply) => {
      this.posts.push({ headers, body: String(body) });
      return reply.code(202).send('');
    });
  }

  protected refusalOf({ headers, url }: FastifyRequest) {
    const isWrong = url.startsWith('/repos') && headers.authorization !== `Bearer ${TOKEN}`;
    return isWrong ? { status: 401, message: 'Bad credentials' } : null;
  }
}

const activity = () => new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') });

describe('telling what a guard says', () => {
  let them: Listeners;
  openEach(() => [(them = new Listeners())]);

  const state = (more: Partial<GuardState> = {}): GuardState => ({
    ...{
      id: 'guard/production/checkout',
      verdict: 'fail',
      reason: `token=hunter2hunter2 ${'x'.repeat(400)}`,
    },
    request: {
      ...{
        environment: 'production',
        service: 'checkout',
        since: 1000,
        forSeconds: 900,
        changeId: null,
        by: 'ann',
      },
      commit: { repository: 'shop/checkout', sha },
    },
    ...{ looks: [], endsAt: 1900, diagnosis: null, url: 'http://ui.example/run', untold: [], ...more },
  });

  async function tell(to: GuardListener, told: GuardState, token = TOKEN): Promise<void> {
    const { guard } = testConfig({
      guard: {
        webhook: { url: `${them.url}/hook`, signingSecret: 'sign' },
        github: { url: them.url, token },
      },
    });
    await activity().run(createTellGuard(guard).tellGuard, { to, state: told });
  }

  it('writes the status of the commit for each of its words', async () => {
    for (const verdict of [null, 'pass', 'fail', 'cannot-tell'] as const)
      await tell('github', state({ verdict }));
    assert.deepEqual(
      them.statuses.map(({ state: word, context, target_url: link }) => [word, context, link]),
      ['pending', 'success', 'failure', 'error'].map((word) => [
        word,
        'faultline/guard',
        'http://ui.example/run',
      ]),
    );
    assert.doesNotMatch(JSON.stringify(them.statuses), /hunter2/);
  });

  it('posts a signed event once it has ended', async () => {
    await tell('webhook', state());
    const [{ headers, body }] = them.posts as [Listeners['posts'][number]];
    const [, time, digest] = /^t=(\d+),v1=(\w+)$/.exec(String(headers['faultline-signature'])) ?? [];
    assert.equal(digest, createHmac('sha256', 'sign').update(`${time}.${body}`).digest('hex'));
    const event = JSON.parse(body) as { type: string; subject: string; data: GuardState };
    assert.deepEqual(
      [event.type, event.subject, event.data.verdict],
      ['faultline.guard.ended', 'checkout', 'fail'],
    );
    assert.equal(headers['idempotency-key'], 'guard/production/checkout/1000');
    assert.doesNotMatch(body, /hunter2/);
  });

  it('is tried again when they are away, and not when they refuse', async () => {
    const failing = (work: Promise<void>): Promise<ApplicationFailure> =>
      work.then(
        () => assert.fail('it was taken'),
        (error: unknown) => error as ApplicationFailure,
      );
    them.moods = ['busy'];
    const busy = await failing(tell('github', state()));
    assert.deepEqual([busy.type, busy.nonRetryable, busy.nextRetryDelay], ['SinkUnavailable', false, 7000]);
    const refused = await failing(tell('github', state(), 'wrong-token-wrong-token'));
    assert.deepEqual([refused.type, refused.nonRetryable], ['SinkRefused', true]);
    assert.doesNotMatch(refused.message, /wrong-token/);
  });

  it('tells nobody where nobody is configured', async () => {
    const { tellGuard } = createTellGuard(testConfig().guard);
    for (const to of ['webhook', 'github'] as const) {
      await activity().run(tellGuard, { to, state: state() });
    }
    assert.deepEqual(them.calls, []);
  });
});

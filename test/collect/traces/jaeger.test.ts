import assert from 'node:assert/strict';
import Fastify, { type FastifyReply } from 'fastify';
import { collectTraces } from '../../../activities/collect/traces/collect-traces.js';
import { openTraceSource } from '../../../activities/collect/traces/open.js';
import type { TraceSource } from '../../../activities/collect/traces/source.js';
import {
  BadCredentials,
  NotASource,
  QueryTimeout,
  QueryTooHeavy,
  SourceBusy,
  SourceError,
  SourceUnavailable,
} from '../../../activities/collect/metrics/source/errors.js';
import { ALERTED_AT, killedPaymentScope } from '../../support/killed-payment.js';
import { playAnswers } from '../../support/recorded-answers.js';
import { MemoryStore, NO_LIMITS, testConfig } from '../../support/scopes.js';

const ANSWERS = new URL('../../fixtures/jaeger/killed-payment.json.gz', import.meta.url);
const LATER = ALERTED_AT + 1000;

const configOf = (url: string, more: object = {}) =>
  testConfig({ traces: [{ type: 'jaeger', name: 'jaeger', url, timeoutSeconds: 20, ...more }] });

describe('what Jaeger 1.76 answers', () => {
  it('becomes a table of spans whose parents are rows, with links', async () => {
    const server = await playAnswers(ANSWERS);
    const store = new MemoryStore();
    const config = configOf(server.url, { publicUrl: 'https://jaeger.example.com/' });
    const request = { scope: killedPaymentScope(), source: 'jaeger' };
    const { evidence, gaps } = await collectTraces({ config, store }, request, NO_LIMITS, LATER);
    await server.close();
    const table = await store.getTable('spans', evidence.uri);

    assert.deepEqual(
      gaps.map(({ what }) => what),
      ['traces of 1 operation of frontend'],
    );
    assert.equal(evidence.kind, 'spans');
    assert.match(evidence.summary, /^\d+ spans of 20 traces of jaeger$/u);
    assert.ok(server.asked.length < 50, `${server.asked.length} requests`);
    assert.ok(
      ['frontend', 'checkoutservice', 'paymentservice', 'redis'].every((one) => table.services.includes(one)),
    );
    assert.equal(table.tracePages[0], `https://jaeger.example.com/trace/${table.traceIds[0]!}`);
    assert.ok(
      [...table.parent].every((parent, row) => parent < 0 || table.trace[parent] === table.trace[row]),
    );
    assert.ok([...table.failed].includes(1) && [...table.failed].includes(0));
    const charge = table.operations.indexOf('hipstershop.PaymentService/Charge');
    const failedAtPayment = [...table.service].filter(
      (service, row) =>
        table.services[service] === 'paymentservice' &&
        table.operation[row] === charge &&
        table.failed[row] === 1,
    );
    assert.ok(failedAtPayment.length > 0, 'a call that nobody answered failed at its callee');
  });
});

describe('a source of traces over HTTP', () => {
  async function asking(
    answer: (reply: FastifyReply) => unknown,
    ask: (source: TraceSource) => Promise<unknown>,
    timeoutSeconds = 20,
  ): Promise<unknown> {
    const app = Fastify({ forceCloseConnections: true });
    app.all('/*', (_request, reply) => answer(reply));
    const url = await app.listen({ host: '127.0.0.1', port: 0 });
    const auth = { type: 'bearer', token: 'tok-123456' };
    const source = openTraceSource(configOf(url, { auth, timeoutSeconds }).traces[0]!);
    try {
      return await ask(source).catch((error: unknown) => error);
    } finally {
      source.close();
      await app.close();
    }
  }
  const list = (source: TraceSource) => source.services({ from: 0, until: 1 }, NO_LIMITS);

  const cases: [
    string,
    (reply: FastifyReply) => unknown,
    abstract new (...args: never[]) => Error,
    RegExp,
  ][] = [
    ['refuses its credentials', (r) => r.code(401).send('no'), BadCredentials, /401/],
    ['asks for fewer requests', (r) => r.code(429).header('retry-after', '7').send(''), SourceBusy, /429/],
    ['fails', (r) => r.code(503).send('starting'), SourceUnavailable, /503 starting/],
    ['took too long behind a proxy', (r) => r.code(504).send(''), QueryTimeout, /504/],
    ['redirects', (r) => r.redirect('/login'), NotASource, /redirects to .*\/login/],
    ['is another page', (r) => r.type('text/html').send('<html>'), NotASource, /no JSON/],
    ['is another server', (r) => r.send({ status: 'success' }), NotASource, /^data: /],
    ['is not there', (r) => r.code(404).send(''), NotASource, /404/],
    [
      'shows its token',
      (r) => r.code(500).send('bad token tok-123456'),
      SourceUnavailable,
      /^500 bad token \*\*\*/,
    ],
    ['does not answer', () => new Promise(() => {}), QueryTimeout, /no answer within 1 s/],
  ];
  for (const [what, answer, kind, reason] of cases) {
    it(`says what to do when it ${what}`, async () => {
      const error = await asking(answer, list, what === 'does not answer' ? 1 : 20);
      assert.ok(error instanceof kind && error instanceof SourceError, String(error));
      assert.match(error.reason, reason);
    });
  }

  it('refuses an answer that is too large, and is then asked for less', async () => {
    const trace = { traceID: 'ab', spans: [], processes: {}, padding: 'x'.repeat(1024 * 1024) };
    const error = await asking(
      (reply) => reply.send({ data: Array.from({ length: 17 }, () => trace) }),
      (source) =>
        source.find({ service: 'a', operation: null, from: 0, until: 1, which: 'any', most: 17 }, NO_LIMITS),
    );
    assert.ok(error instanceof QueryTooHeavy, String(error));
    assert.match(error.reason, /larger than 16 MiB/);
  });
});

import assert from 'node:assert/strict';
import { fastify, type FastifyInstance } from 'fastify';
import { VerificationUnavailable } from '../../../client/intake/authenticity.js';
import { amazon } from '../../../client/intake/sns/amazon.js';

/** What is asked of Amazon, asked of a server that misbehaves. */
describe('asking Amazon', () => {
  let server: FastifyInstance;
  let url: string;
  let hits: string[] = [];

  before(async () => {
    server = fastify({ forceCloseConnections: true });
    server.addHook('onRequest', (request, _reply, done) => {
      hits.push(request.url);
      done();
    });
    server.get('/certificate', () => 'a certificate');
    server.get('/elsewhere', (_request, reply) => reply.redirect('/certificate'));
    server.get('/endless', () => 'x'.repeat(1024 * 1024));
    server.get('/failed', (_request, reply) => reply.code(500).send('no'));
    server.get('/silent', () => new Promise(() => undefined));
    url = await server.listen({ host: '127.0.0.1', port: 0 });
  });
  after(() => server.close());
  beforeEach(() => {
    hits = [];
  });

  it('hands out what is there', async () => {
    assert.equal(await amazon.get(`${url}/certificate`), 'a certificate');
  });

  for (const path of ['elsewhere', 'endless', 'failed', 'missing', 'silent']) {
    it(`gives up on what is ${path}, within seconds and without a second request`, async () => {
      const start = performance.now();
      await assert.rejects(amazon.get(`${url}/${path}`), VerificationUnavailable);
      assert.ok(performance.now() - start < 5_000);
      assert.deepEqual(hits, [`/${path}`]);
    });
  }
});

import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { TemporalUnavailable } from '../../client/errors.js';
import { buildReceiver } from '../../client/intake/receiver.js';
import { configSchema, type Config } from '../../config/schema.js';
import type { Anomaly } from '../../model/anomaly.js';
import { postWithAlert, recordedPost, recordedPosts } from '../support/alertmanager-posts.js';
import { NOW } from '../support/intake-rig.js';

type Auth = Config['webhook']['auth'];

interface Rig {
  app: FastifyInstance;
  raised: Anomaly[][];
  logged: string[];
}

const rigs: FastifyInstance[] = [];

async function rig(options: { auth?: Auth; bodyLimitBytes?: number; failure?: Error } = {}): Promise<Rig> {
  const { auth, bodyLimitBytes, failure } = options;
  const raised: Anomaly[][] = [];
  const logged: string[] = [];
  const config = configSchema.parse({
    environment: 'test',
    metrics: { type: 'prometheus', url: 'http://prometheus' },
    webhook: { ...(auth && { auth }), ...(bodyLimitBytes && { bodyLimitBytes }) },
  });
  const app = await buildReceiver({
    config,
    incidents: {
      raise(anomalies) {
        if (failure) return Promise.reject(failure);
        raised.push(anomalies);
        return Promise.resolve();
      },
      ready: () => (failure ? Promise.reject(failure) : Promise.resolve()),
    },
    log: pino({ level: 'debug' }, { write: (line: string) => void logged.push(line) }),
    now: () => NOW,
  });
  rigs.push(app);
  return { app, raised, logged };
}

interface PostOptions {
  headers?: Record<string, string>;
}

function post(app: FastifyInstance, payload: unknown, { headers = {} }: PostOptions = {}) {
  return app.inject({
    method: 'POST',
    url: '/v1/alertmanager',
    headers: { 'content-type': 'application/json', ...headers },
    payload: typeof payload === 'string' ? payload : JSON.stringify(payload),
  });
}

interface Problem {
  status: number;
  title: string;
  detail: string;
  errors?: { field: string; problem: string }[];
}

describe('the webhook receiver', () => {
  afterEach(async () => {
    await Promise.all(rigs.splice(0).map((app) => app.close()));
  });

  for (const { name, headers, body } of recordedPosts()) {
    it(`accepts the recorded ${name} with its own headers`, async () => {
      const { app, raised } = await rig();
      // inject sets the length itself: the recorded one is of the body before it was formatted.
      delete headers['content-length'];
      // It was sent to another name than this receiver's.
      delete headers['host'];
      const answer = await post(app, body, { headers });
      assert.equal(answer.statusCode, 202);
      assert.deepEqual(answer.json(), { accepted: body.alerts.length });
      assert.deepEqual(
        raised.flat().map((one) => one.fingerprint),
        body.alerts.map((alert) => alert['fingerprint']),
      );
    });
  }

  it('hands one post to Temporal in one call', async () => {
    const { app, raised } = await rig();
    await post(app, recordedPost('am34/firing_grouped').body);
    assert.equal(raised.length, 1);
  });

  it('answers 200 to a post without alerts, and raises nothing', async () => {
    const { app, raised } = await rig();
    const answer = await post(app, { ...postWithAlert({}), alerts: [] });
    assert.equal(answer.statusCode, 200);
    assert.equal(raised.length, 0);
  });

  it('names the malformed field in a problem document', async () => {
    const { app, raised } = await rig();
    const answer = await post(app, postWithAlert({ status: 'pending' }));
    assert.equal(answer.statusCode, 400);
    assert.match(String(answer.headers['content-type']), /^application\/problem\+json\b/);
    assert.deepEqual(answer.json<Problem>(), {
      title: 'Bad Request',
      status: 400,
      detail: 'alerts[0].status: expected "firing" or "resolved", got "pending"',
      errors: [{ field: 'alerts[0].status', problem: 'expected "firing" or "resolved", got "pending"' }],
    });
    assert.equal(raised.length, 0);
  });

  const bodies: [string, string, Record<string, string>, number, RegExp][] = [
    ['text that is no JSON', '{"version":', {}, 400, /not JSON/],
    ['no body', '', {}, 400, /empty/],
    ['another media type', 'alert!', { 'content-type': 'text/plain' }, 415, /application\/json/],
    ['a form', 'a=b', { 'content-type': 'application/x-www-form-urlencoded' }, 415, /application\/json/],
    ['a body above the limit', `"${'x'.repeat(2_000)}"`, {}, 413, /1000 bytes.*bodyLimitBytes/],
    ['nine hundred open brackets', '['.repeat(900), {}, 400, /nested more than 100 deep/],
  ];
  for (const [what, body, headers, status, detail] of bodies) {
    it(`answers ${status} to ${what}`, async () => {
      const { app } = await rig({ bodyLimitBytes: 1_000 });
      const answer = await post(app, body, { headers });
      assert.equal(answer.statusCode, status);
      assert.match(String(answer.headers['content-type']), /^application\/problem\+json\b/);
      assert.match(answer.json<Problem>().detail, detail);
    });
  }

  it('survives a body nested a hundred thousand deep', async () => {
    const { app } = await rig();
    const answer = await post(app, `{"version":"4","alerts":${'['.repeat(100_000)}${']'.repeat(100_000)}}`);
    assert.equal(answer.statusCode, 400);
  });

  it('keeps an alert whose labels are named like parts of objects', async () => {
    const { app, raised } = await rig();
    const hostile = JSON.stringify(postWithAlert({})).replace(
      '"alertname":',
      '"__proto__":"a","constructor":"b","prototype":"c","alertname":',
    );
    const answer = await post(app, hostile.replace('"version":', '"__proto__":{"polluted":true},"version":'));
    assert.equal(answer.statusCode, 202);
    assert.equal(raised[0]?.[0]?.service, 'redis');
    assert.equal(Object.hasOwn(raised[0][0].labels, '__proto__'), false);
    assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
  });

  it('asks to come back, and never says 429, while Temporal does not take the work', async () => {
    const { app } = await rig({ failure: new TemporalUnavailable('Temporal at t:7233 does not answer') });
    const answer = await post(app, postWithAlert({}));
    assert.equal(answer.statusCode, 503);
    assert.equal(answer.headers['retry-after'], '5');
    assert.equal(answer.json<Problem>().detail, 'Temporal at t:7233 does not answer');
  });

  it('says nothing of its inside when it fails by itself, and logs it', async () => {
    const { app, logged } = await rig({ failure: new Error('secret detail') });
    const answer = await post(app, postWithAlert({}));
    assert.equal(answer.statusCode, 500);
    assert.ok(!answer.body.includes('secret detail'));
    assert.ok(logged.some((line) => line.includes('secret detail')));
  });

  it('sends a wrong path and a wrong method on their way', async () => {
    const { app } = await rig();
    const lost = await app.inject({ method: 'POST', url: '/alerts' });
    assert.equal(lost.statusCode, 404);
    assert.match(lost.json<Problem>().detail, /\/v1\/alertmanager/);
    const read = await app.inject({ method: 'GET', url: '/v1/alertmanager?x=1' });
    assert.equal(read.statusCode, 405);
    assert.equal(read.headers.allow, 'POST');
  });

  it('is healthy by itself, and ready when Temporal is', async () => {
    const well = await rig();
    assert.equal((await well.app.inject('/healthz')).statusCode, 200);
    assert.equal((await well.app.inject('/readyz')).statusCode, 200);
    const alone = await rig({ failure: new TemporalUnavailable('away') });
    assert.equal((await alone.app.inject('/healthz')).statusCode, 200);
    assert.equal((await alone.app.inject('/readyz')).statusCode, 503);
  });

  it('counts what it received, accepted and refused', async () => {
    const { app } = await rig();
    await post(app, recordedPost('am25/firing_grouped').body);
    await post(app, '{');
    await post(app, 'x', { headers: { 'content-type': 'text/plain' } });
    const { body } = await app.inject('/metrics');
    assert.match(body, /^faultline_intake_received_total\{source="alertmanager"\} 3$/m);
    assert.match(body, /^faultline_intake_accepted_total\{source="alertmanager"\} 1$/m);
    assert.match(body, /^faultline_intake_anomalies_total\{source="alertmanager"\} 5$/m);
    assert.match(body, /^faultline_intake_rejected_total\{source="alertmanager",reason="malformed"\} 1$/m);
    assert.match(body, /^faultline_intake_rejected_total\{source="alertmanager",reason="media-type"\} 1$/m);
  });

  it('never answers 5xx to what a sender made up', async () => {
    const { app } = await rig();
    const genuine = JSON.stringify(recordedPost('am34/firing_partly_resolved').body);
    const damaged = fc
      .tuple(fc.nat(genuine.length), fc.nat(40), fc.string({ unit: 'binary', maxLength: 20 }))
      .map(([at, removed, added]) => genuine.slice(0, at) + added + genuine.slice(at + removed));
    await fc.assert(
      fc.asyncProperty(fc.oneof(damaged, fc.json(), fc.string({ unit: 'binary' })), async (body) => {
        const { statusCode } = await post(app, body);
        assert.ok([200, 202, 400].includes(statusCode), `${statusCode} for ${body}`);
      }),
      { numRuns: 300 },
    );
  });
});

describe('credentials of the webhook receiver', () => {
  afterEach(async () => {
    await Promise.all(rigs.splice(0).map((app) => app.close()));
  });

  const bearer: Auth = { type: 'bearer', tokens: ['old-token', 'new-token'] };
  const basic: Auth = { type: 'basic', username: 'alert', password: 'pass:word' };
  const base64 = (text: string) => Buffer.from(text).toString('base64');

  const table: [string, Auth, string | undefined, number][] = [
    ['nothing when none are asked for', { type: 'none' }, undefined, 202],
    ['no token', bearer, undefined, 401],
    ['a wrong token', bearer, 'Bearer other-token', 401],
    ['the beginning of a token', bearer, 'Bearer new-toke', 401],
    ['an empty token', bearer, 'Bearer ', 401],
    ['a token by the wrong scheme', bearer, `Basic ${base64('new-token:')}`, 401],
    ['the new token', bearer, 'Bearer new-token', 202],
    ['the old token during rotation', bearer, 'Bearer old-token', 202],
    ['the scheme in lower case', bearer, 'bearer new-token', 202],
    ['no user', basic, undefined, 401],
    ['a wrong user', basic, `Basic ${base64('other:pass:word')}`, 401],
    ['a wrong password', basic, `Basic ${base64('alert:pass')}`, 401],
    ['no password', basic, `Basic ${base64('alert')}`, 401],
    ['what is no base64', basic, 'Basic %%%', 401],
    ['a token where a user is asked for', basic, 'Bearer pass:word', 401],
    ['user and password', basic, `Basic ${base64('alert:pass:word')}`, 202],
  ];
  for (const [what, auth, authorization, status] of table) {
    it(`answers ${status} to ${what} (${auth.type})`, async () => {
      const { app, raised, logged } = await rig({ auth });
      const headers = authorization === undefined ? {} : { authorization };
      const answer = await post(app, postWithAlert({}), { headers });
      assert.equal(answer.statusCode, status);
      assert.equal(raised.length, status === 202 ? 1 : 0);
      if (status === 401) {
        const scheme = auth.type === 'basic' ? 'Basic' : 'Bearer';
        assert.ok(String(answer.headers['www-authenticate']).startsWith(`${scheme} realm="faultline"`));
        assert.match(String(answer.headers['content-type']), /^application\/problem\+json\b/);
      } else {
        assert.equal(answer.headers['www-authenticate'], undefined);
      }
      assert.ok(!logged.join().includes(authorization ?? 'nothing sent'));
    });
  }

  it('looks at credentials before the body', async () => {
    const { app } = await rig({ auth: bearer, bodyLimitBytes: 10 });
    assert.equal((await post(app, 'x'.repeat(100))).statusCode, 401);
    assert.equal((await post(app, '', { headers: { 'content-type': 'text/plain' } })).statusCode, 401);
  });

  it('lets health, readiness and metrics be read without credentials', async () => {
    const { app } = await rig({ auth: bearer });
    for (const url of ['/healthz', '/readyz', '/metrics']) {
      assert.equal((await app.inject(url)).statusCode, 200);
    }
  });

  it('counts a refused sender', async () => {
    const { app } = await rig({ auth: bearer });
    await post(app, postWithAlert({}));
    const { body } = await app.inject('/metrics');
    assert.match(body, /rejected_total\{source="alertmanager",reason="unauthorized"\} 1$/m);
  });
});

import assert from 'node:assert/strict';
import { connect } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import type { z } from 'zod';
import { steeringRoutes } from '../../client/api/steering.js';
import { buildReceiver } from '../../client/intake/receiver.js';
import { configSchema } from '../../config/schema.js';
import { postWithAlert } from '../support/alertmanager-posts.js';
import { fakeIncidents, INCIDENT_ID } from '../support/fake-incidents.js';

type Webhook = z.input<typeof configSchema>['webhook'];

const METRICS = { type: 'prometheus', url: 'http://prometheus' } as const;
const SECRET = 'secret-of-the-test';
const bearer = { type: 'bearer' as const, tokens: [SECRET] };

/** What is wrong with the settings of a receiver. */
function faultsOf(webhook: Webhook): string[] {
  const { error } = configSchema.safeParse({ metrics: METRICS, webhook });
  return (error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`);
}

describe('a receiver that others reach', () => {
  const host = '0.0.0.0';
  const refused: [string, Webhook, RegExp][] = [
    [
      'asks nobody for anything',
      { host },
      /^webhook\.auth: a receiver on 0\.0\.0\.0 takes no alerts without credentials or a signature/,
    ],
    [
      'takes posts of a source without proof',
      { host, sources: { pagerduty: { secrets: [SECRET] }, datadog: {} } },
      /^webhook\.sources\.datadog\.auth: anyone who reaches 0\.0\.0\.0 may raise incidents as Datadog; set webhook\.sources\.datadog\.auth/,
    ],
    [
      'names Alertmanager without credentials',
      { host, sources: { alertmanager: {} } },
      /^webhook\.sources\.alertmanager\.auth: .* as Alertmanager/,
    ],
    [
      'opens one source on purpose',
      {
        host,
        auth: bearer,
        sources: {
          generic: [{ name: 'own', map: { title: 't', fingerprint: 'f' }, auth: { type: 'none' } }],
        },
      },
      /^webhook\.sources\.generic\.0\.auth: .* as the generic source 'own'/,
    ],
    [
      'opens the API',
      { host, auth: bearer, api: { auth: { type: 'none' } } },
      /^webhook\.api\.auth: .* may read, acknowledge, rerun and cancel incidents; set webhook\.api\.auth/,
    ],
  ];
  for (const [what, webhook, fault] of refused) {
    it(`does not start when it ${what}, unless that is allowed`, () => {
      assert.match(faultsOf(webhook).join('\n'), fault);
      assert.deepEqual(faultsOf({ ...webhook, allowUnauthenticated: true }), []);
      assert.deepEqual(faultsOf({ ...webhook, host: '127.0.0.1' }), []);
    });
  }

  it('starts with credentials, and with signed sources alone', () => {
    assert.deepEqual(faultsOf({ host, auth: bearer }), []);
    assert.deepEqual(faultsOf({ host, sources: { pagerduty: { secrets: [SECRET] } } }), []);
  });
});

describe('a running receiver', () => {
  const open: FastifyInstance[] = [];
  afterEach(() => Promise.all(open.splice(0).map((app) => app.close())));

  async function receiver(webhook: Webhook) {
    const config = configSchema.parse({ metrics: METRICS, webhook });
    const incidents = fakeIncidents({ raise: () => Promise.resolve(), ready: () => Promise.resolve() });
    const log = pino({ level: 'silent' });
    const app = await buildReceiver({
      config,
      incidents,
      log,
      routes: steeringRoutes({ config, incidents, log }),
    });
    open.push(app);
    const post = async (
      url: string,
      headers: Record<string, string> = {},
      payload: object = postWithAlert({}),
    ) => (await app.inject({ method: 'POST', url, headers, payload })).statusCode;
    return { app, post };
  }

  it('with a signed source alone takes nothing of Alertmanager, and has no API', async () => {
    const { app, post } = await receiver({ host: '0.0.0.0', sources: { pagerduty: { secrets: [SECRET] } } });
    assert.equal(await post('/v1/alertmanager'), 404);
    assert.equal(await post('/v1/pagerduty'), 401);
    assert.equal((await app.inject(`/v1/incidents/${encodeURIComponent(INCIDENT_ID)}`)).statusCode, 404);
  });

  const CANCEL = `/v1/incidents/${encodeURIComponent(INCIDENT_ID)}/cancel`;
  const foreign: Record<string, string>[] = [
    { host: 'evil.example' },
    { host: 'evil.example:8090' },
    { host: '127.0.0.1.evil.example' },
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { 'x-forwarded-for': '203.0.113.7' },
  ];
  for (const headers of foreign) {
    it(`on loopback without credentials refuses ${JSON.stringify(headers)}`, async () => {
      const { post } = await receiver({});
      assert.equal(await post('/v1/alertmanager', headers), 403);
      assert.equal(await post(CANCEL, headers, { by: 'ann' }), 403);
    });
  }

  it('on loopback takes what is sent to its names', async () => {
    const { post } = await receiver({});
    for (const host of ['127.0.0.1:8090', 'localhost:8090', '[::1]:8090']) {
      assert.equal(await post('/v1/alertmanager', { host, origin: `http://${host}` }), 202);
      assert.equal(await post(CANCEL, { host }, { by: 'ann' }), 200);
    }
  });

  it('with credentials may stand behind a proxy of any name, and refuses foreign pages still', async () => {
    const { post } = await receiver({ auth: bearer });
    const proxied = {
      host: 'faultline.example',
      authorization: `Bearer ${SECRET}`,
      'x-forwarded-for': '10.0.0.1',
    };
    assert.equal(await post('/v1/alertmanager', proxied), 202);
    assert.equal(await post('/v1/alertmanager', { ...proxied, origin: 'https://evil.example' }), 403);
  });

  it('asks Temporal once for many who want to know whether it is ready', async () => {
    let asked = 0;
    const config = configSchema.parse({ metrics: METRICS });
    const ready = () => {
      asked += 1;
      return Promise.resolve();
    };
    const incidents = { raise: () => Promise.resolve(), ready };
    const app = await buildReceiver({ config, incidents, log: pino({ level: 'silent' }) });
    open.push(app);
    const answers = await Promise.all(Array.from({ length: 50 }, () => app.inject('/readyz')));
    assert.ok(answers.every(({ statusCode }) => statusCode === 200));
    assert.equal(asked, 1);
  });

  it('has a bound on its connections, and closes those that send too slowly', async function () {
    this.timeout(30_000);
    const { app } = await receiver({ maxConnections: 2 });
    const { port } = new URL(await app.listen({ host: '127.0.0.1', port: 0 }));
    const start = performance.now();
    const lives = Array.from({ length: 3 }, () => {
      const socket = connect(Number(port), '127.0.0.1');
      socket.on('error', () => undefined).resume();
      socket.write('POST /v1/alertmanager HTTP/1.1\r\nHost: 127.0.0.1\r\n');
      return new Promise<number>((resolve) => socket.on('close', () => resolve(performance.now() - start)));
    });
    const [first = 0, ...rest] = (await Promise.all(lives)).sort((a, b) => a - b);
    assert.ok(first < 2_000, `the third connection was kept for ${first} ms`);
    for (const life of rest) assert.ok(life > 4_000 && life < 15_000, `a silent connection lived ${life} ms`);
  });
});

import assert from 'node:assert/strict';
import { fastify, type FastifyInstance } from 'fastify';
import getPort from 'get-port';
import { configSchema } from '../../config/schema.js';
import { examineSinks } from '../../workers/doctor/sinks.js';
import { LOGIN, MailServer } from '../publish/mail-server.js';

const TOKEN = 'a token of the test';

describe('what the doctor says of sinks', () => {
  let app: FastifyInstance;
  let url: string;
  let asked: string[];
  let status: number;
  before(async () => {
    app = fastify({ forceCloseConnections: true });
    app.all('/*', (request, reply) => {
      asked.push(`${request.method} ${request.url}`);
      return reply.code(status).send({});
    });
    url = await app.listen({ host: '127.0.0.1', port: 0 });
  });
  beforeEach(() => {
    asked = [];
    status = 200;
  });
  after(() => app.close());

  function examine(...sinks: Record<string, unknown>[]) {
    const metrics = { type: 'prometheus', url: 'http://127.0.0.1:9' };
    const named = sinks.map((sink, index) => ({ name: `sink-${index}`, ...sink }));
    return examineSinks(configSchema.parse({ metrics, sinks: named }).sinks);
  }

  const bearer = { type: 'bearer', token: TOKEN };
  const KINDS: [Record<string, unknown>, string[]][] = [
    [{ type: 'webhook' }, ['OPTIONS /']],
    [{ type: 'slack', token: TOKEN, channel: 'C0123456789' }, ['OPTIONS /']],
    [{ type: 'teams' }, ['OPTIONS /']],
    [{ type: 'github', token: TOKEN, repository: 'a/b' }, ['GET /repos/a/b']],
    [{ type: 'jira', auth: bearer, project: 'OPS' }, ['GET /rest/api/2/project/OPS']],
    [{ type: 'grafana', auth: bearer }, ['GET /api/annotations?limit=1&tags=faultline']],
  ];

  for (const [sink, expected] of KINDS) {
    it(`asks ${String(sink['type'])} without leaving a trace`, async () => {
      const [finding] = await examine({ ...sink, url });
      assert.equal(finding?.status, 'ok');
      assert.deepEqual(asked, expected);
    });
  }

  it('asks both interfaces of PagerDuty without leaving a trace', async () => {
    const notes = { token: TOKEN, from: 'a@example.com', url };
    const findings = await examine({ type: 'pagerduty', notes, events: { routingKey: TOKEN, url } });
    assert.equal(findings.length, 2);
    assert.ok(findings.every(({ subject, status }) => subject === `sink 'sink-0'` && status === 'ok'));
    assert.deepEqual(asked.sort(), ['GET /incidents?limit=1', 'OPTIONS /']);
  });

  it('says which setting to check when the repository, project or token is not right', async () => {
    status = 404;
    const [github, jira, webhook] = await examine(
      { type: 'github', token: TOKEN, repository: 'a/b', url },
      { type: 'jira', auth: bearer, project: 'OPS', url },
      { type: 'webhook', url },
    );
    assert.match(github?.remedy ?? '', /check sinks\[0\]\.repository/);
    assert.match(jira?.remedy ?? '', /check sinks\[1\]\.project/);
    assert.equal(webhook?.status, 'ok', 'a receiver need not do OPTIONS');
    status = 401;
    const [refused] = await examine({ type: 'github', token: TOKEN, repository: 'a/b', url });
    assert.match(refused?.remedy ?? '', /check the credentials beside sinks\[0\]\.url/);
    assert.ok(!JSON.stringify(refused).includes(TOKEN));
  });

  it('greets a mail server, logs in and sends nothing', async () => {
    const server = new MailServer();
    await server.open();
    const mail = { type: 'email', from: 'a@example.com', to: ['b@example.com'], host: '127.0.0.1' };
    const settings = { ...mail, port: server.port, security: 'none' };
    const [good, bad] = await examine(
      { ...settings, login: LOGIN },
      { ...settings, login: { ...LOGIN, password: 'another mail password' } },
    );
    await server.close();
    assert.equal(good?.seen, `127.0.0.1:${server.port} answers and accepts the login; no mail was sent`);
    assert.equal(bad?.status, 'failed');
    assert.match(bad.remedy ?? '', /check sinks\[1\]\.host, port, security and login/);
    assert.ok(!JSON.stringify(bad).includes('another mail password'));
    assert.equal(server.mails.length, 0);
    const [away] = await examine({ ...settings, port: await getPort() });
    assert.match(away?.seen ?? '', /ECONNREFUSED/);
  });
});

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import getPort from 'get-port';
import { reach } from '../../workers/doctor/reach.js';

describe('whether an address can be reached', () => {
  let server: Server;
  let url: string;
  let status = 204;
  let asked: IncomingMessage[];

  before(async () => {
    server = createServer((request, response) => {
      asked.push(request);
      // Status 0 stands for a server that takes the request and says nothing.
      if (status > 0) response.writeHead(status, { location: 'https://elsewhere.example/' }).end();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook?token=s3cret`;
  });
  beforeEach(() => {
    asked = [];
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });

  const target = () => ({ url, auth: { type: 'none' as const }, setting: 'sinks[0].url' });

  for (const [answer, expected, remedy] of [
    [204, 'ok', null],
    [404, 'ok', null],
    [405, 'ok', null],
    [501, 'ok', null],
    [401, 'warning', /credentials beside sinks\[0\]\.url/],
    [403, 'warning', /credentials/],
    [308, 'warning', /redirects to https:\/\/elsewhere\.example\//],
    [503, 'warning', /its own log/],
  ] as const) {
    it(`calls an answer of ${answer} ${expected}`, async () => {
      status = answer;
      const told = await reach(target());
      assert.equal(told.status, expected);
      assert.ok(told.seen.includes(`${answer} to OPTIONS; nothing was sent`), told.seen);
      if (remedy === null) assert.equal(told.remedy, null);
      else assert.match(told.remedy ?? '', remedy);
    });
  }

  it('posts nothing, shows its credentials, and keeps path and query to itself', async () => {
    status = 204;
    const told = await reach({
      ...target(),
      auth: { type: 'bearer', token: 'abc' },
      headers: { 'x-team': 'a' },
    });
    assert.deepEqual(
      asked.map(({ method, headers }) => [method, headers.authorization, headers['x-team']]),
      [['OPTIONS', 'Bearer abc', 'a']],
    );
    assert.equal(told.seen.includes('s3cret'), false);
  });

  it('says that nothing listens', async () => {
    const port = await getPort({ host: '127.0.0.1' });
    const told = await reach({ ...target(), url: `http://127.0.0.1:${port}/` });
    assert.deepEqual(told, {
      status: 'failed',
      seen: `http://127.0.0.1:${port}: connection refused`,
      remedy: 'check sinks[0].url and the network to it',
    });
  });

  it('does not wait for ever', async () => {
    status = 0;
    const told = await reach(target());
    assert.equal(told.status, 'failed');
    assert.match(told.seen, /no answer within 5 s/);
  });
});

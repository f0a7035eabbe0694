import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mock } from 'node:test';
import { TLSSocket } from 'node:tls';
import {
  BadCredentials,
  SourceError,
  SourceUnavailable,
} from '../../activities/collect/metrics/source/errors.js';
import { PrometheusSource } from '../../activities/collect/metrics/source/prometheus-source.js';
import { loadConfig } from '../../config/load.js';
import { certificateAuthority, type Authority, type CertificatePair } from '../support/certificates.js';
import { needs } from '../support/needs.js';
import {
  sourceConfig,
  startStubPrometheus,
  type StubPrometheus,
  type StubRequest,
} from '../support/stub-prometheus.js';
import { startTokenEndpoint, type TokenEndpoint } from '../support/token-endpoint.js';

const VECTOR = { status: 'success', data: { resultType: 'vector', result: [] } };

/** What Prometheus answers to the requests of these tests. */
const answerTo = ({ path }: StubRequest): object =>
  path.endsWith('/values') ? { status: 'success', data: ['up'] } : VECTOR;

describe('the connection to a source', () => {
  let stub: StubPrometheus;
  let directory: string;
  const sources: PrometheusSource[] = [];

  beforeEach(async () => {
    stub = await startStubPrometheus();
    stub.answer = (reply, request) => reply.send(answerTo(request));
    directory = await mkdtemp(join(tmpdir(), 'faultline-connection-'));
  });
  afterEach(async () => {
    for (const source of sources.splice(0)) source.close();
    await stub.close();
    await rm(directory, { recursive: true });
  });

  const open = (more: Parameters<typeof sourceConfig>[1] = {}, url = stub.url): PrometheusSource => {
    const source = new PrometheusSource(sourceConfig(url, more));
    sources.push(source);
    return source;
  };
  const ask = (source: PrometheusSource) => source.instant('up', 1);
  const failureOf = async (source: PrometheusSource): Promise<SourceError> => {
    const error: unknown = await ask(source).catch((thrown: unknown) => thrown);
    assert.ok(error instanceof SourceError, `expected a SourceError, got ${String(error)}`);
    return error;
  };
  const shown = (): (string | undefined)[] => stub.requests.map(({ headers }) => headers.authorization);

  describe('with a token from a file', () => {
    it('reads it again for each request', async () => {
      const tokenFile = join(directory, 'token');
      const source = open({ auth: { type: 'bearer', tokenFile } });
      for (const token of ['first', 'second']) {
        await writeFile(tokenFile, `${token}\n`);
        await ask(source);
      }
      assert.deepEqual(shown(), ['Bearer first', 'Bearer second']);
    });

    it('says what is wrong with the file, by its setting, and goes on when it is mended', async () => {
      const tokenFile = join(directory, 'token');
      const source = open({ auth: { type: 'bearer', tokenFile } });
      const reasons: [string | null, string][] = [
        [null, 'there is no such file'],
        ['\n', 'it is empty'],
        ['two\nlines', 'expected one token in one line'],
        ['x'.repeat(20_000), 'expected at most 16384 bytes, got 20000'],
      ];
      for (const [content, reason] of reasons) {
        if (content !== null) await writeFile(tokenFile, content);
        const error = await failureOf(source);
        assert.ok(error instanceof BadCredentials);
        assert.equal(error.reason, `metrics.auth.tokenFile: ${tokenFile}: ${reason}`);
      }
      assert.deepEqual(stub.requests, []);
      await writeFile(tokenFile, 'good-token');
      stub.answer = (reply, { headers }) => reply.code(403).send(`no ${headers.authorization}`);
      assert.equal((await failureOf(source)).reason, '403 no Bearer ***');
    });

    it('is how a pod of Kubernetes is configured', async () => {
      await writeFile(
        join(directory, 'faultline.yml'),
        [
          'metrics:',
          '  type: prometheus',
          '  url: https://thanos-querier.openshift-monitoring.svc:9091',
          '  auth: { type: bearer, tokenFile: /var/run/secrets/kubernetes.io/serviceaccount/token }',
        ].join('\n'),
      );
      const { config } = await loadConfig({ cwd: directory, env: {} });
      const [metrics] = config.metrics;
      assert.ok(metrics?.type === 'prometheus');
      const tokenFile = '/var/run/secrets/kubernetes.io/serviceaccount/token';
      assert.deepEqual(metrics.auth, { type: 'bearer', tokenFile });
    });
  });

  describe('with OAuth 2 client credentials', () => {
    let tokens: TokenEndpoint;
    beforeEach(async () => {
      tokens = await startTokenEndpoint({ clientId: 'fault:line', clientSecret: 'p+ä/ss wörd%' });
      stub.answer = (reply, { headers }) =>
        tokens.isValid(headers.authorization) ? reply.send(VECTOR) : reply.code(401).send('no');
    });
    afterEach(() => tokens.close());

    const auth = (more: object = {}) => ({
      type: 'oauth2' as const,
      tokenUrl: tokens.url,
      ...{ clientId: 'fault:line', clientSecret: 'p+ä/ss wörd%', scopes: ['metrics', 'read'] },
      parameters: { audience: 'https://metrics.example' },
      ...more,
    });

    it('asks for one token for many requests, as RFC 6749 says', async () => {
      const source = open({ auth: auth() });
      await Promise.all(Array.from({ length: 20 }, () => ask(source)));
      assert.equal(tokens.granted, 1);
      const { scope, audience, ...others } = tokens.last;
      assert.deepEqual([scope, audience], ['metrics read', 'https://metrics.example']);
      assert.deepEqual(others, { grant_type: 'client_credentials' });
    });

    it('asks for another before it expires, and when the source refuses it', async () => {
      tokens.life = 0.2;
      const source = open({ auth: auth() });
      await ask(source);
      await new Promise((resolve) => setTimeout(resolve, 250));
      await ask(source);
      assert.equal(tokens.granted, 2);
      tokens.life = 3_600;
      await new Promise((resolve) => setTimeout(resolve, 250));
      await ask(source);
      tokens.revoke();
      await ask(source);
      assert.equal(tokens.granted, 4);
    });

    it('says why it got none: refused for good, or out of reach for now; and shows no secret', async () => {
      const refused = await failureOf(open({ auth: auth({ clientSecret: 'wrong-secret' }) }));
      assert.ok(refused instanceof BadCredentials);
      assert.equal(
        refused.reason,
        `metrics.auth.tokenUrl: ${tokens.url}: it answers 401 invalid_client: who is that?`,
      );
      tokens.isDown = true;
      const away = await failureOf(open({ auth: auth() }));
      assert.ok(away instanceof SourceUnavailable);
      assert.match(away.reason, /: it answers 503$/);
      const silent = await failureOf(open({ auth: auth({ tokenUrl: 'http://127.0.0.1:9/token' }) }));
      assert.ok(silent instanceof SourceUnavailable);
      assert.match(silent.reason, /^metrics\.auth\.tokenUrl: http:\/\/127\.0\.0\.1:9\/token: .*ECONNREFUSED/);
      assert.deepEqual(stub.requests, []);
    });

    it('gives up after a second token that the source refuses', async () => {
      stub.answer = (reply) => reply.code(401).send('wrong audience');
      const error = await failureOf(open({ auth: auth() }));
      assert.ok(error instanceof BadCredentials);
      assert.equal(error.reason, '401 wrong audience');
      assert.equal(tokens.granted, 2);
    });
  });

  it('signs each request for AWS by Signature Version 4', async () => {
    const keys = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };
    stub.answer = (reply, request) =>
      isSigned(request, { ...keys, region: 'eu-west-1', service: 'aps' })
        ? reply.send(answerTo(request))
        : reply.code(403).send('The request signature we calculated does not match');
    const auth = { type: 'sigv4' as const, region: 'eu-west-1', service: 'aps', ...keys };
    const source = open({ auth }, `${stub.url}/workspaces/ws-1?team=a b+c`);
    await source.instant('rate(x{a="b c+d/ä"}[5m])', 1);
    await source.metricNames(['up', 'http_requests_total']);
    assert.deepEqual(
      stub.requests.map(({ method }) => method),
      ['POST', 'GET'],
    );
    const wrong = open({ auth: { ...auth, secretAccessKey: 'another-secret-key' } });
    assert.ok((await failureOf(wrong)) instanceof BadCredentials);
    const none = await failureOf(open({ auth: { type: 'sigv4', region: 'eu-west-1', service: 'aps' } }));
    assert.match(
      none.reason,
      /^metrics\.auth\.accessKeyId: expected credentials; set it and .* AWS_SECRET_ACCESS_KEY$/,
    );
  });

  describe('by TLS', () => {
    let authority: Authority;
    let server: https.Server;
    let url: string;
    let client: CertificatePair;
    const clients: string[] = [];

    before(async function () {
      this.timeout(300_000);
      needs(this, 'openssl');
      authority = await certificateAuthority();
      client = await authority.issue('first-client');
      const own = await authority.issue('server');
      const identity = { cert: readFileSync(own.certFile), key: readFileSync(own.keyFile) };
      const ca = readFileSync(authority.caFile);
      server = https.createServer({ ...identity, ca, requestCert: true }, (request, response) => {
        assert.ok(request.socket instanceof TLSSocket);
        clients.push(String(request.socket.getPeerCertificate().subject.CN));
        response.end(JSON.stringify(VECTOR));
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    });
    after(async () => {
      server.closeAllConnections();
      server.close();
      await rm(authority.directory, { recursive: true });
    });

    it('names the setting when the authority is not known or the client shows no certificate', async () => {
      const unknown = await failureOf(open({}, url));
      assert.ok(unknown instanceof SourceUnavailable);
      assert.match(
        unknown.reason,
        /^its certificate is of an authority that is not known here; set metrics\.tls\.caFile /,
      );
      const anonymous = await failureOf(open({ tls: { caFile: authority.caFile } }, url));
      assert.equal(
        anonymous.reason,
        'it does not take the certificate of this client; set metrics.tls.client',
      );
      const missing = await failureOf(open({ tls: { caFile: join(directory, 'none.pem') } }, url));
      assert.equal(
        missing.reason,
        `metrics.tls.caFile: ${join(directory, 'none.pem')}: there is no such file`,
      );
      const other = { certFile: client.certFile, keyFile: authority.caFile };
      const mixed = await failureOf(open({ tls: { client: other } }, url));
      assert.match(mixed.reason, /^metrics\.tls: its files do not belong together/);
    });

    it('shows its certificate, and the new one after its files were replaced', async () => {
      const files = { certFile: join(directory, 'tls.crt'), keyFile: join(directory, 'tls.key') };
      const use = async (pair: CertificatePair): Promise<void> => {
        await copyFile(pair.certFile, files.certFile);
        await copyFile(pair.keyFile, files.keyFile);
      };
      await use(client);
      const source = open({ tls: { caFile: authority.caFile, client: files } }, url);
      await ask(source);
      await use(await authority.issue('second-client'));
      mock.timers.enable({ apis: ['Date'], now: Date.now() });
      try {
        mock.timers.tick(31_000);
        await ask(source);
      } finally {
        mock.timers.reset();
      }
      assert.deepEqual(clients.slice(-2), ['first-client', 'second-client']);
    });
  });

  it('keeps the query of its address on every request, and shows no secret in it', async () => {
    const source = open({}, `${stub.url}/prometheus/?dedup=true&token=hunter-22&max_source_resolution=5m`);
    await ask(source);
    await source.metricNames(['up']);
    for (const { path, query } of stub.requests) {
      assert.match(path, /^\/prometheus\/api\/v1\//);
      assert.equal(query.get('dedup'), 'true');
      assert.equal(query.get('token'), 'hunter-22');
      assert.equal(query.get('max_source_resolution'), '5m');
    }
    assert.deepEqual(
      stub.requests.map(({ form }) => form.get('query') ?? form.get('match[]')),
      ['up', '{__name__=~"up"}'],
    );
    stub.answer = (reply) => reply.code(400).send('unknown token hunter-22');
    const error = await failureOf(source);
    assert.equal(error.asked.endpoint, `${stub.url}/prometheus/api/v1/query`);
    assert.ok(!error.message.includes('hunter-22'));
  });

  it('takes a password with any character, in the address too', async () => {
    for (const password of ['100%', 'a%zz', 'pass:word', 'ä+ö/ü?#@', ' %41 ', '"\'\\']) {
      await ask(open({ auth: { type: 'basic', username: 'me', password } }));
      const address = new URL(stub.url);
      address.username = 'me';
      address.password = encodeURIComponent(password);
      await ask(open({}, address.href));
      const login = `Basic ${Buffer.from(`me:${password}`).toString('base64')}`;
      assert.deepEqual(shown().slice(-2), [login, login], password);
    }
    // A % that begins no code stands for itself.
    await ask(open({}, stub.url.replace('http://', 'http://me:100%@')));
    assert.equal(shown().at(-1), `Basic ${Buffer.from('me:100%').toString('base64')}`);
  });

  it("reads a source behind Grafana's data source proxy", async () => {
    const proxy = '/api/datasources/proxy/uid/P1809F7CD0C75ACF3';
    // Grafana passes on what Prometheus' data source may be asked by POST, and any GET.
    const posted = [
      'api/v1/query',
      'api/v1/query_range',
      'api/v1/series',
      'api/v1/labels',
      'api/v1/query_exemplars',
    ];
    stub.answer = (reply, request) => {
      const { method, path, headers } = request;
      if (headers.authorization !== 'Bearer glsa_token')
        return reply.code(401).send({ message: 'Unauthorized' });
      if (!path.startsWith(`${proxy}/`)) return reply.code(404).send({ message: 'Data source not found' });
      if (method === 'POST' && !posted.includes(path.slice(proxy.length + 1))) {
        return reply
          .code(403)
          .send({ message: 'non allow-listed POSTs not allowed on proxied Prometheus datasource' });
      }
      if (path.endsWith('/buildinfo'))
        return reply.send({ status: 'success', data: { version: '3.1.0', goVersion: 'go1.23' } });
      return reply.send(answerTo(request));
    };
    const auth = { type: 'bearer' as const, token: 'glsa_token' };
    const source = open({ auth }, stub.url + proxy);
    assert.deepEqual(await source.health(), { version: '3.1.0', product: 'Prometheus', queryMethod: 'POST' });
    assert.deepEqual([...(await source.metricNames(['up']))], ['up']);
    const wrong = await failureOf(open({ auth }, `${stub.url}/api/datasources/proxy/uid/other`));
    assert.match(wrong.reason, /^404 .*Data source not found/);
  });
});

interface Keys {
  accessKeyId: string;
  secretAccessKey: string;
  region: string;
  service: string;
}

/**
 * Whether a request has the signature that AWS calculates for it (Signature Version 4), computed here from its text.
 */
function isSigned({ method, path, query, body, headers }: StubRequest, keys: Keys): boolean {
  const [, date = '', names = '', signature] =
    /^AWS4-HMAC-SHA256 Credential=\w+\/(\d{8})\/\S+, SignedHeaders=([\w;-]+), Signature=([0-9a-f]{64})$/.exec(
      headers.authorization ?? '',
    ) ?? [];
  const encoded = (text: string): string =>
    encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
  const canonicalQuery = [...query]
    .map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
    .sort()
    .join('&');
  const signed = names.split(';').map((name) => `${name}:${String(headers[name]).trim()}\n`);
  const hashed = (text: string): string => createHash('sha256').update(text).digest('hex');
  const canonical = [method, path, canonicalQuery, signed.join(''), names, hashed(body)].join('\n');
  const scope = `${date}/${keys.region}/${keys.service}/aws4_request`;
  const text = ['AWS4-HMAC-SHA256', String(headers['x-amz-date']), scope, hashed(canonical)].join('\n');
  const key = scope
    .split('/')
    .reduce<Buffer>(
      (from, part) => createHmac('sha256', from).update(part).digest(),
      Buffer.from(`AWS4${keys.secretAccessKey}`),
    );
  return createHmac('sha256', key).update(text).digest('hex') === signature;
}

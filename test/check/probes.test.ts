import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile, chmod, readFile } from 'node:fs/promises';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { Server as GrpcServer, ServerCredentials } from '@grpc/grpc-js';
import { HealthImplementation } from 'grpc-health-check';
import { Redis } from 'ioredis';
import pg from 'pg';
import type { CheckResult } from '../../model/check.js';
import { certificateAuthority, type Authority } from '../support/certificates.js';
import { startPostgres, startRedis, type RunningServer } from '../support/database-servers.js';
import { look, outcomes } from '../support/look.js';
import { needs } from '../support/needs.js';

const LOOPBACK = '127.0.0.1';

async function listening(server: net.Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, LOOPBACK, resolve));
  return (server.address() as AddressInfo).port;
}

describe('checks of one’s own', function () {
  this.timeout(60_000);

  describe('by HTTP and TCP', () => {
    let port: number;
    const server = http.createServer((request, response) => {
      if (request.url === '/slow') return;
      if (request.url === '/moved') response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end();
      else if (request.url === '/broken') response.writeHead(503).end('<b>no</b>');
      else response.end(`all is well ${String(request.headers['x-probe'])}`);
    });
    before(async () => (port = await listening(server)));
    after(() => server.close().closeAllConnections());

    it('pass, and fail with what was answered', async () => {
      const at = (path: string) => `http://${LOOPBACK}:${port}${path}`;
      const results = await look([
        {
          id: 'ready',
          type: 'http',
          url: at('/ready'),
          contains: 'all is well abc',
          headers: { 'X-Probe': 'abc' },
        },
        { id: 'broken', type: 'http', url: at('/broken') },
        { id: 'moved', type: 'http', url: at('/moved'), statusBelow: 300 },
        { id: 'other text', type: 'http', url: at('/'), contains: 'nothing of the kind' },
        { id: 'slow', type: 'http', url: at('/slow'), timeoutSeconds: 0.2 },
        { id: 'port', type: 'tcp', target: `${LOOPBACK}:${port}` },
      ]);
      assert.deepEqual(outcomes(results), [
        ['ready', 'passed'],
        ['broken', 'failed'],
        ['moved', 'failed'],
        ['other text', 'failed'],
        ['slow', 'failed'],
        ['port', 'passed'],
      ]);
      assert.match(
        results[1]!.statement,
        new RegExp(`^${LOOPBACK}:${port}/broken answered 503 after [\\d.]+ m?s$`),
      );
      assert.equal(results[4]!.statement, 'no answer within 0.2 s');
    });

    it('say that nobody listens, which speaks for a service that is down', async () => {
      const closed = net.createServer();
      const free = await listening(closed);
      closed.close();
      const [result] = await look([{ id: 'port', type: 'tcp', target: `${LOOPBACK}:${free}` }]);
      assert.deepEqual(
        [result?.outcome, result?.statement, result?.speaksFor],
        ['failed', 'connection refused', 'dependency-down'],
      );
    });

    it('connect to nothing that is not allowed, and that is no failure of the service', async () => {
      const url = `http://localhost:${port}/ready`;
      const cases: [string[], CheckResult['outcome']][] = [
        [[], 'could-not-run'],
        [['localhost'], 'could-not-run'],
        [['*'], 'could-not-run'],
        [['localhost', '10.0.0.0/8'], 'could-not-run'],
        [[`${LOOPBACK}:1`, '[::1]:1'], 'could-not-run'],
        [['127.0.0.0/8', '::1'], 'passed'],
        [[`127.0.0.1:${port}`, `[::1]:${port}`], 'passed'],
      ];
      for (const [allow, expected] of cases) {
        const [result] = await look([{ id: 'ready', type: 'http', url }], allow);
        assert.ok(result);
        assert.equal(result.outcome, expected, `allow ${allow.join()}: ${result.statement}`);
        if (expected !== 'passed') assert.match(result.statement, /^checks\.allow does not allow localhost:/);
      }
      const metadata = { id: 'metadata', type: 'http', url: 'http://169.254.169.254/latest' };
      assert.equal((await look([metadata], ['*', '10.0.0.0/8']))[0]?.outcome, 'could-not-run');
    });
  });

  it('look names up, and call a name without an address a failure', async () => {
    const results = await look([
      { id: 'here', type: 'dns', hostname: 'localhost' },
      { id: 'nowhere', type: 'dns', hostname: 'nowhere.invalid' },
      { id: 'server', type: 'dns', hostname: 'localhost', server: '192.0.2.1' },
    ]);
    assert.deepEqual(outcomes(results), [
      ['here', 'passed'],
      ['nowhere', 'failed'],
      ['server', 'could-not-run'],
    ]);
    assert.match(results[0]!.statement, /^localhost resolves to (127\.0\.0\.1|::1)/);
    assert.match(results[1]!.statement, /nowhere\.invalid/);
  });

  describe('of certificates', () => {
    let authority: Authority;
    before(async function () {
      needs(this, 'openssl');
      authority = await certificateAuthority();
    });
    after(() => rm(authority.directory, { recursive: true, force: true }));

    it('tell one that is valid, that ends soon, that ended, that is of a stranger and that is for another name', async () => {
      const server = async (days: number) => {
        const { certFile, keyFile } = await authority.issue(`days${days}`, days);
        const tls = createTlsServer({ cert: await readFile(certFile), key: await readFile(keyFile) });
        tls.on('tlsClientError', () => undefined);
        return { tls, port: await listening(tls) };
      };
      const [long, short, ended] = [await server(30), await server(1), await server(-1)];
      try {
        const target = `${LOOPBACK}:${long.port}`;
        const { caFile } = authority;
        const results = await look([
          { id: 'valid', type: 'tls', target, caFile },
          { id: 'soon', type: 'tls', target: `${LOOPBACK}:${short.port}`, caFile },
          { id: 'ended', type: 'tls', target: `${LOOPBACK}:${ended.port}`, caFile },
          { id: 'stranger', type: 'tls', target },
          { id: 'name', type: 'tls', target, caFile, serverName: 'payment.example' },
          { id: 'no file', type: 'tls', target, caFile: '/nowhere/ca.pem' },
        ]);
        assert.deepEqual(outcomes(results), [
          ['valid', 'passed'],
          ['soon', 'failed'],
          ['ended', 'failed'],
          ['stranger', 'failed'],
          ['name', 'failed'],
          ['no file', 'could-not-run'],
        ]);
        assert.match(results[1]!.statement, /, in (1\.0|0\.\d) days$/);
        assert.match(results[2]!.statement, / ended on /);
      } finally {
        long.tls.close();
        short.tls.close();
        ended.tls.close();
      }
    });
  });

  it('ask the health service of a gRPC server', async () => {
    const health = new HealthImplementation({ '': 'SERVING', cart: 'NOT_SERVING' });
    const server = new GrpcServer();
    health.addToServer(server);
    const port = await new Promise<number>((resolve, reject) =>
      server.bindAsync(`${LOOPBACK}:0`, ServerCredentials.createInsecure(), (error, bound) =>
        error ? reject(error) : resolve(bound),
      ),
    );
    try {
      const target = `${LOOPBACK}:${port}`;
      const results = await look([
        { id: 'all', type: 'grpc', target },
        { id: 'cart', type: 'grpc', target, healthService: 'cart' },
      ]);
      assert.deepEqual(outcomes(results), [
        ['all', 'passed'],
        ['cart', 'failed'],
      ]);
      assert.equal(results[1]!.statement, `cart at ${target} says that it is NOT_SERVING`);
    } finally {
      server.forceShutdown();
    }
  });

  describe('of PostgreSQL', () => {
    let server: RunningServer;
    const open: pg.Client[] = [];
    before(async function () {
      this.timeout(300_000);
      server = await startPostgres(needs(this, 'initdb').initdb);
    });
    afterEach(() => Promise.all(open.splice(0).map((client) => client.end())));
    after(() => server.stop());

    const connect = async (application_name: string) => {
      const to = {
        host: LOOPBACK,
        port: server.port,
        user: 'postgres',
        database: 'postgres',
        application_name,
      };
      const client = new pg.Client(to);
      await client.connect();
      open.push(client);
      return client;
    };
    const check = (more: object = {}) => ({
      ...{ id: 'orders-db', type: 'postgres', target: `${LOOPBACK}:${server.port}` },
      ...{ database: 'postgres', user: 'postgres', ...more },
    });

    it('pass on one that is well', async () => {
      assert.deepEqual(outcomes(await look([check()])), [
        ['orders-db connections', 'passed'],
        ['orders-db locks', 'passed'],
        ['orders-db statements', 'passed'],
        ['orders-db vacuum', 'passed'],
      ]);
    });

    it('tell who holds a lock that others wait for, masked', async () => {
      const [holder, waiter] = [await connect('nightly-report'), await connect('orders')];
      await holder.query('create table orders (id int)');
      await holder.query('begin');
      await holder.query("lock table orders; select 'password=hunter2'");
      const waiting = waiter.query('select * from orders');
      // A lock that is held for a moment is no trouble.
      assert.equal((await look([check()]))[1]?.outcome, 'passed');
      await new Promise((resolve) => setTimeout(resolve, 5_500));
      const locks = (await look([check()]))[1]!;
      assert.equal(locks.outcome, 'failed');
      assert.match(
        locks.statement,
        /^1 session waits for a lock, the longest for [56](\.\d+)? s; nightly-report holds it/,
      );
      assert.match(locks.statement, /\(idle in transaction, transaction open for /);
      assert.ok(!locks.statement.includes('hunter2'), locks.statement);
      // Waits that were given up and begun again are short, and no less in trouble.
      const other = await connect('carts');
      const givenUp = assert.rejects(waiting, /canceling statement/);
      await other.query(
        "select pg_cancel_backend(pid) from pg_stat_activity where application_name = 'orders'",
      );
      await givenUp;
      const again = other.query('select * from orders');
      const young = (await look([check()]))[1]!;
      assert.equal(young.outcome, 'failed', young.statement);
      assert.equal(young.speaksFor, 'lock');
      await holder.query('rollback');
      await again;
    });

    it('tell that connections run out, and that none is left', async () => {
      for (let i = 0; i < 10; i += 1) await connect('pool');
      const [connections] = await look([check()]);
      assert.deepEqual(
        [connections?.outcome, connections?.statement, connections?.speaksFor],
        ['failed', '11 of 12 connections are in use', 'pool-saturation'],
      );
      for (let i = 0; i < 2; i += 1) await connect('pool');
      const [refused] = await look([check()]);
      assert.equal(refused?.outcome, 'failed');
      assert.match(refused.statement, /refuses new connections/);
    });

    it('tell of dead rows, of the size, and of statements that have become slow', async () => {
      const client = await connect('loader');
      await client.query('create table stock as select i as id from generate_series(1, 300000) i');
      await client.query('alter table stock set (autovacuum_enabled = off)');
      await client.query('delete from stock where id > 50000');
      await client.query('select pg_stat_force_next_flush()');
      await client.query('select 1');
      const of = async (aspect: string): Promise<CheckResult> =>
        (await look([check({ mostBytes: 10_000_000 })])).find((one) => one.check === `orders-db ${aspect}`)!;
      const vacuum = await of('vacuum');
      assert.equal(vacuum.outcome, 'failed', vacuum.statement);
      assert.match(
        vacuum.statement,
        /^public\.stock has 250 k dead rows beside 50 k live ones, never vacuumed$/,
      );
      const size = await of('size');
      assert.deepEqual([size.outcome, size.speaksFor], ['failed', 'disk'], size.statement);
      assert.match(size.statement, /^the database takes \d+(\.\d)? MiB of 9\.54 MiB$/);
      await client.query('create extension pg_stat_statements');
      await client.query(
        'create function work(t float8) returns void as $$ select pg_sleep(t) $$ language sql',
      );
      for (let i = 0; i < 30; i += 1) await client.query('select work(0.001)');
      assert.equal((await of('slow-statements')).outcome, 'passed');
      const slower = client.query('select work(0.5)');
      const slow = await of('slow-statements');
      await slower;
      assert.equal(slow.outcome, 'failed', slow.statement);
      assert.match(slow.statement, /^50\d ms instead of \d+(\.\d+)? ms on average: select work/);
    });

    it('do not blame the server for a login of the check that is refused', async () => {
      const [result] = await look([check({ database: 'nowhere' })]);
      assert.equal(result?.outcome, 'could-not-run');
      assert.match(result.statement, /"nowhere" does not exist/);
    });
  });

  describe('of Redis', () => {
    let server: RunningServer;
    before(async function () {
      this.timeout(300_000);
      const command = needs(this, 'redis-server')['redis-server'];
      server = await startRedis(
        command,
        '--maxmemory',
        '3mb',
        '--maxmemory-policy',
        'noeviction',
        '--maxclients',
        '50',
      );
    });
    after(() => server.stop());

    it('tell that memory is full', async () => {
      const check = { id: 'cart-cache', type: 'redis', target: `${LOOPBACK}:${server.port}` };
      assert.deepEqual(outcomes(await look([check])), [
        ['cart-cache memory', 'passed'],
        ['cart-cache clients', 'passed'],
        ['cart-cache persistence', 'passed'],
        ['cart-cache evictions', 'passed'],
        ['cart-cache slow-log', 'passed'],
      ]);
      const client = new Redis(server.port);
      try {
        for (let i = 0; i < 400; i += 1) await client.set(`key${i}`, 'x'.repeat(10_000));
      } catch (error) {
        assert.match(String(error), /OOM/);
      } finally {
        client.disconnect();
      }
      const [memory] = await look([check]);
      assert.deepEqual([memory?.outcome, memory?.speaksFor], ['failed', 'memory']);
      assert.match(memory!.statement, / of 3 MiB are used \(noeviction\)$/);
    });

    it('do not blame the server for a password that is refused', async () => {
      const check = {
        id: 'cart-cache',
        type: 'redis',
        target: `${LOOPBACK}:${server.port}`,
        user: 'faultline',
        password: 'wrong',
      };
      const results = await look([check]);
      assert.deepEqual(outcomes(results), [['cart-cache', 'could-not-run']]);
      assert.ok(!results[0]!.statement.includes('wrong '), results[0]!.statement);
    });
  });

  describe('by a program', () => {
    let directory: string;
    before(async () => (directory = await mkdtemp(join(tmpdir(), 'faultline-check-'))));
    after(() => rm(directory, { recursive: true }));

    async function program(body: string): Promise<CheckResult[]> {
      const file = join(directory, 'check.sh');
      await writeFile(file, `#!/bin/sh\n${body}\n`);
      await chmod(file, 0o755);
      return look([{ id: 'own', type: 'command', command: [file], timeoutSeconds: 2 }]);
    }

    it('take its answer, whatever it says of whichever aspect', async () => {
      const answer = {
        results: [
          {
            aspect: 'lag',
            outcome: 'failed',
            statement: '12,000 messages wait',
            speaksFor: 'pool-saturation',
          },
          { outcome: 'passed', statement: 'the broker answers' },
        ],
      };
      const results = await program(`cat > /dev/null; echo '${JSON.stringify(answer)}'`);
      assert.deepEqual(
        results.map(({ check, outcome, statement, speaksFor }) => [check, outcome, statement, speaksFor]),
        [
          ['own lag', 'failed', '12,000 messages wait', 'pool-saturation'],
          ['own', 'passed', 'the broker answers', null],
        ],
      );
    });

    it('give it the question and no secret of the worker', async () => {
      process.env['FAULTLINE_TEST_SECRET'] = 'abc';
      try {
        const results = await program(
          `read question; printf '{"results":[{"outcome":"passed","statement":"%s %s"}]}' "$(env | grep -c SECRET)" "$(echo $question | tr -d '"')"`,
        );
        assert.equal(results[0]?.statement, '0 {check:own,service:payment,timeoutMs:2000}');
      } finally {
        delete process.env['FAULTLINE_TEST_SECRET'];
      }
    });

    it('believe no program that fails, hangs, floods or answers something else', async () => {
      const bodies: [string, RegExp][] = [
        ['exit 3', /failed: exit code 3$/],
        ['sleep 10', /^no answer within 2 s$/],
        ['yes | head -c 1000000', /said more than 64 KiB$/],
        ['echo well', /expected JSON/],
        ['echo \'{"results":[]}\'', /results: /],
      ];
      for (const [body, reason] of bodies) {
        const [result] = await program(body);
        assert.equal(result?.outcome, 'could-not-run', body);
        assert.match(result.statement, reason);
      }
    });
  });
});

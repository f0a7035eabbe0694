import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import axios from 'axios';
import { Kafka, logLevel } from 'kafkajs';
import { createConnection, type Connection } from 'mysql2/promise';
import type { RunningServer } from '../support/database-servers.js';
import { look, outcomes } from '../support/look.js';
import {
  KAFKA_VERSION,
  startKafka,
  startMariadb,
  startRabbitmq,
  type RabbitServer,
} from '../support/servers-of-checks.js';

const HOST = '127.0.0.1';

describe('checks of a real MariaDB', () => {
  let server: RunningServer;
  const open: Connection[] = [];
  before(async () => {
    server = await startMariadb();
    const admin = await connect();
    await admin.query('create database shop');
    await admin.query('create table shop.orders (id int primary key, state varchar(20)) engine = innodb');
    await admin.query(`insert into shop.orders values (1, 'new')`);
    await admin.query(`create user limited identified by 'right'`);
    await admin.end();
    open.length = 0;
  });
  after(() => server.stop());
  afterEach(async () => {
    for (const connection of open.splice(0)) connection.destroy();
    await sleep(300);
  });

  const connect = async (): Promise<Connection> => {
    const connection = await createConnection({ host: HOST, port: server.port, user: 'root' });
    connection.on('error', () => undefined);
    open.push(connection);
    return connection;
  };
  const check = (more: object = {}) => ({
    ...{ id: 'orders-db', type: 'mysql', target: `${HOST}:${server.port}`, user: 'root', ...more },
  });

  it('pass where all is well', async () => {
    const results = await look([check()]);
    assert.deepEqual(outcomes(results), [
      ['orders-db connections', 'passed'],
      ['orders-db locks', 'passed'],
      ['orders-db statements', 'passed'],
    ]);
    assert.match(results[0]!.statement, /^\d+ of 12 connections are in use$/u);
  });

  it('tell who holds a row that another waits for', async () => {
    const [holder, waiter] = [await connect(), await connect()];
    await holder.query('start transaction');
    await holder.query(`update shop.orders set state = 'paid' where id = 1`);
    const waiting = waiter.query(`update shop.orders set state = 'sent' where id = 1`).catch(() => undefined);
    await sleep(6500);
    const [, locks] = await look([check()]);
    assert.equal(locks?.outcome, 'failed', locks?.statement);
    assert.match(
      locks.statement,
      /^1 session waits for a lock, the longest for [678] s; root@localhost:\d+ holds it \(Sleep, transaction open for [678] s\)/u,
    );
    await holder.query('rollback');
    await waiting;
  });

  it('tell who keeps a table from being altered', async () => {
    const [holder, waiter] = [await connect(), await connect()];
    await holder.query('start transaction');
    await holder.query('select * from shop.orders');
    const waiting = waiter.query('alter table shop.orders add column note int').catch(() => undefined);
    await sleep(6500);
    const [, locks] = await look([check()]);
    assert.equal(locks?.outcome, 'failed', locks?.statement);
    assert.match(locks.statement, /root@localhost:\d+ holds it \(Sleep/u);
    await holder.query('commit');
    await waiting;
  });

  it('tell that connections run out, and that none is left', async () => {
    for (let i = 0; i < 11; i += 1) await connect();
    const [connections] = await look([check()]);
    assert.deepEqual([connections?.outcome, connections?.speaksFor], ['failed', 'pool-saturation']);
    // One more is kept for administrators, whom `root` is one of.
    await connect();
    await connect();
    const [refused] = await look([check()]);
    assert.equal(refused?.outcome, 'failed');
    assert.match(refused.statement, /refuses new connections/u);
  });

  it('tell that replication has stopped', async () => {
    const admin = await connect();
    await admin.query(`change master to master_host = '${HOST}', master_port = 1, master_user = 'nobody'`);
    const replication = (await look([check()])).find((one) => one.check.endsWith('replication'));
    assert.equal(replication?.outcome, 'failed');
    assert.equal(replication.statement, 'replication has stopped (IO and SQL)');
    await admin.query('reset slave all');
  });

  it('do not blame the server for a login that is refused', async () => {
    const [result] = await look([check({ user: 'limited', password: 'wrong' })]);
    assert.equal(result?.outcome, 'could-not-run');
    assert.match(result.statement, /Access denied/u);
  });

  it('tell what an account without rights cannot see', async () => {
    const results = await look([check({ user: 'limited', password: 'right' })]);
    assert.deepEqual(outcomes(results), [
      ['orders-db connections', 'passed'],
      ['orders-db locks', 'could-not-run'],
    ]);
  });
});

describe('checks of a real RabbitMQ', () => {
  let server: RabbitServer;
  const auth = { username: 'guest', password: 'guest' };
  const put = (path: string, body: object) =>
    axios.put(`${server.url}/api/${path}`, body, { auth, proxy: false });
  before(async () => (server = await startRabbitmq()));
  after(() => server.stop());
  const check = (more: object = {}) => ({
    ...{
      id: 'broker',
      type: 'rabbitmq',
      url: server.url,
      user: 'guest',
      password: 'guest',
      mostMessages: 20,
      ...more,
    },
  });

  it('pass where all is well', async () => {
    assert.deepEqual(outcomes(await look([check()])), [
      ['broker alarms', 'passed'],
      ['broker depth', 'passed'],
      ['broker consumers', 'passed'],
    ]);
  });

  it('tell of a queue that fills and that nobody reads', async () => {
    await put('queues/%2F/orders', { durable: true });
    for (let i = 0; i < 25; i += 1) {
      const message = { properties: {}, routing_key: 'orders', payload: 'x', payload_encoding: 'string' };
      await axios.post(`${server.url}/api/exchanges/%2F/amq.default/publish`, message, {
        auth,
        proxy: false,
      });
    }
    // Statistics of queues come every five seconds.
    await sleep(7000);
    const [, depth, consumers] = await look([check()]);
    assert.deepEqual(
      [depth?.outcome, depth?.statement],
      ['failed', '25 messages in orders (0 consumers), the fullest of 1 queue'],
    );
    assert.deepEqual(
      [consumers?.outcome, consumers?.statement],
      ['failed', 'orders: messages and no consumer'],
    );
  });

  it('tell of an alarm that blocks publishers', async () => {
    await server.control('set_vm_memory_high_watermark', '0.000001');
    await sleep(7000);
    const [alarms] = await look([check()]);
    assert.deepEqual([alarms?.outcome, alarms?.speaksFor], ['failed', 'memory'], alarms?.statement);
    assert.match(alarms!.statement, /is short of memory and blocks publishers$/u);
  });

  it('do not blame the broker for a login that is refused, or a virtual host that is not there', async () => {
    for (const wrong of [{ password: 'wrong' }, { vhost: 'nowhere' }]) {
      const [result] = await look([check(wrong)]);
      assert.equal(result?.outcome, 'could-not-run', JSON.stringify(wrong));
    }
  });
});

describe(`checks of a real Kafka ${KAFKA_VERSION}`, () => {
  let server: Awaited<ReturnType<typeof startKafka>>;
  before(async () => (server = await startKafka()));
  after(() => server.stop());
  const check = (more: object = {}) => ({
    ...{ id: 'events', type: 'kafka', brokers: [`${HOST}:${server.port}`], ...more },
  });
  const client = () => new Kafka({ brokers: [`${HOST}:${server.port}`], logLevel: logLevel.NOTHING });

  it('pass where all is well, and cannot tell the lag of a group that is not there', async () => {
    const admin = client().admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic: 'orders', numPartitions: 2 }] });
    await admin.disconnect();
    assert.deepEqual(outcomes(await look([check()])), [
      ['events leaders', 'passed'],
      ['events replicas', 'passed'],
    ]);
    const none = (await look([check({ group: 'nobody' })]))[2];
    assert.equal(none?.outcome, 'could-not-run', none?.statement);
  });

  it('tell how far a group is behind, and that it has no member', async () => {
    const producer = client().producer();
    await producer.connect();
    const messages = Array.from({ length: 40 }, (_, i) => ({ value: String(i), partition: 0 }));
    await producer.send({ topic: 'orders', messages });
    await producer.disconnect();
    const admin = client().admin();
    await admin.connect();
    await admin.setOffsets({
      groupId: 'shipping',
      topic: 'orders',
      partitions: [{ partition: 0, offset: '5' }],
    });
    await admin.disconnect();
    const lag = (await look([check({ group: 'shipping', mostLag: 30 })])).find(
      (one) => one.check === 'events lag',
    );
    assert.deepEqual(
      [lag?.outcome, lag?.statement, lag?.speaksFor],
      [
        'failed',
        'group shipping (0 members) is 35 messages behind, most in orders-0 (35)',
        'dependency-down',
      ],
    );
  });

  it('connect to nothing that a broker names and that is not allowed', async () => {
    const [result] = await look([check()], [`${HOST}:1`]);
    assert.equal(result?.outcome, 'could-not-run');
    assert.match(result.statement, /^checks\.allow does not allow/u);
  });

  it('tell that it does not answer', async () => {
    server.freeze();
    const [result] = await look([check({ timeoutSeconds: 2 })]);
    assert.equal(result?.outcome, 'failed');
    assert.match(result.statement, /no answer within 2 s|time/iu);
  });
});

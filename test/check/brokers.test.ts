import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { look, outcomes } from '../support/look.js';

/** What the management plugin of RabbitMQ 3.10.8 answered, in the states that the names say. */
const answers = JSON.parse(
  readFileSync(new URL('../fixtures/checks/rabbitmq-3.10.8.json', import.meta.url), 'utf8'),
) as Record<'calm' | 'full' | 'blocked', { nodes: unknown; queues: unknown }>;

describe('checks of RabbitMQ, by recorded answers', () => {
  let state: keyof typeof answers = 'calm';
  let status = 200;
  const asked: string[] = [];
  const server = http.createServer((request, response) => {
    asked.push(`${request.url} ${request.headers.authorization}`);
    const { nodes, queues } = answers[state];
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(request.url!.startsWith('/api/nodes') ? nodes : queues));
  });
  before(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
  after(() => server.close());
  const run = () =>
    look([
      {
        ...{
          id: 'broker',
          type: 'rabbitmq',
          url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
        },
        ...{ user: 'monitor', password: 'right', mostMessages: 20 },
      },
    ]);

  it('pass where all is well, and ask for the fullest queues alone', async () => {
    assert.deepEqual(outcomes(await run()), [
      ['broker alarms', 'passed'],
      ['broker depth', 'passed'],
      ['broker consumers', 'passed'],
    ]);
    const login = `Basic ${Buffer.from('monitor:right').toString('base64')}`;
    assert.ok(
      asked.every((one) => one.endsWith(login)),
      asked.join(),
    );
    assert.ok(
      asked.some((one) =>
        one.startsWith('/api/queues/%2F?page=1&page_size=100&sort=messages&sort_reverse=true'),
      ),
    );
  });

  it('tell of a queue that fills without a consumer, and of an alarm', async () => {
    state = 'full';
    const [, depth, consumers] = await run();
    assert.match(depth!.statement, /^25 messages in orders \(0 consumers\), the fullest of 1 queue$/);
    assert.deepEqual(
      [consumers?.outcome, consumers?.statement],
      ['failed', 'orders: messages and no consumer'],
    );
    state = 'blocked';
    const [alarms] = await run();
    assert.deepEqual([alarms?.outcome, alarms?.speaksFor], ['failed', 'memory']);
  });

  it('are not concluded from a refusal, and a broken plugin is trouble', async () => {
    status = 401;
    assert.equal((await run())[0]?.outcome, 'could-not-run');
    status = 500;
    assert.equal((await run())[0]?.outcome, 'failed');
    status = 200;
  });
});

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import type { LoadedConfig } from '../../config/load.js';
import { configSchema } from '../../config/schema.js';
import { startDevServer } from '../../workers/dev/dev-server.js';
import { choosePort, DEV_PORTS } from '../../workers/dev/ports.js';
import { startStack, type Stack } from '../../workers/stack.js';

const HOST = '127.0.0.1';
const log = pino({ level: 'silent' });

describe('the stack of faultline dev', function () {
  this.timeout(120_000);
  let directory: string;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'faultline-stack-'));
  });
  after(() => rm(directory, { recursive: true, force: true }));

  /** Free ports everywhere, unless the test says otherwise. */
  function settings(ports: { dev?: object; webhook?: object; worker?: object } = {}): LoadedConfig {
    const config = configSchema.parse({
      metrics: { type: 'prometheus', url: `http://${HOST}:9` },
      dev: { temporalPort: 0, uiPort: 0 },
      webhook: { port: 0 },
      worker: { port: 0 },
      store: { directory: join(directory, 'store') },
      record: { enabled: false },
      ...ports,
    });
    return { config, file: null, directory, secrets: [] };
  }

  /** What the worker says of itself once it is ready: a server learns of a poller by its poll, a little later. */
  async function untilReady({ healthUrl }: Stack): Promise<unknown> {
    for (;;) {
      const answer = await fetch(`${healthUrl}/readyz`);
      if (answer.status === 200) return answer.json();
      await sleep(100);
    }
  }

  it('ends with the reason when its Temporal server dies, and leaves nothing running', async () => {
    const stack = await startStack({ loaded: settings(), log, durable: false });
    try {
      assert.ok(stack.temporal.pid !== null);
      process.kill(stack.temporal.pid, 'SIGKILL');
      await assert.rejects(stack.ended, {
        message: new RegExp(`^the Temporal server at ${stack.temporal.address} has ended by itself`),
      });
    } finally {
      await stack.stop();
    }
    await assert.rejects(fetch(`${stack.webhookUrl}/healthz`), TypeError);
    await assert.rejects(fetch(`${stack.healthUrl}/healthz`), TypeError);
  });

  it('starts beside another Temporal dev server, on other ports that it announces', async () => {
    // Where another dev server runs on this machine already, the default port is taken as well.
    const blocker = await listen(DEV_PORTS.temporal).catch(() => null);
    try {
      const lines: string[] = [];
      const loaded = settings({ dev: {} });
      const stack = await startStack({ loaded, log, durable: false, announce: (line) => lines.push(line) });
      try {
        const port = stack.temporal.address.split(':')[1]!;
        assert.notEqual(port, String(DEV_PORTS.temporal));
        assert.equal(
          lines[0],
          `Port 7233 on ${HOST} is taken: the Temporal server uses ${port} instead (dev.temporalPort sets it).`,
        );
        await untilReady(stack);
      } finally {
        await stack.stop();
      }
    } finally {
      blocker?.close();
    }
  });

  it('uses the Temporal server that it is told of, and leaves it running', async () => {
    const server = await startDevServer({ log, ui: false });
    try {
      const running = { TEMPORAL_ADDRESS: server.address, TEMPORAL_NAMESPACE: server.namespace };
      const stack = await startStack({ loaded: settings(), log, durable: false, running });
      assert.deepEqual(stack.temporal, {
        address: server.address,
        namespace: server.namespace,
        uiUrl: null,
        pid: null,
      });
      assert.deepEqual(await untilReady(stack), { status: 'ready', checks: { temporal: 'ok', store: 'ok' } });
      await stack.stop();
      process.kill(server.pid, 0);
    } finally {
      await server.stop();
    }
  });

  it('refuses a port that was set and is taken, before it starts anything', async () => {
    const other = await listen(0);
    const { port } = other.address() as AddressInfo;
    try {
      await assert.rejects(startStack({ loaded: settings({ webhook: { port } }), log, durable: false }), {
        message: `webhook.port: port ${port} on ${HOST}, for the webhook receiver, is taken; choose another one, or 0 for any free port`,
      });
    } finally {
      other.close();
    }
  });
});

describe('choosing a port', () => {
  const choice = { purpose: 'the test', setting: 'test.port', host: HOST };

  it('takes the next free one where the default is taken, and announces it', async () => {
    const other = await listen(0);
    const { port } = other.address() as AddressInfo;
    const lines: string[] = [];
    const announce = (line: string): void => void lines.push(line);
    try {
      const chosen = await choosePort({ ...choice, port, byDefault: port, announce });
      assert.notEqual(chosen, port);
      assert.deepEqual(lines, [
        `Port ${port} on ${HOST} is taken: the test uses ${chosen} instead (test.port sets it).`,
      ]);
    } finally {
      other.close();
    }
  });
});

async function listen(port: number): Promise<Server> {
  const server = createServer().listen(port, HOST);
  await once(server, 'listening');
  return server;
}

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import getPort from 'get-port';
import { pino } from 'pino';
import type { LoadedConfig } from '../../config/load.js';
import { configSchema } from '../../config/schema.js';
import { startStack } from '../../workers/stack.js';

const HOST = '127.0.0.1';
const log = pino({ level: 'silent' });

describe('the stack of faultline dev', function () {
  this.timeout(90_000);
  let directory: string;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'faultline-stack-'));
  });
  after(() => rm(directory, { recursive: true, force: true }));

  function settings(port: number): LoadedConfig {
    const config = configSchema.parse({
      metrics: { type: 'prometheus', url: `http://${HOST}:9` },
      webhook: { port },
      store: { directory: join(directory, 'store') },
    });
    return { config, file: null, directory, secrets: [] };
  }

  it('ends with the reason when its Temporal server dies, and leaves nothing running', async () => {
    const loaded = settings(await getPort({ host: HOST }));
    const stack = await startStack({ loaded, log, durable: false });
    try {
      process.kill(stack.temporal.pid, 'SIGKILL');
      await assert.rejects(stack.ended, {
        message: new RegExp(`^the Temporal server at ${stack.temporal.address} has ended by itself`),
      });
    } finally {
      await stack.stop();
    }
    await assert.rejects(fetch(`${stack.webhookUrl}/healthz`), TypeError);
  });

  it('refuses a port that is taken before it starts anything', async () => {
    const holder = createServer().listen(0, HOST);
    await once(holder, 'listening');
    const address = holder.address();
    const port = typeof address === 'object' && address !== null ? address.port : NaN;
    try {
      await assert.rejects(startStack({ loaded: settings(port), log, durable: false }), {
        message: new RegExp(
          `^port ${port} on ${HOST}, for the webhook receiver, is taken: .*, or choose another webhook.port$`,
        ),
      });
    } finally {
      holder.close();
    }
  });
});

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { execa } from 'execa';
import { pino } from 'pino';
import { startDevServer, type DevServer, type DevServerOptions } from '../../workers/dev/dev-server.js';
import { uniqueName } from '../support/dev-server.js';

const log = pino({ level: 'silent' });
const OWNER_PROGRAM = fileURLToPath(new URL('./own-a-dev-server.ts', import.meta.url));

describe('the embedded dev server', function () {
  // Several servers one after another; the first of them may have to be fetched.
  this.timeout(200_000);
  let folder: string;
  let dbFile: string;
  let servers: DevServer[];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'faultline-dev-'));
    dbFile = join(folder, 'state', 'temporal.db');
    servers = [];
  });
  afterEach(async () => {
    await Promise.all(servers.map((server) => server.stop()));
    await rm(folder, { recursive: true, force: true });
  });

  async function start(options: Partial<DevServerOptions> = {}): Promise<DevServer> {
    const server = await startDevServer({ log, ui: false, ...options });
    servers.push(server);
    return server;
  }

  it('serves a web UI that asks nobody for news', async () => {
    const { uiUrl } = await start({ ui: true });
    const settings = await fetch(`${uiUrl}/api/v1/settings`);
    assert.deepEqual(
      {
        status: settings.status,
        news: ((await settings.json()) as { DisableNewsFetch: boolean }).DisableNewsFetch,
      },
      { status: 200, news: true },
    );
  });

  it('makes the namespace that it is asked for', async () => {
    const { address, namespace } = await start({ namespace: 'incidents' });
    assert.equal(namespace, 'incidents');
    await startRun({ address, namespace });
  });

  it('keeps runs in its file over a restart, for thirty days', async () => {
    const first = await start({ dbFile });
    const workflowId = await startRun(first);
    await first.stop();
    const second = await start({ dbFile });
    assert.equal(await statusOf(second, workflowId), 'RUNNING');
    const connection = await Connection.connect({ address: second.address });
    const { config } = await connection.workflowService.describeNamespace({ namespace: 'default' });
    await connection.close();
    assert.equal(Number(config?.workflowExecutionRetentionTtl?.seconds), 30 * 86_400);
  });

  it('tells when its server was killed, and keeps the runs of that one too', async () => {
    const first = await start({ dbFile });
    const workflowId = await startRun(first);
    process.kill(first.pid, 'SIGKILL');
    assert.equal((await first.ended).expected, false);
    assert.equal(await statusOf(await start({ dbFile }), workflowId), 'RUNNING');
  });

  it('tells a stop that was asked for from one that was not', async () => {
    const server = await start();
    await server.stop();
    await server.stop();
    assert.equal((await server.ended).expected, true);
  });

  it('refuses a second server on the same file, and names who has it', async () => {
    const first = await start({ dbFile });
    await assert.rejects(start({ dbFile }), (error: Error) => {
      assert.ok(error.message.includes(`${dbFile} is in use by process ${process.pid}`), error.message);
      assert.ok(error.message.includes(first.address), error.message);
      return true;
    });
    await first.stop();
    await start({ dbFile });
  });

  it('says that a port is taken, and leaves the file free', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    try {
      await assert.rejects(
        start({ dbFile, port }),
        new RegExp(`did not start: .*frontend port ${port}: .*address already in use`),
      );
    } finally {
      other.close();
    }
    await start({ dbFile });
  });

  it('says why a program that is no server did not start', async () => {
    const binary = { path: join(folder, 'nothing'), source: 'test', version: '1.9.1' };
    await assert.rejects(start({ binary }), /nothing could not be started: .*ENOENT/);
  });

  for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
    it(`ends with its owner, also by ${signal}, and the file can be used again`, async () => {
      const owner = execa(process.execPath, [...process.execArgv, OWNER_PROGRAM, dbFile], {
        reject: false,
        stderr: 'inherit',
      });
      const [line] = (await once(owner.stdout, 'data')) as [Buffer];
      const server = JSON.parse(line.toString()) as { pid: number; address: string };
      const workflowId = await startRun({ address: server.address, namespace: 'default' });

      owner.kill(signal);
      await owner;
      assert.equal(await endsWithin(server.pid, 5000), true, `server ${server.pid} outlived its owner`);
      assert.equal(await statusOf(await start({ dbFile }), workflowId), 'RUNNING');
    });
  }
});

async function startRun(server: Pick<DevServer, 'address' | 'namespace'>): Promise<string> {
  const workflowId = uniqueName('run');
  await withClient(server, (client) =>
    client.workflow.start('none', { workflowId, taskQueue: uniqueName('queue') }),
  );
  return workflowId;
}

async function statusOf(server: DevServer, workflowId: string): Promise<string> {
  return withClient(
    server,
    async (client) => (await client.workflow.getHandle(workflowId).describe()).status.name,
  );
}

async function withClient<T>(
  { address, namespace }: Pick<DevServer, 'address' | 'namespace'>,
  use: (client: Client) => Promise<T>,
): Promise<T> {
  const connection = await Connection.connect({ address });
  try {
    return await use(new Client({ connection, namespace }));
  } finally {
    await connection.close();
  }
}

async function endsWithin(pid: number, ms: number): Promise<boolean> {
  const deadline = Date.now() + ms;
  while (Date.now() < deadline) {
    try {
      process.kill(pid, 0);
    } catch {
      return true;
    }
    await sleep(50);
  }
  return false;
}

import { chown, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import getPort from 'get-port';
import { Redis } from 'ioredis';
import pg from 'pg';

export interface RunningServer {
  port: number;
  stop(): Promise<void>;
}

/**
 * A PostgreSQL server with an empty folder of its own; user `postgres` needs no password, `limited` has one.
 * @param initdb its command, as `needs` answers it
 */
export async function startPostgres(initdb: string): Promise<RunningServer> {
  const bin = dirname((await execa('sh', ['-c', `readlink -f "$(command -v ${initdb})"`])).stdout);
  const directory = await mkdtemp(join(tmpdir(), 'faultline-postgres-'));
  const user = await serverUser();
  if (user) await chown(directory, user.uid, user.gid);
  const data = join(directory, 'data');
  await execa(join(bin, 'initdb'), ['-D', data, '-U', 'postgres', '-A', 'trust', '--no-sync'], { ...user });
  const port = await getPort();
  const settings = {
    port,
    listen_addresses: '127.0.0.1',
    max_connections: 12,
    unix_socket_directories: directory,
  };
  const more = {
    shared_preload_libraries: 'pg_stat_statements',
    superuser_reserved_connections: 1,
    fsync: 'off',
  };
  const flags = Object.entries({ ...settings, ...more }).flatMap(([name, value]) => [
    '-c',
    `${name}=${value}`,
  ]);
  const server = execa(join(bin, 'postgres'), ['-D', data, ...flags], { ...user, reject: false });
  const stop = async (): Promise<void> => {
    server.kill('SIGINT');
    await server;
    await rm(directory, { recursive: true, force: true });
  };
  for (;;) {
    const client = new pg.Client({ host: '127.0.0.1', port, user: 'postgres', database: 'postgres' });
    try {
      await client.connect();
      await client.end();
      return { port, stop };
    } catch {
      if (server.exitCode !== null) throw new Error((await server).stderr);
      await sleep(100);
    }
  }
}

/** A PostgreSQL server refuses to run as root. */
async function serverUser(): Promise<{ uid: number; gid: number } | null> {
  if (process.getuid?.() !== 0) return null;
  const id = async (flag: string) => Number((await execa('id', [flag, 'postgres'])).stdout);
  return { uid: await id('-u'), gid: await id('-g') };
}

/** A Redis server that keeps nothing on disk. */
export async function startRedis(command: string, ...flags: string[]): Promise<RunningServer> {
  const port = await getPort();
  const server = execa(command, ['--port', String(port), '--save', '', ...flags], { reject: false });
  const client = new Redis(port, { retryStrategy: () => 100, maxRetriesPerRequest: null });
  client.on('error', () => undefined);
  await client.ping();
  client.disconnect();
  return {
    port,
    stop: async () => {
      server.kill('SIGKILL');
      await server;
    },
  };
}

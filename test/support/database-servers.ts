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

/** A PostgreSQL that is ready to be started. */
export interface PreparedPostgres {
  program: string;
  args: string[];
  /** Who runs it. */
  user: { uid: number; gid: number } | null;
  port: number;
  /** Deletes its folder. */
  remove(): Promise<void>;
}

/**
 * Makes an empty folder for a PostgreSQL server, in which user `postgres` needs no password.
 * @param initdb its command, as `needs` answers it
 * @param more settings beside the usual ones
 */
export async function preparePostgres(initdb: string, more: Settings = {}): Promise<PreparedPostgres> {
  const bin = dirname((await execa('sh', ['-c', `readlink -f "$(command -v ${initdb})"`])).stdout);
  const directory = await mkdtemp(join(tmpdir(), 'faultline-postgres-'));
  const user = await serverUser();
  if (user) await chown(directory, user.uid, user.gid);
  const data = join(directory, 'data');
  await execa(join(bin, 'initdb'), ['-D', data, '-U', 'postgres', '-A', 'trust', '--no-sync'], { ...user });
  const port = await getPort();
  const settings = {
    ...{ port, listen_addresses: '127.0.0.1', unix_socket_directories: directory },
    ...{ max_connections: 12, superuser_reserved_connections: 1, fsync: 'off' },
    ...{ shared_preload_libraries: 'pg_stat_statements', ...more },
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const remove = () => rm(directory, { recursive: true, force: true });
  return { program: join(bin, 'postgres'), args: ['-D', data, ...flags], user, port, remove };
}

type Settings = Record<string, string | number>;

/** Waits for the first connection. @throws what `failed` answers when it answers something */
export async function untilPostgresAnswers(port: number, failed: () => Promise<Error | null>): Promise<void> {
  for (;;) {
    const client = new pg.Client({ host: '127.0.0.1', port, user: 'postgres', database: 'postgres' });
    try {
      await client.connect();
      await client.end();
      return;
    } catch {
      const error = await failed();
      if (error) throw error;
      await sleep(100);
    }
  }
}

/**
 * A PostgreSQL server with an empty folder of its own; user `postgres` needs no password, `limited` has one.
 * @param initdb its command, as `needs` answers it
 */
export async function startPostgres(initdb: string): Promise<RunningServer> {
  const { program, args, user, port, remove } = await preparePostgres(initdb);
  const server = execa(program, args, { ...user, reject: false });
  const stop = async (): Promise<void> => {
    server.kill('SIGINT');
    await server;
    await remove();
  };
  await untilPostgresAnswers(port, async () =>
    server.exitCode === null ? null : new Error((await server).stderr),
  );
  return { port, stop };
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

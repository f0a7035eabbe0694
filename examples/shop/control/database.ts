import { createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import pg from 'pg';
import { preparePostgres, untilPostgresAnswers } from '../../../test/support/database-servers.js';
import { findProgram, letGo, onLeash } from './leash.js';

/** Debian keeps the programs of the server away from PATH. */
const INITDB = ['initdb', ...[15, 16, 17].map((version) => `/usr/lib/postgresql/${version}/bin/initdb`)];
const PRODUCTS = 100;
/** Sessions of the service, of a check, and one that forgets to commit. */
const CONNECTIONS = 30;

/** The real PostgreSQL below the shop's database service. */
export interface Database {
  port: number;
  /** A report that takes the table for itself and forgets to end its transaction. */
  lock: () => Promise<void>;
  unlock: () => Promise<void>;
  pids: () => number[];
  stop: () => Promise<void>;
}

/**
 * Starts PostgreSQL with the table of the shop. What it writes becomes lines of the service `database`.
 * @throws Error that says how to install it when it is not there
 */
export async function startDatabase(logsFile: string): Promise<Database> {
  const initdb = await findProgram(INITDB, 'apt-get install -y postgresql');
  const { program, args, user, port, remove } = await preparePostgres(initdb, {
    ...{ max_connections: CONNECTIONS, log_lock_waits: 'on', log_line_prefix: '' },
  });
  const server = onLeash(program, args, { ...user, stdout: 'ignore', stderr: 'pipe', buffer: false }, 'INT');
  const lines = server.stderr ? createInterface({ input: server.stderr }) : null;
  const logs = createWriteStream(logsFile, { flags: 'a' });
  lines?.on('line', (line) => logs.write(`${JSON.stringify(logLine(line))}\n`));
  let ended: Error | null = null;
  server.catch((error: unknown) => (ended = error as Error));
  let holder: pg.Client | null = null;
  const unlock = async (): Promise<void> => {
    await holder?.end();
    holder = null;
  };
  await untilPostgresAnswers(port, () => Promise.resolve(ended));
  const owner = session(port, 'owner');
  await owner.connect();
  await owner.query('create table stock (product int primary key, sold int not null default 0)');
  await owner.query(`insert into stock select generate_series(1, ${PRODUCTS})`);
  await owner.end();
  return {
    port,
    lock: async () => {
      await unlock();
      holder = session(port, 'nightly-report');
      holder.on('error', () => undefined);
      await holder.connect();
      await holder.query('begin');
      await holder.query('lock table stock in exclusive mode');
    },
    unlock,
    pids: () => (server.pid !== undefined && server.exitCode === null ? [server.pid] : []),
    stop: async () => {
      await unlock();
      await letGo(server);
      logs.end();
      await remove();
    },
  };
}

const session = (port: number, name: string): pg.Client =>
  new pg.Client({
    ...{ host: '127.0.0.1', port, user: 'postgres', database: 'postgres', application_name: name },
  });

/** PostgreSQL's own words for how bad it is, at the start of its lines. */
function logLine(line: string): object {
  const [, severity = 'LOG', message = line] = /^([A-Z]+): {2}(.*)$/.exec(line) ?? [];
  const level = severity === 'ERROR' || severity === 'FATAL' ? 'error' : 'info';
  return { level, time: Date.now(), service: 'database', message };
}

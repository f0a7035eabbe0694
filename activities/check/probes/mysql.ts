import net from 'node:net';
import { createConnection, type Connection, type RowDataPacket } from 'mysql2/promise';
import { count, quantity } from '../../../model/wording.js';
import { CannotCheck } from './guard.js';
import {
  hostAndPort,
  LONG_REPLICATION_LAG_SECONDS,
  LONG_WAIT_SECONDS,
  longestStatement,
  MANY_CONNECTIONS,
  type Probe,
  type Seen,
} from './probe.js';

const LONGEST_STATEMENT = 120;

/** Refused credentials, or a role that may not see this: the check's trouble and not the server's. */
const REFUSED_LOGIN = new Set([
  'ER_ACCESS_DENIED_ERROR',
  'ER_DBACCESS_DENIED_ERROR',
  'ER_SPECIFIC_ACCESS_DENIED_ERROR',
]);
/** The server has no connection left. */
const REFUSED_CONNECTION = new Set(['ER_CON_COUNT_ERROR', 'ER_TOO_MANY_USER_CONNECTIONS']);

/** Looks at connections, locks and who holds them, long statements and replication of MySQL or MariaDB. Reads only. */
export const mysqlProbe: Probe<'mysql'> = async (check, { guard, timeoutMs }) => {
  const { host, port, address } = await guard.endpoint(...hostAndPort(check.target));
  let connection: Connection | null = null;
  try {
    connection = await createConnection({
      ...{ host, port, user: check.user, password: check.password ?? '', connectTimeout: timeoutMs },
      // To the address that was allowed; the certificate is for the name.
      stream: () => net.connect({ host: address, port }),
      ...(check.tls && { ssl: {} }),
    });
    // It is thrown by what waits for an answer as well.
    connection.on('error', () => undefined);
    await connection.query('set session transaction read only');
    return [
      await connections(connection),
      ...(await sessions(connection)),
      ...(await replication(connection)),
    ];
  } catch (error) {
    const { code = '', message } = error as { code?: string; message: string };
    if (REFUSED_CONNECTION.has(code)) {
      const statement = `${host}:${port} refuses new connections: ${message}`;
      return [{ aspect: 'connections', failed: true, statement, speaksFor: 'pool-saturation' }];
    }
    if (REFUSED_LOGIN.has(code)) throw new CannotCheck(message);
    throw error;
  } finally {
    connection?.destroy();
  }
};

async function rowsOf<Row>(connection: Connection, sql: string): Promise<Row[]> {
  const [rows] = await connection.query<RowDataPacket[]>(sql);
  return rows as Row[];
}

async function connections(connection: Connection): Promise<Seen> {
  const status = await rowsOf<{ Value: string }>(connection, `show global status like 'Threads_connected'`);
  const [limit] = await rowsOf<{ most: number }>(connection, 'select @@global.max_connections as most');
  const [used, most] = [Number(status[0]?.Value), limit!.most];
  return {
    aspect: 'connections',
    failed: used >= MANY_CONNECTIONS * most,
    statement: `${used} of ${most} connections are in use`,
    speaksFor: 'pool-saturation',
  };
}

/** Without the right PROCESS an account sees no session but its own: that nobody waits would be a guess. */
async function sessions(connection: Connection): Promise<Seen[]> {
  try {
    return [await locks(connection), await statements(connection)];
  } catch (error) {
    if ((error as { code?: string }).code !== 'ER_SPECIFIC_ACCESS_DENIED_ERROR') throw error;
    const statement = 'the account has not the right PROCESS, without which it sees its own session alone';
    return [{ aspect: 'locks', failed: null, statement, speaksFor: null }];
  }
}

/**
 * A session that waits, and the transaction that it waits for: of rows by InnoDB's own table. What holds the metadata
 * of a table is another transaction that has been open longest, as no server tells by default.
 */
async function locks(connection: Connection): Promise<Seen> {
  const rows = await waitingFor(connection);
  const metadata = await rowsOf<{ seconds: number }>(
    connection,
    `select time as seconds from information_schema.processlist where state like 'Waiting for table %lock'
      order by time desc`,
  );
  const waiting = rows.length + metadata.length;
  if (waiting === 0) {
    return { aspect: 'locks', failed: false, statement: 'no session waits for a lock', speaksFor: null };
  }
  const longest = Math.max(...[...rows, ...metadata].map(({ seconds }) => seconds));
  const holder = rows[0]?.holder ?? null;
  const isHolder =
    holder === null
      ? `trx_mysql_thread_id <> connection_id() and p.state not like 'Waiting for%'`
      : `trx_mysql_thread_id = ${holder}`;
  const [held] = await rowsOf<Holder>(
    connection,
    `select coalesce(p.user, '?') as who, coalesce(p.host, '?') as client, p.command as state,
            timestampdiff(second, trx_started, now()) as age,
            left(coalesce(p.info, ''), ${LONGEST_STATEMENT}) as statement
       from information_schema.innodb_trx left join information_schema.processlist p on p.id = trx_mysql_thread_id
      where ${isHolder}
      order by trx_started limit 1`,
  );
  const waits = `${count(waiting, 'session')} ${waiting === 1 ? 'waits' : 'wait'} for a lock`;
  return {
    aspect: 'locks',
    failed: longest >= LONG_WAIT_SECONDS,
    statement: `${waits}, the longest for ${quantity(longest, 's')}${held === undefined ? '' : holderWords(held)}`,
    speaksFor: null,
  };
}

interface Holder {
  who: string;
  client: string;
  state: string | null;
  age: number;
  statement: string;
}

function holderWords({ who, client, state, age, statement }: Holder): string {
  const open = `${state ?? 'unknown'}, transaction open for ${quantity(age, 's')}`;
  return `; ${who}@${client} holds it (${open})${statement === '' ? '' : `: ${statement}`}`;
}

/** MySQL 8 has moved to another place what MariaDB and MySQL 5.7 tell of who waits for whom. */
async function waitingFor(connection: Connection): Promise<{ holder: number; seconds: number }[]> {
  const columns = `b.trx_mysql_thread_id as holder, timestampdiff(second, r.trx_wait_started, now()) as seconds`;
  const transactions = (asks: string, holds: string): string =>
    `join information_schema.innodb_trx r on r.trx_id = ${asks}
     join information_schema.innodb_trx b on b.trx_id = ${holds}
      order by (b.trx_wait_started is null) desc, seconds desc`;
  try {
    return await rowsOf(
      connection,
      `select ${columns} from information_schema.innodb_lock_waits w
       ${transactions('w.requesting_trx_id', 'w.blocking_trx_id')}`,
    );
  } catch (error) {
    if ((error as { code?: string }).code !== 'ER_UNKNOWN_TABLE') throw error;
    return rowsOf(
      connection,
      `select ${columns} from performance_schema.data_lock_waits w
       ${transactions('w.requesting_engine_transaction_id', 'w.blocking_engine_transaction_id')}`,
    );
  }
}

async function statements(connection: Connection): Promise<Seen> {
  const [longest] = await rowsOf<{ seconds: number; statement: string }>(
    connection,
    `select time as seconds, left(info, ${LONGEST_STATEMENT}) as statement from information_schema.processlist
      where command = 'Query' and id <> connection_id() and user <> 'system user' order by time desc limit 1`,
  );
  return longestStatement(longest);
}

/** What a replica says of itself; nothing where it is none, or the role may not ask. */
async function replication(connection: Connection): Promise<Seen[]> {
  const rows = await replicaStatus(connection);
  return rows.map((row) => {
    const value = (...names: string[]): unknown =>
      names.map((name) => row[name]).find((one) => one !== undefined);
    const running = ['IO', 'SQL'].filter(
      (thread) => value(`Replica_${thread}_Running`, `Slave_${thread}_Running`) !== 'Yes',
    );
    const lag = value('Seconds_Behind_Source', 'Seconds_Behind_Master') as number | null;
    const error = [value('Last_IO_Error'), value('Last_SQL_Error')].find(
      (one) => one !== '' && one !== undefined,
    );
    const why = error === undefined ? '' : `: ${error as string}`;
    const stopped = `replication has stopped (${running.join(' and ')})${why}`;
    return {
      aspect: 'replication',
      failed: running.length > 0 || (lag ?? 0) >= LONG_REPLICATION_LAG_SECONDS,
      statement: running.length > 0 ? stopped : `this replica is ${quantity(lag ?? 0, 's')} behind`,
      speaksFor: null,
    };
  });
}

/** `show replica status` came with MySQL 8.0.22 and MariaDB 10.5; the older words are gone from MySQL 8.4. */
async function replicaStatus(connection: Connection): Promise<Record<string, unknown>[]> {
  const denied = (error: unknown): [] => {
    if ((error as { code?: string }).code === 'ER_SPECIFIC_ACCESS_DENIED_ERROR') return [];
    throw error;
  };
  try {
    return await rowsOf(connection, 'show replica status');
  } catch (error) {
    if ((error as { code?: string }).code !== 'ER_PARSE_ERROR') return denied(error);
    return rowsOf<Record<string, unknown>>(connection, 'show slave status').catch(denied);
  }
}

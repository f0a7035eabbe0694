import pg from 'pg';
import { count, quantity } from '../../../model/wording.js';
import { CannotCheck } from './guard.js';
import { hostAndPort, type Probe, type Seen } from './probe.js';

/** A session that waits longer for a lock, or a statement that runs longer, is trouble; a queue for a moment is not. */
const LONG_WAIT_SECONDS = 5;
const LONG_STATEMENT_SECONDS = 60;
const LONG_REPLICATION_LAG_SECONDS = 30;
/** Share of all connections in use from which new ones will soon be refused. */
const MANY_CONNECTIONS = 0.9;
const LONGEST_STATEMENT = 120;

/** Refused credentials: the check's trouble and not the server's. */
const REFUSED_LOGIN = new Set(['28P01', '28000', '3D000', '42501']);

/** Looks at connections, locks and who holds them, long statements, and the lag of replicas. Reads only. */
export const postgresProbe: Probe<'postgres'> = async (check, { guard, timeoutMs }) => {
  const { host, port, address } = await guard.endpoint(...hostAndPort(check.target));
  const client = new pg.Client({
    ...{ host: address, port, database: check.database, user: check.user },
    password: check.password ?? '',
    ssl: check.tls ? { servername: host } : false,
    application_name: 'faultline',
    ...{ connectionTimeoutMillis: timeoutMs, query_timeout: timeoutMs, statement_timeout: timeoutMs },
    options: '-c default_transaction_read_only=on',
  });
  // It is thrown by what waits for an answer as well.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return [
      await connections(client),
      await locks(client),
      await statements(client),
      ...(await replication(client)),
    ];
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    if (code === '53300') {
      const statement = `${host}:${port} refuses new connections: ${message}`;
      return [{ aspect: 'connections', failed: true, statement, speaksFor: 'pool-saturation' }];
    }
    if (code !== undefined && REFUSED_LOGIN.has(code)) throw new CannotCheck(message);
    throw error;
  } finally {
    await client.end().catch(() => undefined);
  }
};

async function connections(client: pg.Client): Promise<Seen> {
  const { rows } = await client.query<{ used: number; most: number }>(
    `select count(*)::int as used, current_setting('max_connections')::int as most
       from pg_stat_activity where backend_type = 'client backend'`,
  );
  const { used, most } = rows[0]!;
  const statement = `${used} of ${most} connections are in use`;
  return {
    aspect: 'connections',
    failed: used >= MANY_CONNECTIONS * most,
    statement,
    speaksFor: 'pool-saturation',
  };
}

async function locks(client: pg.Client): Promise<Seen> {
  const { rows } = await client.query<{
    waiting: number;
    longest: number;
    holder: string | null;
    state: string | null;
    statement: string | null;
    age: number | null;
  }>(
    `with waiting as (
       select pid, extract(epoch from clock_timestamp() - state_change)::float8 as seconds, pg_blocking_pids(pid) as holders
         from pg_stat_activity where wait_event_type = 'Lock'
     ), held as (
       select unnest(holders) as pid, count(*) as victims from waiting group by 1
     )
     select (select count(*)::int from waiting) as waiting,
            (select coalesce(max(seconds), 0)::float8 from waiting) as longest,
            coalesce(nullif(a.application_name, ''), a.usename::text) as holder, a.state,
            left(a.query, ${LONGEST_STATEMENT}) as statement,
            extract(epoch from clock_timestamp() - a.xact_start)::float8 as age
       from (select 1) one
       left join (select pid from held where pid not in (select pid from waiting) order by victims desc, pid limit 1) first on true
       left join pg_stat_activity a on a.pid = first.pid`,
  );
  const { waiting, longest, holder, state, statement, age } = rows[0]!;
  // Where waits are given up and begun again none is long; a session that holds the lock and does nothing is.
  const isIdle = state === 'idle in transaction' && (age ?? 0) >= LONG_WAIT_SECONDS;
  const failed = waiting > 0 && (longest >= LONG_WAIT_SECONDS || isIdle);
  if (waiting === 0)
    return { aspect: 'locks', failed, statement: 'no session waits for a lock', speaksFor: 'lock' };
  const held =
    holder === null
      ? ''
      : `; ${holder} holds it (${state}, transaction open for ${quantity(age ?? 0, 's')}): ${statement}`;
  const sessions = `${count(waiting, 'session')} ${waiting === 1 ? 'waits' : 'wait'} for a lock`;
  return {
    aspect: 'locks',
    failed,
    statement: `${sessions}, the longest for ${quantity(longest, 's')}${held}`,
    speaksFor: 'lock',
  };
}

async function statements(client: pg.Client): Promise<Seen> {
  const { rows } = await client.query<{ seconds: number; statement: string }>(
    `select extract(epoch from clock_timestamp() - query_start)::float8 as seconds, left(query, ${LONGEST_STATEMENT}) as statement
       from pg_stat_activity
      where state = 'active' and backend_type = 'client backend' and pid <> pg_backend_pid()
      order by query_start limit 1`,
  );
  const [longest] = rows;
  if (longest === undefined) {
    return { aspect: 'statements', failed: false, statement: 'no statement runs', speaksFor: null };
  }
  return {
    aspect: 'statements',
    failed: longest.seconds >= LONG_STATEMENT_SECONDS,
    statement: `the longest statement has run for ${quantity(longest.seconds, 's')}: ${longest.statement}`,
    speaksFor: null,
  };
}

/** Nothing where there is no replica, or the role may not see them. */
async function replication(client: pg.Client): Promise<Seen[]> {
  const { rows } = await client.query<{ name: string; lag: number }>(
    `select application_name as name, extract(epoch from replay_lag)::float8 as lag
       from pg_stat_replication where replay_lag is not null order by replay_lag desc limit 1`,
  );
  return rows.map(({ name, lag }) => ({
    aspect: 'replication',
    failed: lag >= LONG_REPLICATION_LAG_SECONDS,
    statement: `replica ${name} is ${quantity(lag, 's')} behind`,
    speaksFor: null,
  }));
}

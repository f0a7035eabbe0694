import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { count, quantity } from '../../../model/wording.js';
import { CannotCheck } from './guard.js';
import {
  hostAndPort,
  LONG_REPLICATION_LAG_SECONDS,
  LONG_WAIT_SECONDS,
  longestStatement,
  MANY_CONNECTIONS,
  SAMPLE_MS,
  type Probe,
  type Seen,
} from './probe.js';

/** A statement that now takes so many times what it has taken on average, and so long, is trouble. */
const SLOWER_TIMES = 5;
const SLOW_STATEMENT_SECONDS = 0.1;
/** Rows that nobody has cleaned up yet: so many, and more than half of the table. */
const MANY_DEAD_ROWS = 100_000;
/** Transactions until PostgreSQL takes no more writes: it stops at two thousand million. */
const OLD_TRANSACTIONS = 1_500_000_000;
/** Share of the bytes that a database may take. */
const FULL = 0.9;
const LONGEST_STATEMENT = 120;

/** Refused credentials: the check's trouble and not the server's. */
const REFUSED_LOGIN = new Set(['28P01', '28000', '3D000', '42501']);

/**
 * Looks at connections, locks and who holds them, long statements and those that have become slow, the lag of replicas,
 * rows and transactions that were not cleaned up, and the size. Reads only.
 */
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
      await vacuum(client),
      ...(await slowerStatements(client)),
      ...(check.mostBytes === undefined ? [] : [await size(client, check.mostBytes)]),
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
  return longestStatement(longest);
}

/** Of replicas as the primary sees them, and of this server if it is one. */
async function replication(client: pg.Client): Promise<Seen[]> {
  const { rows } = await client.query<{ name: string; lag: number }>(
    `select 'replica ' || coalesce(nullif(application_name, ''), client_addr::text, '?') as name,
            extract(epoch from replay_lag)::float8 as lag
       from pg_stat_replication where replay_lag is not null
     union all
     select 'this replica', extract(epoch from clock_timestamp() - pg_last_xact_replay_timestamp())::float8
      where pg_is_in_recovery() and pg_last_wal_receive_lsn() is distinct from pg_last_wal_replay_lsn()
      order by lag desc nulls last limit 1`,
  );
  return rows.map(({ name, lag }) => ({
    aspect: 'replication',
    failed: lag >= LONG_REPLICATION_LAG_SECONDS,
    statement: `${name} is ${quantity(lag, 's')} behind`,
    speaksFor: null,
  }));
}

/** Dead rows make every scan of a table longer; transactions that are never frozen end in a server that only reads. */
async function vacuum(client: pg.Client): Promise<Seen> {
  const { rows } = await client.query<{ name: string; dead: number; live: number; vacuumed: number | null }>(
    `select schemaname || '.' || relname as name, n_dead_tup::float8 as dead, n_live_tup::float8 as live,
            extract(epoch from clock_timestamp() - greatest(last_vacuum, last_autovacuum))::float8 as vacuumed
       from pg_stat_user_tables order by n_dead_tup desc limit 1`,
  );
  const { rows: ages } = await client.query<{ age: number }>(
    'select max(age(datfrozenxid))::float8 as age from pg_database',
  );
  const age = ages[0]!.age;
  const of = { aspect: 'vacuum', speaksFor: null };
  if (age >= OLD_TRANSACTIONS) {
    const statement = `the oldest transaction that is not frozen is ${quantity(age, '')} transactions old`;
    return { ...of, failed: true, statement };
  }
  const [worst] = rows;
  if (worst === undefined) return { ...of, failed: false, statement: 'there is no table' };
  const { name, dead, live, vacuumed } = worst;
  const when = vacuumed === null ? 'never vacuumed' : `vacuumed ${quantity(vacuumed, 's')} ago`;
  return {
    ...of,
    failed: dead >= MANY_DEAD_ROWS && dead > live,
    statement: `${name} has ${quantity(dead, '')} dead rows beside ${quantity(live, '')} live ones, ${when}`,
  };
}

interface Calls {
  calls: number;
  /** Of all calls. */
  seconds: number;
  text: string;
}

/** By pg_stat_statements, where this database has it and the role may read it. */
async function slowerStatements(client: pg.Client): Promise<Seen[]> {
  const { rows } = await client.query<{ place: string | null }>(
    `select quote_ident(n.nspname) as place from pg_extension e join pg_namespace n on n.oid = e.extnamespace
      where e.extname = 'pg_stat_statements' and string_to_array(e.extversion, '.')::int[] >= '{1,8}'`,
  );
  const place = rows[0]?.place;
  if (place == null) return [];
  const read = async (): Promise<Map<string, Calls>> => {
    const { rows: all } = await client.query<Calls & { id: string }>(
      `select concat_ws('/', userid, dbid, queryid) as id, calls::float8 as calls, total_exec_time / 1000 as seconds,
              left(query, ${LONGEST_STATEMENT}) as text
         from ${place}.pg_stat_statements where query not like '%pg_stat_statements%'`,
    );
    return new Map(all.map(({ id, ...counted }) => [id, counted]));
  };
  const before = await read();
  await sleep(SAMPLE_MS);
  const now = [...(await read())].flatMap(([id, { calls, seconds, text }]) => {
    const then = before.get(id);
    if (then === undefined || calls <= then.calls) return [];
    const takes = (seconds - then.seconds) / (calls - then.calls);
    return [{ takes, usually: then.seconds / then.calls, spent: seconds - then.seconds, text }];
  });
  const slow = now
    .filter(({ takes, usually }) => takes >= SLOW_STATEMENT_SECONDS && takes >= SLOWER_TIMES * usually)
    .sort((a, b) => b.spent - a.spent)[0];
  const statement =
    slow === undefined
      ? `none of ${count(now.length, 'statement')} that ended just now took much longer than usual`
      : `${quantity(slow.takes, 's')} instead of ${quantity(slow.usually, 's')} on average: ${slow.text}`;
  return [{ aspect: 'slow-statements', failed: slow !== undefined, statement, speaksFor: null }];
}

async function size(client: pg.Client, most: number): Promise<Seen> {
  const { rows } = await client.query<{ bytes: number }>(
    'select pg_database_size(current_database())::float8 as bytes',
  );
  const { bytes } = rows[0]!;
  return {
    aspect: 'size',
    failed: bytes >= FULL * most,
    statement: `the database takes ${quantity(bytes, 'bytes')} of ${quantity(most, 'bytes')}`,
    speaksFor: 'disk',
  };
}

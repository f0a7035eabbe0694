import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { count, quantity } from '../../../model/wording.js';
import { CannotCheck } from './guard.js';
import { hostAndPort, SAMPLE_MS, type Probe, type Seen } from './probe.js';

/** Share of the memory limit from which Redis evicts or refuses. */
const FULL = 0.98;
/** Share of all clients that it takes. */
const MANY_CLIENTS = 0.9;

/** Redis does one command at a time: one that takes so long keeps all others waiting. */
const SLOW_COMMAND_SECONDS = 0.1;
/** Older entries of the slow log are of another story. */
const RECENT_SECONDS = 600;
const MOST_SLOW_COMMANDS = 100;

/** Looks at memory, evictions, clients, persistence, replication and slow commands. Reads only. */
export const redisProbe: Probe<'redis'> = async (check, { guard, timeoutMs }) => {
  const { host, port, address } = await guard.endpoint(...hostAndPort(check.target));
  const redis = new Redis({
    ...{ host: address, port, lazyConnect: true, connectTimeout: timeoutMs, commandTimeout: timeoutMs },
    ...(check.user !== undefined && { username: check.user }),
    ...(check.password !== undefined && { password: check.password }),
    ...(check.tls && { tls: { servername: host } }),
    // Temporal tries again; a check looks once.
    ...{ retryStrategy: () => null, maxRetriesPerRequest: 0, enableReadyCheck: false },
  });
  const lost: Error[] = [];
  redis.on('error', (error: Error) => lost.push(error));
  try {
    await redis.connect();
    const before = factsOf(await redis.info());
    await sleep(SAMPLE_MS);
    const now = factsOf(await redis.info());
    return [...stateIn(now), turnedAway(before, now), ...replicationIn(now), ...(await slowCommands(redis))];
  } catch (error) {
    const reason = lost[0] ?? (error as Error);
    if (/NOAUTH|WRONGPASS|NOPERM/u.test(reason.message)) throw new CannotCheck(reason.message);
    throw reason;
  } finally {
    redis.disconnect();
  }
};

/** The lines of INFO: `used_memory:1024`. */
function factsOf(info: string): Map<string, string> {
  const lines = info.split(/\r?\n/u).filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]));
}

type Info = Map<string, string>;

const numberIn =
  (facts: Info) =>
  (name: string): number =>
    Number(facts.get(name) ?? NaN);

function stateIn(facts: Info): Seen[] {
  const number = numberIn(facts);
  const [used, most] = [number('used_memory'), number('maxmemory')];
  const limited = most > 0;
  const [clients, mostClients] = [number('connected_clients'), number('maxclients')];
  const failedWrites = ['rdb_last_bgsave_status', 'aof_last_write_status'].filter(
    (name) => (facts.get(name) ?? 'ok') !== 'ok',
  );
  const isLoading = number('loading') === 1;
  return [
    {
      aspect: 'memory',
      failed: limited && used >= FULL * most,
      statement: limited
        ? `${quantity(used, 'bytes')} of ${quantity(most, 'bytes')} are used (${facts.get('maxmemory_policy')})`
        : `${quantity(used, 'bytes')} are used, without a limit`,
      speaksFor: 'memory',
    },
    ...(mostClients > 0
      ? [
          {
            aspect: 'clients',
            failed: clients >= MANY_CLIENTS * mostClients,
            statement: `${clients} of ${mostClients} clients are connected`,
            speaksFor: 'pool-saturation' as const,
          },
        ]
      : []),
    {
      aspect: 'persistence',
      failed: failedWrites.length > 0 || isLoading,
      statement: isLoading
        ? 'it is still loading its data from disk'
        : failedWrites.length > 0
          ? `the last write to disk failed (${failedWrites.join(', ')})`
          : 'the last write to disk went well',
      speaksFor: 'disk',
    },
  ];
}

/** What was thrown out or turned away between two looks. */
function turnedAway(before: Info, now: Info): Seen {
  const more = (name: string): number => numberIn(now)(name) - numberIn(before)(name);
  const [evicted, rejected] = [more('evicted_keys'), more('rejected_connections')];
  const within = quantity(SAMPLE_MS / 1000, 's');
  const words = [
    ...(evicted > 0 ? [`${count(evicted, 'key')} evicted`] : []),
    ...(rejected > 0 ? [`${count(rejected, 'connection')} refused`] : []),
  ];
  return {
    aspect: 'evictions',
    failed: words.length > 0,
    statement:
      words.length > 0
        ? `${words.join(', ')} within ${within}`
        : `nothing evicted or refused within ${within}`,
    speaksFor: rejected > 0 ? 'pool-saturation' : 'memory',
  };
}

/** Nothing of a primary: it does not say how far its replicas are. */
function replicationIn(facts: Info): Seen[] {
  if (facts.get('role') !== 'slave') return [];
  const up = facts.get('master_link_status') === 'up';
  const seconds = numberIn(facts)('master_link_down_since_seconds');
  const since = Number.isFinite(seconds) && seconds >= 0 ? ` for ${quantity(seconds, 's')}` : '';
  return [
    {
      aspect: 'replication',
      failed: !up,
      statement: up ? 'this replica is linked to its primary' : `this replica has lost its primary${since}`,
      speaksFor: 'dependency-down',
    },
  ];
}

/** Names of commands alone: their arguments are data. Nothing where the role may not read the slow log. */
async function slowCommands(redis: Redis): Promise<Seen[]> {
  const [now] = await redis.time();
  const entries = await redis.slowlog('GET', MOST_SLOW_COMMANDS).catch((error: unknown) => {
    if (error instanceof Error && error.name === 'ReplyError') return null;
    throw error;
  });
  if (entries === null) return [];
  const recent = (entries as [number, number, number, string[]][])
    .filter(([, at]) => Number(now) - at <= RECENT_SECONDS)
    .map(([, , microseconds, [command = '?']]) => ({ command, seconds: microseconds / 1e6 }))
    .sort((a, b) => b.seconds - a.seconds);
  const [slowest] = recent;
  const within = `within ${quantity(RECENT_SECONDS, 's')}`;
  const commands = `${count(recent.length, 'slow command')} ${within}`;
  return [
    {
      aspect: 'slow-log',
      failed: slowest !== undefined && slowest.seconds >= SLOW_COMMAND_SECONDS,
      statement:
        slowest === undefined
          ? commands
          : `${commands}, the slowest ${slowest.command} with ${quantity(slowest.seconds, 's')}`,
      speaksFor: null,
    },
  ];
}

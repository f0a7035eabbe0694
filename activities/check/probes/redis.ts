import { Redis } from 'ioredis';
import { quantity } from '../../../model/wording.js';
import { CannotCheck } from './guard.js';
import { hostAndPort, type Probe, type Seen } from './probe.js';

/** Share of the memory limit from which Redis evicts or refuses. */
const FULL = 0.98;
/** Share of all clients that it takes. */
const MANY_CLIENTS = 0.9;

/** Looks at memory, clients and persistence. Reads only. */
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
    return seenIn(factsOf(await redis.info()));
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

function seenIn(facts: Map<string, string>): Seen[] {
  const number = (name: string): number => Number(facts.get(name) ?? NaN);
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
        ? `${quantity(used, 'bytes')} of ${quantity(most, 'bytes')} are used (${facts.get('maxmemory_policy')}), ` +
          `${number('evicted_keys')} keys were evicted`
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

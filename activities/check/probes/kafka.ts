import net, { isIP } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { Kafka, logLevel, type Admin, type ISocketFactory, type SASLOptions } from 'kafkajs';
import { count, listOf } from '../../../model/wording.js';
import { CannotCheck, type Guard } from './guard.js';
import { hostAndPort, type CheckOf, type Probe, type Seen } from './probe.js';

/** Topics of one group that are asked for their ends: each is a request. */
const MOST_TOPICS = 100;

/** Looks at partitions without a leader or without all replicas, and at the lag of a group. Reads only. */
export const kafkaProbe: Probe<'kafka'> = async (check, { guard, timeoutMs }) => {
  const bootstrap = await Promise.all(check.brokers.map((broker) => guard.endpoint(...hostAndPort(broker))));
  const refusals: string[] = [];
  const kafka = new Kafka({
    clientId: 'faultline',
    brokers: bootstrap.map(({ host, port }) => (isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`)),
    socketFactory: guardedSockets(guard, check.tls, refusals),
    ...{ connectionTimeout: timeoutMs, requestTimeout: timeoutMs, logLevel: logLevel.NOTHING },
    ...(check.sasl && { sasl: saslOf(check.sasl) }),
    // Temporal tries again; a check looks once.
    retry: { retries: 0 },
  });
  const admin = kafka.admin();
  try {
    await admin.connect();
    return [
      ...(await partitions(admin)),
      ...(check.group === undefined ? [] : [await lagOf(admin, check.group, check.mostLag)]),
    ];
  } catch (error) {
    const { name, message } = error as Error;
    if (refusals[0] !== undefined) throw new CannotCheck(refusals[0]);
    if (name === 'KafkaJSSASLAuthenticationError' || /authoriz/iu.test(message))
      throw new CannotCheck(message);
    throw plainCause(error);
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
};

type Sasl = NonNullable<CheckOf<'kafka'>['sasl']>;

function saslOf({ mechanism, user, password = '' }: Sasl): SASLOptions {
  return { mechanism, username: user, password };
}

/** What the network says, without the library's wrapping around it. */
function plainCause(error: unknown): unknown {
  const cause = (error as { cause?: unknown }).cause;
  return cause instanceof Error ? plainCause(cause) : error;
}

/** Brokers name further brokers: each is judged as it is connected to, by its address. */
function guardedSockets(guard: Guard, tls: boolean, refusals: string[]): ISocketFactory {
  return ({ host, port, onConnect }) => {
    const refuse = (reason: string): void => void refusals.push(reason);
    const lookup = guard.lookupFor(port, refuse);
    // An address is not looked up.
    const refused = isIP(host) === 0 ? null : guard.refusalOf(host, [host], port);
    if (refused !== null) {
      refuse(refused);
      throw new CannotCheck(refused);
    }
    if (!tls) return net.connect({ host, port, lookup }, onConnect);
    const name = isIP(host) === 0 ? { servername: host } : {};
    return connectTls({ host, port, lookup, ...name }, onConnect);
  };
}

export async function partitions(admin: Pick<Admin, 'fetchTopicMetadata'>): Promise<Seen[]> {
  const { topics } = await admin.fetchTopicMetadata();
  const all = topics.flatMap(({ name, partitions: list }) => list.map((one) => ({ ...one, name })));
  const named = (some: typeof all): string =>
    listOf(some.map(({ name, partitionId }) => `${name}-${partitionId}`));
  const leaderless = all.filter(({ leader }) => leader < 0);
  const behind = all.filter(({ isr, replicas }) => isr.length < replicas.length);
  const of = `of ${count(all.length, 'partition')}`;
  return [
    {
      aspect: 'leaders',
      failed: leaderless.length > 0,
      statement:
        leaderless.length > 0
          ? `${leaderless.length} ${of} have no leader: ${named(leaderless)}`
          : `all ${count(all.length, 'partition')} have a leader`,
      speaksFor: 'dependency-down',
    },
    {
      aspect: 'replicas',
      failed: behind.length > 0,
      statement:
        behind.length > 0
          ? `${behind.length} ${of} lack a replica in step: ${named(behind)}`
          : `all replicas of ${count(all.length, 'partition')} are in step`,
      speaksFor: null,
    },
  ];
}

type Lag = Pick<Admin, 'describeGroups' | 'fetchOffsets' | 'fetchTopicOffsets'>;

/** Messages that the group has not taken yet, of the topics for which it has said how far it is. */
export async function lagOf(admin: Lag, group: string, mostLag: number): Promise<Seen> {
  const unknown = { aspect: 'lag', failed: null, speaksFor: null };
  let taken: Awaited<ReturnType<Lag['fetchOffsets']>>;
  try {
    taken = await admin.fetchOffsets({ groupId: group });
  } catch (error) {
    // Of a group that never was, or whose broker is away: then partitions have no leader.
    if ((error as Error).name !== 'KafkaJSGroupCoordinatorNotFound') throw error;
    return { ...unknown, statement: `no broker knows the group ${group}` };
  }
  const [described] = (await admin.describeGroups([group])).groups;
  const lags = await Promise.all(
    taken.slice(0, MOST_TOPICS).map(async ({ topic, partitions: committed }) => {
      const ends = new Map(
        (await admin.fetchTopicOffsets(topic)).map(({ partition, high }) => [partition, Number(high)]),
      );
      return committed
        .filter(({ offset }) => Number(offset) >= 0)
        .map(({ partition, offset }) => ({
          of: `${topic}-${partition}`,
          lag: Math.max(0, (ends.get(partition) ?? Number(offset)) - Number(offset)),
        }));
    }),
  );
  const all = lags.flat().sort((a, b) => b.lag - a.lag);
  if (all.length === 0) return { ...unknown, statement: `the group ${group} has not said how far it is` };
  const lag = all.reduce((sum, one) => sum + one.lag, 0);
  const members = described?.members.length ?? 0;
  const most = lag === 0 ? '' : `, most in ${all[0]!.of} (${all[0]!.lag})`;
  return {
    aspect: 'lag',
    failed: lag >= mostLag,
    statement: `group ${group} (${count(members, 'member')}) is ${count(lag, 'message')} behind${most}`,
    speaksFor: members === 0 ? 'dependency-down' : null,
  };
}

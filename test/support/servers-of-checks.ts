import { chown, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import axios from 'axios';
import { execa } from 'execa';
import getPort from 'get-port';
import { Kafka, logLevel } from 'kafkajs';
import { createConnection } from 'mysql2/promise';
import type { RunningServer } from './database-servers.js';

const HOST = '127.0.0.1';
const READY_TIMEOUT_MS = 120_000;

/** As tools/servers/kafka.sh fetches it. */
export const KAFKA_VERSION = '4.1.1';
const KAFKA = join(
  process.env['FAULTLINE_TEST_CACHE'] ?? join(homedir(), '.cache/faultline'),
  `kafka-${KAFKA_VERSION}`,
);

/** Waits until it succeeds, as long as the server runs. */
async function ready(server: { exitCode: number | null }, attempt: () => Promise<unknown>): Promise<void> {
  const end = Date.now() + READY_TIMEOUT_MS;
  for (;;) {
    try {
      await attempt();
      return;
    } catch (error) {
      if (server.exitCode !== null || Date.now() > end) throw error;
      await sleep(200);
    }
  }
}

async function ownFolder(name: string): Promise<{ folder: string; uid: number; gid: number }> {
  const folder = await mkdtemp(join(tmpdir(), `faultline-${name}-`));
  const id = async (flag: string) => Number((await execa('id', [flag, 'nobody'])).stdout);
  const [uid, gid] =
    process.getuid?.() === 0
      ? [await id('-u'), await id('-g')]
      : [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
  await chown(folder, uid, gid);
  return { folder, uid, gid };
}

/** A MariaDB server of its own; `root` needs no password. Needs Debian's mariadb-server. */
export async function startMariadb(): Promise<RunningServer> {
  const { folder, uid, gid } = await ownFolder('mariadb');
  const user = process.getuid?.() === 0 ? { uid, gid } : {};
  const data = join(folder, 'data');
  const install = ['--no-defaults', `--datadir=${data}`, '--auth-root-authentication-method=normal'];
  await execa('mariadb-install-db', [...install, '--skip-test-db'], user);
  const port = await getPort();
  const flags = [
    ...[
      '--no-defaults',
      `--datadir=${data}`,
      `--port=${port}`,
      `--bind-address=${HOST}`,
      '--max-connections=12',
    ],
    ...[`--socket=${join(folder, 'socket')}`, '--innodb-buffer-pool-size=16M', '--skip-log-bin'],
  ];
  const server = execa('mariadbd', flags, {
    ...user,
    reject: false,
    env: { PATH: `${process.env['PATH']}:/usr/sbin` },
  });
  await ready(server, async () => (await createConnection({ host: HOST, port, user: 'root' })).end());
  return {
    port,
    stop: async () => {
      server.kill('SIGKILL');
      await server;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export interface RabbitServer extends RunningServer {
  /** Of its management plugin; user and password are `guest`. */
  url: string;
  /** Runs `rabbitmqctl`. */
  control(...args: string[]): Promise<void>;
}

/** A RabbitMQ server of its own, with the management plugin. Needs Debian's rabbitmq-server. */
export async function startRabbitmq(): Promise<RabbitServer> {
  const { folder, uid, gid } = await ownFolder('rabbitmq');
  const [port, management, distribution] = await Promise.all([getPort(), getPort(), getPort()]);
  await writeFile(join(folder, 'enabled_plugins'), '[rabbitmq_management].\n');
  await writeFile(
    join(folder, 'rabbitmq.conf'),
    `management.tcp.port = ${management}\nmanagement.tcp.ip = ${HOST}\n`,
  );
  const env = {
    HOME: folder,
    PATH: `/usr/lib/rabbitmq/bin:${process.env['PATH']}`,
    RABBITMQ_NODENAME: `faultline-${port}@localhost`,
    RABBITMQ_NODE_PORT: String(port),
    RABBITMQ_NODE_IP_ADDRESS: HOST,
    RABBITMQ_DIST_PORT: String(distribution),
    RABBITMQ_MNESIA_BASE: join(folder, 'mnesia'),
    RABBITMQ_LOG_BASE: join(folder, 'log'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'enabled_plugins'),
    RABBITMQ_CONFIG_FILE: join(folder, 'rabbitmq.conf'),
    RABBITMQ_CONF_ENV_FILE: '/dev/null',
  };
  const options = { env, reject: false, ...(process.getuid?.() === 0 && { uid, gid }) };
  const server = execa('/usr/lib/rabbitmq/bin/rabbitmq-server', [], options);
  const url = `http://${HOST}:${management}`;
  const auth = { username: 'guest', password: 'guest' };
  await ready(server, () => axios.get(`${url}/api/overview`, { auth, proxy: false }));
  const control = async (...args: string[]): Promise<void> => {
    await execa('/usr/lib/rabbitmq/bin/rabbitmqctl', args, { ...options, reject: true });
  };
  return {
    ...{ port, url, control },
    stop: async () => {
      await control('stop').catch(() => server.kill('SIGKILL'));
      await server;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** One broker of Kafka, without ZooKeeper. Needs Java 17 and tools/servers/kafka.sh. */
export async function startKafka(): Promise<RunningServer & { freeze(): void }> {
  const jars = await readdir(KAFKA).catch(() => []);
  if (jars.length === 0) throw new Error(`no Kafka at ${KAFKA}; fetch it with: tools/servers/kafka.sh`);
  const folder = await mkdtemp(join(tmpdir(), 'faultline-kafka-'));
  const [port, controller] = await Promise.all([getPort(), getPort()]);
  const settings = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@${HOST}:${controller}`,
    listeners: `PLAINTEXT://${HOST}:${port},CONTROLLER://${HOST}:${controller}`,
    'advertised.listeners': `PLAINTEXT://${HOST}:${port}`,
    'controller.listener.names': 'CONTROLLER',
    'log.dirs': join(folder, 'data'),
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 1,
    'group.initial.rebalance.delay.ms': 0,
  };
  const file = join(folder, 'server.properties');
  await mkdir(join(folder, 'data'));
  await writeFile(
    file,
    Object.entries(settings)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(''),
  );
  const java = (...args: string[]) => ['-Xmx256m', '-cp', join(KAFKA, '*'), ...args];
  const cluster = 'MkU3OEVBNTcwNTJENDM2Qk';
  await execa('java', java('kafka.tools.StorageTool', 'format', '-t', cluster, '-c', file));
  const server = execa('java', java('kafka.Kafka', file), { reject: false });
  const admin = new Kafka({
    brokers: [`${HOST}:${port}`],
    logLevel: logLevel.NOTHING,
    retry: { retries: 0 },
  }).admin();
  await ready(server, async () => {
    await admin.connect();
    await admin.listTopics();
  });
  await admin.disconnect();
  return {
    port,
    freeze: () => void server.kill('SIGSTOP'),
    stop: async () => {
      server.kill('SIGKILL');
      await server;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

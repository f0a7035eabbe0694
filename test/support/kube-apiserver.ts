import { spawn, type ChildProcess } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { Agent } from 'node:https';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import axios from 'axios';
import getPort from 'get-port';
import type { Write } from './kubernetes-scenario.js';

export const KUBERNETES_VERSION = '1.36.3';
const CACHE = process.env['FAULTLINE_TEST_CACHE'] ?? join(homedir(), '.cache/faultline');
const ETCD = join(CACHE, 'etcd-3.6.16');
const API_SERVER = join(CACHE, `kube-apiserver-${KUBERNETES_VERSION}`);
const READY_ATTEMPTS = 240;

/** Tokens of the accounts that the server knows: one that may do everything, one with a role, and one without. */
export const TOKENS = {
  admin: 'token-of-the-admin',
  reader: 'token-of-the-reader',
  stranger: 'token-of-the-stranger',
};

/** A real kube-apiserver on a real etcd, without controllers: the test writes what these would write. */
export interface ApiServer {
  url: string;
  /** The server's certificate. */
  caFile: string;
  /** Sends a request as the admin. @throws Error with the server's words when it refuses */
  write: (write: Write) => Promise<unknown>;
  read: (path: string) => Promise<unknown>;
  stop: () => Promise<void>;
}

/** @throws Error that says how to build the programs when they are not in the cache */
export async function startApiServer(): Promise<ApiServer> {
  if (!existsSync(API_SERVER) || !existsSync(ETCD)) {
    throw new Error(`${API_SERVER} or ${ETCD} is missing; build both once with tools/servers/kubernetes.sh`);
  }
  const folder = await mkdtemp(join(tmpdir(), 'faultline-kube-apiserver-'));
  const [client, peer, port] = [await getPort(), await getPort(), await getPort()];
  const etcdUrl = `http://127.0.0.1:${client}`;
  const etcd = run(ETCD, [
    ...[
      '--data-dir',
      join(folder, 'etcd'),
      '--listen-client-urls',
      etcdUrl,
      '--advertise-client-urls',
      etcdUrl,
    ],
    ...[
      '--listen-peer-urls',
      `http://127.0.0.1:${peer}`,
      '--initial-advertise-peer-urls',
      `http://127.0.0.1:${peer}`,
    ],
    ...['--initial-cluster', `default=http://127.0.0.1:${peer}`, '--unsafe-no-fsync'],
  ]);
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const keys = { private: join(folder, 'account.key'), public: join(folder, 'account.pub') };
  await writeFile(keys.private, privateKey.export({ type: 'pkcs1', format: 'pem' }));
  await writeFile(keys.public, publicKey.export({ type: 'spki', format: 'pem' }));
  const tokens = join(folder, 'tokens.csv');
  const lines = Object.entries(TOKENS).map(
    ([user, token]) => `${token},${user},${user},"${user === 'admin' ? 'system:masters' : 'readers'}"`,
  );
  await writeFile(tokens, lines.join('\n'));
  const server = run(API_SERVER, [
    ...[`--etcd-servers=${etcdUrl}`, `--secure-port=${port}`, '--bind-address=127.0.0.1'],
    ...[`--cert-dir=${folder}`, `--token-auth-file=${tokens}`, '--authorization-mode=RBAC'],
    ...[
      '--service-account-issuer=https://kubernetes.default.svc',
      `--service-account-key-file=${keys.public}`,
    ],
    ...[`--service-account-signing-key-file=${keys.private}`, '--service-cluster-ip-range=10.96.0.0/16'],
    // Without its controller no namespace has an account, and pods would wait for it.
    '--disable-admission-plugins=ServiceAccount',
  ]);
  const url = `https://127.0.0.1:${port}`;
  const caFile = join(folder, 'apiserver.crt');
  const stop = async (): Promise<void> => {
    for (const child of [server, etcd]) await ended(child);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    return { ...(await whenReady(url, caFile, server)), url, caFile, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function run(program: string, flags: string[]): ChildProcess {
  const child = spawn(program, flags, { stdio: 'ignore' });
  process.once('exit', () => child.kill());
  return child;
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const exit = new Promise((resolve) => child.once('exit', resolve));
  child.kill();
  await exit;
}

async function whenReady(
  url: string,
  caFile: string,
  server: ChildProcess,
): Promise<Pick<ApiServer, 'write' | 'read'>> {
  for (let attempt = 1; ; attempt += 1) {
    const isOver = server.exitCode !== null || attempt === READY_ATTEMPTS;
    if (isOver) throw new Error(`kube-apiserver at ${url} did not start`);
    if (existsSync(caFile)) {
      const ask = asking(url, caFile);
      const ready = await ask('GET', '/readyz').catch(() => null);
      if (ready === 'ok') {
        return {
          write: ({ method, path, body }) => ask(method, path, body),
          read: (path) => ask('GET', path),
        };
      }
    }
    await sleep(500);
  }
}

function asking(
  url: string,
  caFile: string,
): (method: string, path: string, body?: object) => Promise<unknown> {
  const httpsAgent = new Agent({ ca: readFileSync(caFile), keepAlive: true });
  return async (method, path, data) => {
    const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
    const response = await axios.request<unknown>({
      ...{ method, url: url + path, data, httpsAgent, validateStatus: () => true },
      headers: { Authorization: `Bearer ${TOKENS.admin}`, 'Content-Type': type },
    });
    if (response.status < 300) return response.data;
    throw new Error(`${method} ${path}: ${response.status} ${JSON.stringify(response.data).slice(0, 500)}`);
  };
}

import type { RequestOptions } from 'node:https';
import axios, { type AxiosResponse } from 'axios';
import type { KubernetesConfig } from '../../../config/kubernetes.js';
import { redact } from '../../../config/redact.js';
import { Connection, type ConnectionOptions } from '../../connection/connection.js';
import { NoCredentials } from '../../connection/credentials.js';

/** Sends requests to an API server, with the credentials of its configuration. */
export interface Transport {
  /** The server, as it may be shown. */
  readonly address: string;
  /** Answers with any status. @throws NoCredentials, and what axios throws */
  get(path: string, params: URLSearchParams, options: ConnectionOptions): Promise<AxiosResponse<Buffer>>;
  /** A text without the secrets of the connection. */
  clean(text: string): string;
  close(): void;
}

/** Where Kubernetes puts the service account of a pod. */
const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * Opens the connection to a cluster; nothing is asked yet.
 *
 * @throws NoCredentials when the kubeconfig file cannot be read, or the worker runs in no pod
 */
export async function openTransport(
  config: KubernetesConfig,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Transport> {
  const setting = `kubernetes.${config.name}`;
  if (config.type === 'kubeconfig') return openKubeconfig(config, setting);
  if (config.type === 'address') return byConnection(new Connection(config, setting, env));
  const [host, port] = [env['KUBERNETES_SERVICE_HOST'], env['KUBERNETES_SERVICE_PORT']];
  if (!host || !port) {
    const reason =
      'expected to run in a pod: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set';
    throw new NoCredentials(`${setting}: ${reason}; use type kubeconfig or address elsewhere`, false);
  }
  const url = `https://${host.includes(':') ? `[${host}]` : host}:${port}`;
  const auth = { type: 'bearer', tokenFile: `${SERVICE_ACCOUNT}/token` } as const;
  return byConnection(
    new Connection({ url, auth, tls: { caFile: `${SERVICE_ACCOUNT}/ca.crt` } }, setting, env),
  );
}

function byConnection(connection: Connection): Transport {
  return {
    address: connection.address,
    get: (path, params, options) => connection.send<Buffer>({ method: 'GET', path, params }, options),
    clean: (text) => connection.clean(text),
    close: () => connection.close(),
  };
}

type KubeconfigSource = Extract<KubernetesConfig, { type: 'kubeconfig' }>;

/** As kubectl reaches it: certificates, tokens, plugins that log in, and proxies are the official client's matter. */
async function openKubeconfig({ file, context }: KubeconfigSource, setting: string): Promise<Transport> {
  // It takes a second to load, and commands that read no cluster need not wait for it.
  const { KubeConfig } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  const refuse = (reason: string): never => {
    throw new NoCredentials(`${setting}: ${reason}`, false);
  };
  try {
    if (file === undefined) config.loadFromDefault();
    else config.loadFromFile(file);
  } catch (error) {
    refuse(`${file ?? 'the kubeconfig file'} cannot be read (${messageOf(error)})`);
  }
  if (context !== undefined && config.getContextObject(context) === null) {
    const known = config.getContexts().map(({ name }) => name);
    refuse(`context: expected one of ${known.join(', ') || 'the file, which has none'}, got ${context}`);
  }
  if (context !== undefined) config.setCurrentContext(context);
  const server = config.getCurrentCluster()?.server;
  if (server === undefined || !URL.canParse(server)) {
    return refuse('the context of the kubeconfig file names no cluster with an address');
  }
  const user = config.getCurrentUser();
  const secrets = [user?.token, user?.password].flatMap((one) => one ?? []);
  const { origin, pathname } = new URL(server);
  const address = (origin + pathname).replace(/\/+$/, '');
  return {
    address,
    async get(path, params, options) {
      const login: RequestOptions = {};
      try {
        await config.applyToHTTPSOptions(login);
      } catch (error) {
        throw new NoCredentials(`${setting}: no login by the kubeconfig file (${messageOf(error)})`, true);
      }
      const { auth, headers, agent } = login;
      const proof = { ...(headers as Record<string, string> | undefined) };
      if (auth != null) proof['Authorization'] = `Basic ${Buffer.from(auth).toString('base64')}`;
      // What a plugin hands out is a secret as well.
      const shown = proof['Authorization']?.split(' ')[1];
      if (shown !== undefined && !secrets.includes(shown)) secrets.push(shown);
      return axios.request<Buffer>({
        ...options,
        ...{ method: 'GET', url: address + path, params, httpAgent: agent, httpsAgent: agent },
        ...{ maxRedirects: 0, validateStatus: () => true },
        headers: { ...options.headers, ...proof },
      });
    },
    clean: (text) => redact(text, secrets),
    close: () => undefined,
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message.split('\n')[0]! : String(error);
}

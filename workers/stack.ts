import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Incidents } from '../client/incidents.js';
import { createIncidents } from '../client/temporal-incidents.js';
import { openTemporal } from '../client/temporal.js';
import type { LoadedConfig } from '../config/load.js';
import { startDevServer, type DevServer } from './dev/dev-server.js';
import { choosePort, DEV_PORTS } from './dev/ports.js';
import { registerSearchAttributes } from './dev/search-attributes.js';
import { HOST } from './dev/server-flags.js';
import { completeFromStore } from './complete-from-store.js';
import { createReceiver } from './receiver.js';
import { startWorker, type RunningWorker } from './worker.js';
import { startWorkerHealth } from './worker-health.js';

/** Everything that Faultline runs, in one process beside a Temporal server of its own or one that runs already. */
export interface Stack {
  temporal: StackTemporal;
  incidents: Incidents;
  /** Where alert sources post: `http://127.0.0.1:8090`. */
  webhookUrl: string;
  /** Where `/healthz`, `/readyz` and `/metrics` of the worker are: `http://127.0.0.1:8091`. */
  healthUrl: string;
  /**
   * Ends when the stack was stopped; rejects when its Temporal server or its worker ended by itself, with the reason.
   */
  ended: Promise<void>;
  stop(): Promise<void>;
}

export interface StackTemporal {
  address: string;
  namespace: string;
  /** Address of the web UI; null when it is not known. */
  uiUrl: string | null;
  /** Process id of the stack's own server; null when it uses one that ran already. */
  pid: number | null;
}

export interface StackOptions {
  loaded: LoadedConfig;
  log: Logger;
  /** Keeps runs in a file under `.faultline/`; otherwise they are gone with the process. */
  durable: boolean;
  /** TEMPORAL_* variables that name a server which runs already; the stack starts its own when left out. */
  running?: NodeJS.ProcessEnv | undefined;
  /** Receives a line for each port that differs from the default. @default none is printed */
  announce?: (line: string) => void;
}

/**
 * Starts Temporal (unless one is given), worker and webhook receiver. A default port that is taken is replaced by
 * another one; a port that was set must be free.
 * @throws when Temporal cannot be found, started or reached, or a port that was set is taken; nothing is left running.
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const { log } = options;
  const endings: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const end of endings.splice(0).reverse()) {
      // One that fails, such as a worker that had failed before, must not leave the others running.
      await end().catch((error: unknown) => {
        log.warn({ error: String(error) }, 'a part of the stack did not end in good order');
      });
    }
  };
  try {
    return { ...(await startParts(options, endings)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Starts one part after the other; what ends each is added to `endings`. */
async function startParts(
  { loaded, log, durable, running, announce = () => undefined }: StackOptions,
  endings: (() => Promise<void>)[],
): Promise<Omit<Stack, 'stop'>> {
  const { webhook, worker: health } = loaded.config;
  // Found out before anything starts, so that nothing has to be stopped again.
  const webhookPort = await choosePort({
    purpose: 'the webhook receiver',
    setting: 'webhook.port',
    ...{ host: webhook.host, port: webhook.port, byDefault: DEV_PORTS.webhook, announce },
  });
  const healthPort = await choosePort({
    purpose: "the worker's health and metrics",
    setting: 'worker.port',
    ...{ host: health.host, port: health.port, byDefault: DEV_PORTS.worker, announce },
  });

  const own = running ? null : await startOwnServer(loaded, durable, log, announce);
  if (own) endings.push(() => own.stop());
  const { config } = own ? withUi(loaded, own.uiUrl) : loaded;
  const server = own ? { address: own.address, namespace: own.namespace } : undefined;
  const connection = openTemporal({ profile: config.temporal.profile, env: running, server });
  const incidents = createIncidents(connection, { complete: completeFromStore(config.store) });
  endings.push(() => incidents.close());
  // A server that somebody else started does not know Faultline's search attributes.
  if (!own) await registerSearchAttributes(connection.client.connection, connection.namespace);

  const worker = await startWorker({ loaded: { ...loaded, config }, log, temporal: server, env: running });
  endings.push(() => worker.stop());
  const healthServer = await startWorkerHealth({ worker, config, log, port: healthPort });
  endings.push(() => healthServer.close());
  const ended = endOf(worker, own);
  // Its rejection is for a caller that waits for it; a caller does not have to.
  ended.catch(() => undefined);

  const receiver = await createReceiver({ config, incidents, temporal: connection, log });
  const webhookUrl = await receiver.listen({ host: webhook.host, port: webhookPort });
  endings.push(() => receiver.close());

  const uiUrl = own ? own.uiUrl : (config.temporal.uiUrl ?? null);
  const { address, namespace } = connection;
  const temporal = { address, namespace, uiUrl, pid: own?.pid ?? null };
  return { temporal, incidents, webhookUrl, healthUrl: healthServer.url, ended };
}

async function startOwnServer(
  loaded: LoadedConfig,
  durable: boolean,
  log: Logger,
  announce: (line: string) => void,
): Promise<DevServer> {
  const { temporalPort, uiPort } = loaded.config.dev;
  return startDevServer({
    log,
    dbFile: durable ? join(loaded.directory, '.faultline', 'temporal.db') : null,
    port: await choosePort({
      purpose: 'the Temporal server',
      setting: 'dev.temporalPort',
      ...{ host: HOST, port: temporalPort, byDefault: DEV_PORTS.temporal, announce },
    }),
    uiPort: await choosePort({
      purpose: 'the Temporal UI',
      setting: 'dev.uiPort',
      ...{ host: HOST, port: uiPort, byDefault: DEV_PORTS.temporalUi, announce },
    }),
  });
}

async function endOf(worker: RunningWorker, own: DevServer | null): Promise<void> {
  if (own === null) return worker.finished;
  const serverEnd = own.ended.then(({ expected, said }) => {
    if (expected) return;
    const last = said && `; its last lines:\n${said}`;
    throw new Error(`the Temporal server at ${own.address} has ended by itself${last}`);
  });
  return Promise.race([serverEnd, worker.finished]);
}

/** The configuration with the embedded server's UI for links. */
function withUi(loaded: LoadedConfig, uiUrl: string | null): LoadedConfig {
  if (uiUrl === null) return loaded;
  const { config } = loaded;
  return { ...loaded, config: { ...config, temporal: { ...config.temporal, uiUrl } } };
}

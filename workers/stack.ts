import { join } from 'node:path';
import getPort from 'get-port';
import type { Logger } from 'pino';
import { steeringRoutes } from '../client/api/steering.js';
import type { Incidents } from '../client/incidents.js';
import { buildReceiver } from '../client/intake/receiver.js';
import { createIncidents } from '../client/temporal-incidents.js';
import { openTemporal } from '../client/temporal.js';
import type { LoadedConfig } from '../config/load.js';
import { startDevServer, type DevServer } from './dev/dev-server.js';
import { DEV_PORTS } from './dev/ports.js';
import { HOST } from './dev/server-flags.js';
import { completeFromStore } from './complete-from-store.js';
import { startWorker } from './worker.js';

/** Everything that Faultline runs, in one process beside an embedded Temporal server. */
export interface Stack {
  temporal: DevServer;
  incidents: Incidents;
  /** Where alert sources post: `http://127.0.0.1:8090`. */
  webhookUrl: string;
  /** Ends when the stack was stopped; rejects when its Temporal server or its worker ended by itself, with the reason. */
  ended: Promise<void>;
  stop(): Promise<void>;
}

export interface StackOptions {
  loaded: LoadedConfig;
  log: Logger;
  /** Keeps runs in a file under `.faultline/`; otherwise they are gone with the process. */
  durable: boolean;
  /** Of Temporal and its UI. `documented`: those of DEV_PORTS or an error; `preferred`: others where they are taken. */
  ports: 'documented' | 'preferred';
}

/**
 * Starts the embedded stack: Temporal server, worker, webhook receiver.
 * @throws when Temporal cannot be found or started, or a port is taken; nothing is left running then.
 */
export async function startStack({ loaded, log, durable, ports }: StackOptions): Promise<Stack> {
  const endings: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const end of endings.splice(0).reverse()) {
      // One that fails, such as a worker that had failed before, must not leave the others running.
      await end().catch((error: unknown) => {
        log.warn({ error: String(error) }, 'a part of the stack did not end in good order');
      });
    }
  };
  const choose = (port: number, what: string): Promise<number> =>
    ports === 'documented' ? demandFree(HOST, port, what, USE_YOURS) : getPort({ port, host: HOST });
  try {
    const { host, port } = loaded.config.webhook;
    if (ports === 'documented') await demandFree(host, port, 'the webhook receiver', MOVE_RECEIVER);
    const temporal = await startDevServer({
      log,
      dbFile: durable ? join(loaded.directory, '.faultline', 'temporal.db') : null,
      port: await choose(DEV_PORTS.temporal, 'the Temporal server'),
      uiPort: await choose(DEV_PORTS.temporalUi, 'the Temporal UI'),
    });
    endings.push(() => temporal.stop());

    const own = withUi(loaded, temporal.uiUrl);
    const worker = await startWorker({ loaded: own, log, temporal });
    endings.push(() => worker.stop());
    const ended = Promise.race([endOf(temporal), worker.finished]);
    // For whoever waits for it; nobody has to.
    ended.catch(() => undefined);

    const env = { TEMPORAL_ADDRESS: temporal.address, TEMPORAL_NAMESPACE: temporal.namespace };
    const incidents = createIncidents(openTemporal({ env }), {
      complete: completeFromStore(own.config.store),
    });
    endings.push(() => incidents.close());

    const { config } = own;
    const routes = steeringRoutes({ config, incidents, log });
    const receiver = await buildReceiver({ config, incidents, log, routes });
    const webhookUrl = await receiver.listen({ host, port });
    endings.push(() => receiver.close());

    return { temporal, incidents, webhookUrl, ended, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

const USE_YOURS = 'let `faultline worker` and `faultline webhook` use the Temporal server that you have';
const MOVE_RECEIVER = 'choose another webhook.port';

/** A Temporal that listens there would be taken for our own, so this is found out before anything starts. */
async function demandFree(host: string, port: number, what: string, remedy: string): Promise<number> {
  if (port !== 0 && (await getPort({ host, port })) !== port) {
    throw new Error(
      `port ${port} on ${host}, for ${what}, is taken: end the other \`faultline dev\` if there is one, or ${remedy}`,
    );
  }
  return port;
}

async function endOf({ ended, address }: DevServer): Promise<void> {
  const { expected, said } = await ended;
  if (!expected)
    throw new Error(
      `the Temporal server at ${address} has ended by itself${said && `; it said last:\n${said}`}`,
    );
}

/** The configuration with the embedded server's UI for links. */
function withUi(loaded: LoadedConfig, uiUrl: string | null): LoadedConfig {
  if (uiUrl === null) return loaded;
  const { config } = loaded;
  return { ...loaded, config: { ...config, temporal: { ...config.temporal, uiUrl } } };
}

import { join } from 'node:path';
import getPort from 'get-port';
import type { Logger } from 'pino';
import type { Incidents } from '../client/incidents.js';
import { buildReceiver } from '../client/intake/receiver.js';
import { createIncidents } from '../client/temporal-incidents.js';
import { openTemporal } from '../client/temporal.js';
import type { LoadedConfig } from '../config/load.js';
import { startDevServer, type DevServer } from './dev/dev-server.js';
import { DEV_PORTS } from './dev/ports.js';
import { startWorker, type RunningWorker } from './worker.js';

/** Everything that Faultline runs, in one process beside an embedded Temporal server. */
export interface Stack {
  temporal: DevServer;
  incidents: Incidents;
  /** Where alert sources post: `http://127.0.0.1:8090`. */
  webhookUrl: string;
  /** Ends when the worker ends by itself. */
  worker: RunningWorker;
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
 * @throws when Temporal cannot be found or started, or a documented port is taken; nothing is left running then.
 */
export async function startStack({ loaded, log, durable, ports }: StackOptions): Promise<Stack> {
  const endings: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const end of endings.splice(0).reverse()) await end();
  };
  const choose = (port: number): Promise<number> =>
    ports === 'documented' ? Promise.resolve(port) : getPort({ port, host: loaded.config.webhook.host });
  try {
    const temporal = await startDevServer({
      log,
      dbFile: durable ? join(loaded.directory, '.faultline', 'temporal.db') : null,
      port: await choose(DEV_PORTS.temporal),
      uiPort: await choose(DEV_PORTS.temporalUi),
    });
    endings.push(() => temporal.stop());

    const own = withUi(loaded, temporal.uiUrl);
    const worker = await startWorker({ loaded: own, log, temporal });
    endings.push(() => worker.stop());

    const env = { TEMPORAL_ADDRESS: temporal.address, TEMPORAL_NAMESPACE: temporal.namespace };
    const incidents = createIncidents(openTemporal({ env }));
    endings.push(() => incidents.close());

    const receiver = await buildReceiver({ config: own.config, incidents, log });
    const { host, port } = own.config.webhook;
    const webhookUrl = await receiver.listen({ host, port });
    endings.push(() => receiver.close());

    return { temporal, incidents, worker, webhookUrl, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The configuration with the embedded server's UI for links. */
function withUi(loaded: LoadedConfig, uiUrl: string | null): LoadedConfig {
  if (uiUrl === null) return loaded;
  const { config } = loaded;
  return { ...loaded, config: { ...config, temporal: { ...config.temporal, uiUrl } } };
}

import getPort from 'get-port';
import type { Logger } from 'pino';
import { untilAskedToEnd } from './cli/until-asked.js';
import type { LoadedConfig } from '../config/load.js';
import { choosePort, DEV_PORTS } from './dev/ports.js';
import { HOST } from './dev/server-flags.js';
import { installRuntime } from './runtime.js';
import { startWorkerHealth } from './worker-health.js';
import { startWorker } from './worker.js';

/** Runs a worker with its health endpoint until it fails or the process is asked to end. */
export async function runWorkerProcess(loaded: LoadedConfig, log: Logger): Promise<void> {
  const { config } = loaded;
  const port = await choosePort({
    purpose: "the worker's health and metrics",
    setting: 'worker.port',
    ...{ host: config.worker.host, port: config.worker.port, byDefault: DEV_PORTS.worker },
    announce: (line) => {
      log.warn(line);
    },
  });
  // The SDK can serve its metrics only on a port of its own; /metrics of the worker passes them on.
  const sdkMetrics = `${HOST}:${await getPort({ host: HOST })}`;
  installRuntime(log, sdkMetrics);
  const worker = await startWorker({ loaded, log });
  const health = await startWorkerHealth({
    ...{ worker, config, log, port },
    sdkMetricsUrl: `http://${sdkMetrics}/metrics`,
  });
  log.info({ url: health.url }, 'worker serves /healthz, /readyz and /metrics');
  try {
    await Promise.race([untilAskedToEnd(), worker.finished]);
  } finally {
    await health.close();
  }
  await worker.stop();
}

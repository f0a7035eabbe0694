import type { Logger } from 'pino';
import type { Config } from '../config/schema.js';
import { examineStore } from './doctor/store.js';
import { serveHealth, type HealthServer } from './health.js';
import type { RunningWorker } from './worker.js';

export interface WorkerHealthOptions {
  worker: Pick<RunningWorker, 'demandPolling'>;
  config: Pick<Config, 'worker' | 'store'>;
  log: Logger;
  /** The port to listen on, which may be another one than the setting's. */
  port: number;
  /** Address of the Temporal SDK's metrics of this process. */
  sdkMetricsUrl?: string;
}

/** Serves a worker's health and metrics: it is ready when Temporal sees it polling and its store can be written. */
export function startWorkerHealth(options: WorkerHealthOptions): Promise<HealthServer> {
  const { worker, config, sdkMetricsUrl, ...rest } = options;
  return serveHealth({
    ...rest,
    host: config.worker.host,
    ...(sdkMetricsUrl !== undefined && { sdkMetricsUrl }),
    checks: {
      temporal: () => worker.demandPolling(),
      store: () => demandStore(config.store),
    },
  });
}

async function demandStore({ directory }: Config['store']): Promise<void> {
  const failure = (await examineStore(directory)).find(({ status }) => status === 'failed');
  if (failure) throw new Error(`${failure.subject}: ${failure.seen}`);
}

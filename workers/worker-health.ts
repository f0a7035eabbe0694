import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import type { BlobStore } from '../activities/record/blob-store.js';
import { openBlobs } from '../activities/record/open-store.js';
import type { Config } from '../config/schema.js';
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
  const blobs = openBlobs(config.store);
  return serveHealth({
    ...rest,
    host: config.worker.host,
    ...(sdkMetricsUrl !== undefined && { sdkMetricsUrl }),
    checks: {
      temporal: () => worker.demandPolling(),
      store: () => demandWritable(blobs),
    },
  });
}

/** Writes and deletes one object; what else the store must do, the doctor tries. */
async function demandWritable(blobs: BlobStore): Promise<void> {
  const key = `doctor/probe-${randomUUID()}`;
  await blobs.put(key, Buffer.from('written by a readiness check'));
  await blobs.delete(key);
}

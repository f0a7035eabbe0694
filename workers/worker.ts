import { NativeConnection, Worker } from '@temporalio/worker';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { createActivities } from '../activities/index.js';
import { createHeartbeats } from '../client/heartbeats.js';
import { openTemporal, temporalSettings, type Temporal } from '../client/temporal.js';
import { createIncidents } from '../client/temporal-incidents.js';
import { scheduleWatches } from '../client/watch-schedules.js';
import type { LoadedConfig } from '../config/load.js';
import { TASK_QUEUE } from '../model/messages.js';
import { demandPolling, differingStores, identityWith, readPollers, SHARE_ONE_STORE } from './pollers.js';
import { installRuntime } from './runtime.js';
import { createSlotWorkers, createZoneWorker, runTogether, stopAll } from './slots.js';
import { productVersion } from './version.js';
import { workflowSource, type WorkflowSource } from './workflow-source.js';

/** Seconds that running activities have to finish after the worker was stopped. */
const SHUTDOWN_GRACE = '10s';

/** Incidents whose workflow stays in memory between events; one costs about a quarter of a megabyte. */
const CACHED_WORKFLOWS = 500;

/** Temporal has so long to take what a watch found; after that the run is tried again. */
const RAISE_TIMEOUT_SECONDS = 10;

/** How long Temporal has to list the workers, at a worker's start and for a readiness check (health.ts allows 3 s). */
const POLLERS_TIMEOUT_MS = 2500;

const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 15_000;

export interface WorkerOptions {
  loaded: LoadedConfig;
  log: Logger;
  /** @default as TEMPORAL_* variables and the profile in the configuration say */
  temporal?: { address: string; namespace: string } | undefined;
  /** Where TEMPORAL_* variables are read. @default process.env */
  env?: NodeJS.ProcessEnv | undefined;
  /** @default the built bundle, else the sources */
  workflows?: WorkflowSource;
}

export interface RunningWorker {
  /** Ends when the worker has stopped; rejects when it failed. */
  finished: Promise<void>;
  /** Rejects with the reason when Temporal does not answer, or does not see this worker polling each task queue. */
  demandPolling(): Promise<void>;
  /** Lets running work end, then stops. */
  stop(): Promise<void>;
}

/**
 * Starts a worker that polls for incidents. Waits for Temporal as long as it is away: a worker that starts
 * before its server is a common order of things.
 */
export async function startWorker(options: WorkerOptions): Promise<RunningWorker> {
  const { loaded, log } = options;
  installRuntime(log);
  const { connectionOptions, namespace = 'default' } = connectionSettings(options);
  const connection = await connectPatiently(connectionOptions, log);
  const client = openTemporal({
    profile: loaded.config.temporal.profile,
    server: options.temporal,
    env: options.env,
  });
  const incidents = createIncidents(client);
  const { activities, storeId, close } = await createActivities({
    loaded,
    productVersion: productVersion(),
    log,
    raise: (anomalies) => incidents.raise(anomalies, { timeoutSeconds: RAISE_TIMEOUT_SECONDS }),
  });
  const common = {
    ...{ connection, namespace, activities },
    identity: identityWith(storeId),
    shutdownGraceTime: SHUTDOWN_GRACE,
  };
  const { zone } = loaded.config.worker;
  const workers =
    zone === undefined
      ? [
          await Worker.create({
            ...common,
            taskQueue: TASK_QUEUE,
            ...(options.workflows ?? workflowSource()),
            maxCachedWorkflows: CACHED_WORKFLOWS,
          }),
          ...(await createSlotWorkers({ ...common, config: loaded.config })),
        ]
      : [await createZoneWorker(common, zone)];
  const taskQueues = workers.map((one) => one.options.taskQueue);
  log.info(
    { address: connectionOptions.address, namespace, taskQueues },
    zone === undefined ? 'worker polls for incidents' : `worker polls for checks of zone ${zone}`,
  );

  if (zone === undefined) {
    await keepSchedules(client, loaded, log);
    await keepHeartbeats(client, loaded, log);
  }
  await warnOfOtherStores(client, storeId, log);

  const finished = runTogether(workers).finally(async () => {
    await close();
    await incidents.close();
    await connection.close();
  });
  return {
    finished,
    demandPolling: () => demandPolling(client, workers, POLLERS_TIMEOUT_MS),
    stop: async () => {
      stopAll(workers);
      await finished;
    },
  };
}

/** Watches that cannot be scheduled must not keep the worker from diagnosing. */
async function keepSchedules(client: Temporal, { config }: LoadedConfig, log: Logger): Promise<void> {
  try {
    const changes = await scheduleWatches(client, config);
    if (Object.values(changes).flat().length > 0)
      log.info(changes, 'schedules of watches follow the configuration');
  } catch (error) {
    log.error({ error: String(error) }, 'the schedules of the watches cannot be kept: they run as they were');
  }
}

/** Nor must heartbeats. */
async function keepHeartbeats(client: Temporal, { config }: LoadedConfig, log: Logger): Promise<void> {
  try {
    await createHeartbeats(client, config).keep();
  } catch (error) {
    log.error(
      { error: String(error) },
      'heartbeats cannot follow the configuration: they are watched as before',
    );
  }
}

/** Workers with stores of their own diagnose, but links and `faultline report` find only a part of the incidents. */
async function warnOfOtherStores(client: Temporal, storeId: string | null, log: Logger): Promise<void> {
  try {
    const others = (await readPollers(client, POLLERS_TIMEOUT_MS)).flatMap(({ pollers }) => pollers);
    const different = differingStores([...others, { identity: identityWith(storeId), secondsAgo: 0 }]);
    if (different !== null) log.warn(`${different}; ${SHARE_ONE_STORE}`);
  } catch (error) {
    log.debug({ error: String(error) }, 'which stores other workers use is not known');
  }
}

function connectionSettings({ temporal, env, loaded }: WorkerOptions) {
  return temporalSettings({ profile: loaded.config.temporal.profile, server: temporal, env });
}

async function connectPatiently(
  options: Parameters<typeof NativeConnection.connect>[0],
  log: Logger,
): Promise<NativeConnection> {
  for (let wait = FIRST_RETRY_MS; ; wait = Math.min(wait * 2, LONGEST_RETRY_MS)) {
    try {
      return await NativeConnection.connect(options);
    } catch (error) {
      log.warn({ address: options?.address, error: String(error), againInMs: wait }, 'waiting for Temporal');
      await sleep(wait);
    }
  }
}

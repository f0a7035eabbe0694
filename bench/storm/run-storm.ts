import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection, type WorkflowClient } from '@temporalio/client';
import { execa } from 'execa';
import getPort from 'get-port';
import pMap from 'p-map';
import { pino } from 'pino';
import { stringify } from 'yaml';
import type { LoadedConfig } from '../../config/load.js';
import { configSchema } from '../../config/schema.js';
import * as names from '../../model/messages.js';
import type { TriageState } from '../../model/triage.js';
import { anAnomaly } from '../../test/support/anomalies.js';
import { startStubPrometheus } from '../../test/support/stub-prometheus.js';
import { startWorkerProcess } from '../../test/support/worker-process.js';
import { startDevServer } from '../../workers/dev/dev-server.js';
import { stormEstate, type StormAlert } from './estate.js';
import { sendBurst, sendPaced } from './sender.js';

export interface StormOptions {
  alerts: number;
  services: number;
  /** Over which the alerts are sent. */
  seconds: number;
  /** When, as shares of `seconds`, the worker and the Temporal server are killed and started again. */
  workerDies: number[];
  serverDies: number[];
  /** Calls of one alert each, and alerts of the burst, that are compared. */
  compared: { calls: number; alerts: number };
}

export interface StormResult {
  sent: number;
  accepted: number;
  /** Accepted alerts that triage knows no incident of. */
  lost: number;
  incidents: number;
  /** Alerts a second of the receiver, to those of one bare signal-with-start call per alert. */
  ratio: number;
  /** Of all answers of the receiver during the storm, refusals included. */
  p99Ms: number;
  /** The most memory that the receiver's process held; 0 where the system does not tell. */
  rssMb: number;
}

const ENVIRONMENT = 'storm';
const SETTLE_LIMIT_MS = 180_000;
const log = pino({ level: 'silent' });

/** Lets a storm of alerts pass through receiver, Temporal on a file, and worker, each a process of its own, and kills some. */
export async function runStorm(
  options: StormOptions,
  say: (line: string) => void = () => undefined,
): Promise<StormResult> {
  const endings: (() => Promise<unknown>)[] = [];
  try {
    const directory = await mkdtemp(join(tmpdir(), 'faultline-storm-'));
    endings.push(() => rm(directory, { recursive: true, force: true }));
    const estate = stormEstate(options);
    const prometheus = await startStubPrometheus();
    endings.push(() => prometheus.close());

    const dbFile = join(directory, 'temporal.db');
    let server = await startDevServer({ log, dbFile, ui: false });
    endings.push(() => server.stop());
    const port = Number(server.address.split(':')[1]);
    const connection = Connection.lazy({ address: server.address });
    endings.push(() => connection.close());
    const { workflow } = new Client({ connection });

    const loaded = settings(directory, estate.services, prometheus.url, await getPort());
    const receiver = await startReceiver(loaded, server.address);
    endings.push(() => receiver.stop());
    const began = Date.now() / 1000;
    const target = { url: receiver.url, began };

    const bare = await bareRate(workflow, options.compared.calls);
    say(`one call per alert: ${bare.toFixed(0)} alerts/s`);
    const burst = await sendBurst(estate.alerts.slice(0, options.compared.alerts), {
      ...target,
      environment: 'burst',
    });
    await workflow.getHandle(names.triageWorkflowId('burst')).terminate();
    const rate = burst.accepted.length / burst.seconds;
    say(`the receiver: ${rate.toFixed(0)} alerts/s`);

    let worker = await startWorkerProcess(loaded, server);
    endings.push(() => worker.stop());
    const killings = [
      ...options.workerDies.map((share) => ({
        at: share * options.seconds,
        kill: async () => {
          await worker.kill();
          worker = await startWorkerProcess(loaded, server);
          say('the worker died and is back');
        },
      })),
      ...options.serverDies.map((share) => ({
        at: share * options.seconds,
        kill: async () => {
          process.kill(server.pid, 'SIGKILL');
          await server.ended;
          server = await startDevServer({ log, dbFile, port, ui: false });
          say('the Temporal server died and is back');
        },
      })),
    ].sort((a, b) => a.at - b.at);
    const start = performance.now();
    const killed = (async () => {
      for (const { at, kill } of killings) {
        await sleep(Math.max(0, at * 1000 - (performance.now() - start)));
        await kill();
      }
    })();
    const storm = await sendPaced(estate.alerts, { ...target, environment: ENVIRONMENT });
    await killed;
    say(`${storm.accepted.length} alerts accepted in ${storm.seconds.toFixed(0)} s`);

    const { lost, state } = await untilPlaced(workflow, storm.accepted);
    return {
      sent: estate.alerts.length,
      accepted: storm.accepted.length,
      lost,
      incidents: state.counts.incidents,
      ratio: rounded(rate / bare, 1),
      p99Ms: rounded(percentile(storm.answers, 0.99), 0),
      rssMb: await receiver.mostMemory(),
    };
  } finally {
    for (const end of endings.reverse()) await end();
  }
}

function settings(
  directory: string,
  services: { name: string; calls: string[] }[],
  url: string,
  port: number,
): LoadedConfig {
  const config = configSchema.parse({
    metrics: { type: 'prometheus', url },
    topology: { services },
    diagnosis: { sourceTimeoutSeconds: 5 },
    webhook: { port },
    store: { directory: join(directory, 'store') },
  });
  return { config, file: null, directory, secrets: [] };
}

async function startReceiver(loaded: LoadedConfig, address: string) {
  const file = join(loaded.directory, 'receiver.yml');
  await writeFile(file, stringify(loaded.config));
  const program = fileURLToPath(new URL('../../workers/faultline.ts', import.meta.url));
  const child = execa('node', ['--import', 'tsx', program, 'webhook', '--config', file], {
    env: { TEMPORAL_ADDRESS: address },
    reject: false,
  });
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => {
      const [, found] = /Webhook\s+(http\S+)\/v1\//.exec(chunk.toString()) ?? [];
      if (found !== undefined) resolve(found);
    });
    void child.then(({ stderr }) => reject(new Error(`the receiver ended: ${stderr}`)));
  });
  return {
    url,
    mostMemory: async (): Promise<number> => {
      const status = await readFile(`/proc/${child.pid}/status`, 'utf8').catch(() => '');
      return Math.round(Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1024);
    },
    stop: async () => {
      child.kill('SIGTERM');
      await child;
    },
  };
}

/** Alerts a second when each has a call of its own. */
async function bareRate(workflow: WorkflowClient, calls: number): Promise<number> {
  const workflowId = 'bare';
  const start = performance.now();
  await pMap(
    Array.from({ length: calls }, (_, i) => anAnomaly({ fingerprint: String(i) })),
    (anomaly) =>
      workflow.signalWithStart(names.TRIAGE_WORKFLOW, {
        workflowId,
        taskQueue: 'nobody',
        args: [{ environment: 'bare' }],
        signal: names.anomaliesRaised,
        signalArgs: [[anomaly]],
      }),
    { concurrency: 32 },
  );
  const seconds = (performance.now() - start) / 1000;
  await workflow.getHandle(workflowId).terminate();
  return calls / seconds;
}

/** Waits until triage has placed everything, and counts what it does not know. */
async function untilPlaced(
  workflow: WorkflowClient,
  accepted: readonly StormAlert[],
): Promise<{ lost: number; state: TriageState }> {
  const triage = workflow.getHandle(names.triageWorkflowId(ENVIRONMENT));
  const fingerprints = accepted.map(({ fingerprint }) => fingerprint);
  const start = performance.now();
  for (;;) {
    try {
      const places = await triage.query(names.whereabouts, fingerprints);
      const lost = places.filter((place) => place === null).length;
      if (lost === 0 || performance.now() - start > SETTLE_LIMIT_MS) {
        return { lost, state: await triage.query(names.triageState) };
      }
    } catch (error) {
      // A worker that has just come back has its hands full.
      if (performance.now() - start > SETTLE_LIMIT_MS) throw error;
    }
    await sleep(1_000);
  }
}

function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

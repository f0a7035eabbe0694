import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { median } from 'd3-array';
import { pino } from 'pino';
import { startDevServer } from '../../workers/dev/dev-server.js';
import { installRuntime } from '../../workers/runtime.js';
import { startBareWorker } from './bare.js';
import { activityGroups, startDiagnoses } from './diagnoses.js';

/*
 * `npm run bench:speed`: what a diagnosis costs beside a bare workflow that asks the same server for as many activities
 * in as many steps. Both run in this process, one after the other in pairs, so that the machine's mood cancels out.
 */

const WARM_UP = 3;
/** Diagnoses and bare workflows whose latency is compared, one at a time, in turns. */
const ONE_BY_ONE = 10;
/** ... and how many are in flight at once when the rate is compared. */
const AT_ONCE = 40;

const log = pino({ level: 'silent' });
installRuntime(log);
const directory = await mkdtemp(join(tmpdir(), 'faultline-speed-'));
const server = await startDevServer({ log, ui: false });
const connection = await Connection.connect({ address: server.address });
const nativeConnection = await NativeConnection.connect({ address: server.address });
const client = new Client({ connection, namespace: server.namespace });
const diagnoses = await startDiagnoses(server, directory);
const bare = await startBareWorker(client.workflow, nativeConnection);
try {
  let last = { incident: '', seconds: 0 };
  for (let i = 0; i < WARM_UP; i++) last = await diagnoses.diagnose();
  const groups = await activityGroups(client, last.incident);
  await bare.run(groups);
  const { historyLength, historySize } = await client.workflow.getHandle(last.incident).describe();

  const latencies: [diagnosis: number, bare: number][] = [];
  for (let i = 0; i < ONE_BY_ONE; i++) {
    latencies.push([(await diagnoses.diagnose()).seconds, await bare.run(groups)]);
  }

  const memoryBefore = process.memoryUsage.rss();
  const rate = await perSecond(() => diagnoses.diagnose());
  const memory = (process.memoryUsage.rss() - memoryBefore) / AT_ONCE;
  const bareRate = await perSecond(() => bare.run(groups));

  const rows: [string, string][] = [
    [
      'activities of a first diagnosis',
      `${groups.reduce((sum, size) => sum + size, 0)} in ${groups.length} steps`,
    ],
    ['events and bytes of its history', `${historyLength} and ${((historySize ?? 0) / 1000).toFixed(0)} kB`],
    [
      'diagnoses a second',
      `${rate.toFixed(2)}, bare workflows ${bareRate.toFixed(2)}: ratio ${(rate / bareRate).toFixed(2)}`,
    ],
    [
      'webhook to first summary, median',
      `${seconds(latencies.map(([diagnosis]) => diagnosis))}, bare workflow ${seconds(latencies.map(([, one]) => one))}: ratio ${ratioOf(latencies).toFixed(2)}`,
    ],
    ['memory of the process per open incident', `${(memory / 1e6).toFixed(1)} MB`],
  ];
  for (const [name, value] of rows) process.stdout.write(`${name.padEnd(42)}${value}\n`);
} finally {
  await diagnoses.stop();
  await bare.stop();
  await nativeConnection.close();
  await connection.close();
  await server.stop();
  await rm(directory, { recursive: true, force: true });
}

/** Runs `AT_ONCE` at the same time; answers how many came through in a second. */
async function perSecond(run: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await Promise.all(Array.from({ length: AT_ONCE }, () => run()));
  return AT_ONCE / ((performance.now() - start) / 1000);
}

function seconds(values: number[]): string {
  return `${(median(values) ?? NaN).toFixed(2)} s`;
}

/** Pairs are compared with each other, since the machine is busier at one moment than at another. */
function ratioOf(pairs: [number, number][]): number {
  return median(pairs, ([diagnosis, one]) => diagnosis / one) ?? NaN;
}

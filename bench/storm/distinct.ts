import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import {
  bundleWorkflowCode,
  DefaultLogger,
  NativeConnection,
  Worker,
  type WorkflowBundleWithSourceMap,
} from '@temporalio/worker';
import { createDeliver } from '../../activities/deliver/deliver.js';
import { batchesOf } from '../../client/batches.js';
import type { Anomaly } from '../../model/anomaly.js';
import * as messages from '../../model/messages.js';
import { anAnomaly } from '../../test/support/anomalies.js';

export interface DistinctResult {
  incidents: number;
  /** Incident workflows that run, each with its own alert. */
  opened: number;
  /** From the first signal until the last incident was started. */
  seconds: number;
  /** How long a person waited whose alert came when half of the others were placed. */
  personWaited: number;
  /** CPU seconds of triage for each round, everything included that the SDK does for it; measured by a replay. */
  cpuOfRound: number;
  /** Runs of triage: it continues as new when its history grows. */
  runs: number;
  /** The longest history of one of them. */
  mostEvents: number;
  mostBytes: number;
}

const ENVIRONMENT = 'distinct';
const QUEUE = 'triage-only';
const LIMIT_MS = 600_000;

type RunsOfTriage = Pick<DistinctResult, 'cpuOfRound' | 'runs' | 'mostEvents' | 'mostBytes'>;

/**
 * Raises alerts that have nothing in common and counts the incidents that triage starts for them on a real server.
 * Triage and its activities run; the incidents are started on a task queue that nobody polls, so only triage is
 * measured.
 */
export async function runDistinct(
  options: { address: string; namespace: string; incidents: number; textBytes: number },
  say: (line: string) => void = () => undefined,
): Promise<DistinctResult> {
  const { address, namespace, incidents } = options;
  // A page of triage's history is larger than the four megabytes that gRPC takes by itself.
  const channelArgs = { 'grpc.max_receive_message_length': 64 * 1024 * 1024 };
  const connection = await Connection.connect({ address, channelArgs });
  const native = await NativeConnection.connect({ address });
  try {
    const { workflow } = new Client({ connection, namespace });
    const workflowBundle = await bundleWorkflowCode({
      workflowsPath: fileURLToPath(new URL('../../workflows/index.ts', import.meta.url)),
      logger: new DefaultLogger('WARN'),
    });
    const worker = await Worker.create({
      connection: native,
      namespace,
      taskQueue: QUEUE,
      workflowBundle,
      activities: {
        ...createDeliver({ taskQueue: 'nobody' }),
        readTriagePolicy: () =>
          Promise.resolve({ settleSeconds: 1, joinBy: ['group', 'service'], silences: [] }),
      },
    });
    const anomalies = distinctAlerts(incidents, options.textBytes);
    const person = anomalies.splice(-1);
    return await worker.runUntil(async () => {
      const start = performance.now();
      const triageId = messages.triageWorkflowId(ENVIRONMENT);
      for (const batch of batchesOf(anomalies)) {
        await workflow.signalWithStart(messages.TRIAGE_WORKFLOW, {
          workflowId: triageId,
          taskQueue: QUEUE,
          args: [{ environment: ENVIRONMENT }],
          signal: messages.anomaliesRaised,
          signalArgs: [batch.anomalies],
        });
      }
      say(`${incidents} alerts raised in ${((performance.now() - start) / 1000).toFixed(1)} s`);
      const triage = workflow.getHandle(triageId);
      let personWaited: number | null = null;
      for (;;) {
        const state = await triage.query(messages.triageState);
        say(`${state.openIncidents} incidents open, ${state.waiting} alerts wait`);
        if (state.counts.placed >= incidents / 2) {
          personWaited ??= await timed(() => triage.executeUpdate(messages.raise, { args: [person] }));
        }
        if (state.counts.placed === incidents && state.undelivered === 0) break;
        if (performance.now() - start > LIMIT_MS) break;
        await sleep(1_000);
      }
      const seconds = (performance.now() - start) / 1000;
      const query = `WorkflowType = '${messages.DIAGNOSE_WORKFLOW}' AND FaultlineEnvironment = '${ENVIRONMENT}'`;
      let { count } = await workflow.count(query);
      // The list of runs follows a little later than the runs.
      for (let wait = 0; wait < 30 && count < incidents; wait++) {
        await sleep(500);
        ({ count } = await workflow.count(query));
      }
      const runs = await runsOf(workflow, triageId, workflowBundle);
      return { incidents, opened: count, seconds, personWaited: personWaited ?? Infinity, ...runs };
    });
  } finally {
    await connection.close();
    await native.close();
  }
}

function distinctAlerts(count: number, textBytes: number): Anomaly[] {
  const startedAt = Date.now() / 1000;
  return Array.from({ length: count }, (_, i) =>
    anAnomaly({
      fingerprint: `distinct-${i}`,
      group: `group${i}`,
      service: `service-${i}`,
      environment: ENVIRONMENT,
      startedAt,
      annotations: { description: 'x'.repeat(textBytes) },
    }),
  );
}

/** Seconds that something takes. */
async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

/** Reads the runs of a triage, and replays them to learn what CPU time they cost; a round ends with a delivery. */
async function runsOf(
  workflow: Client['workflow'],
  workflowId: string,
  workflowBundle: WorkflowBundleWithSourceMap,
): Promise<RunsOfTriage> {
  const found = { runs: 0, mostEvents: 0, mostBytes: 0 };
  let rounds = 0;
  let cpu = 0;
  for await (const { runId } of workflow.list({ query: `WorkflowId = '${workflowId}'` })) {
    const handle = workflow.getHandle(workflowId, runId);
    const { historyLength, historySize = 0 } = await handle.describe();
    found.runs += 1;
    found.mostEvents = Math.max(found.mostEvents, historyLength);
    found.mostBytes = Math.max(found.mostBytes, historySize);
    const history = await handle.fetchHistory();
    rounds += (history.events ?? []).filter(
      ({ activityTaskScheduledEventAttributes: scheduled }) => scheduled?.activityType?.name === 'deliver',
    ).length;
    const before = process.cpuUsage();
    await Worker.runReplayHistory({ workflowBundle }, history, workflowId);
    const { user, system } = process.cpuUsage(before);
    cpu += (user + system) / 1e6;
  }
  return { ...found, cpuOfRound: cpu / rounds };
}

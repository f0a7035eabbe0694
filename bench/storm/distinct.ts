import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Worker } from '@temporalio/worker';
import { createDeliver } from '../../activities/deliver/deliver.js';
import { batchesOf } from '../../client/batches.js';
import * as messages from '../../model/messages.js';
import { anAnomaly } from '../../test/support/anomalies.js';

export interface DistinctResult {
  incidents: number;
  /** Incident workflows that run, each with its own alert. */
  opened: number;
  /** From the first signal until the last incident was started. */
  seconds: number;
  /** Runs of triage: it continues as new when its history grows. */
  runs: number;
  /** The longest history of one of them. */
  mostEvents: number;
  mostBytes: number;
}

const ENVIRONMENT = 'distinct';
const QUEUE = 'triage-only';
const LIMIT_MS = 600_000;

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
  const connection = await Connection.connect({ address });
  const native = await NativeConnection.connect({ address });
  try {
    const { workflow } = new Client({ connection, namespace });
    const worker = await Worker.create({
      connection: native,
      namespace,
      taskQueue: QUEUE,
      workflowBundle: await bundleWorkflowCode({
        workflowsPath: fileURLToPath(new URL('../../workflows/index.ts', import.meta.url)),
        logger: new DefaultLogger('WARN'),
      }),
      activities: {
        ...createDeliver({ taskQueue: 'nobody' }),
        readTriagePolicy: () =>
          Promise.resolve({ settleSeconds: 1, joinBy: ['group', 'service'], silences: [] }),
      },
    });
    const now = Date.now() / 1000;
    const anomalies = Array.from({ length: incidents }, (_, i) =>
      anAnomaly({
        fingerprint: `distinct-${i}`,
        group: `group${i}`,
        service: `service-${i}`,
        environment: ENVIRONMENT,
        startedAt: now,
        annotations: { description: 'x'.repeat(options.textBytes) },
      }),
    );
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
      for (;;) {
        const state = await workflow.getHandle(triageId).query(messages.triageState);
        say(`${state.openIncidents} incidents open, ${state.waiting} alerts wait`);
        if (state.counts.placed === incidents && state.undelivered === 0) break;
        if (performance.now() - start > LIMIT_MS) break;
        await sleep(1_000);
      }
      const seconds = (performance.now() - start) / 1000;
      const runs = await historiesOf(workflow, triageId);
      const query = `WorkflowType = '${messages.DIAGNOSE_WORKFLOW}' AND FaultlineEnvironment = '${ENVIRONMENT}'`;
      let { count } = await workflow.count(query);
      // The list of runs follows a little later than the runs.
      for (let wait = 0; wait < 30 && count < incidents; wait++) {
        await sleep(500);
        ({ count } = await workflow.count(query));
      }
      return { incidents, opened: count, seconds, ...runs };
    });
  } finally {
    await connection.close();
    await native.close();
  }
}

async function historiesOf(
  workflow: Client['workflow'],
  workflowId: string,
): Promise<Pick<DistinctResult, 'runs' | 'mostEvents' | 'mostBytes'>> {
  const found = { runs: 0, mostEvents: 0, mostBytes: 0 };
  for await (const run of workflow.list({ query: `WorkflowId = '${workflowId}'` })) {
    const { historyLength, historySize = 0 } = await workflow.getHandle(workflowId, run.runId).describe();
    found.runs += 1;
    found.mostEvents = Math.max(found.mostEvents, historyLength);
    found.mostBytes = Math.max(found.mostBytes, historySize);
  }
  return found;
}

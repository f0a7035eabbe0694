import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import { readSearchAttributes } from './search-attributes.js';

const READY_TIMEOUT_MS = 60_000;
const CONNECT_TIMEOUT_MS = 1000;
const POLL_MS = 50;

/**
 * Waits until the server takes work: it answers, and the namespace has Faultline's search attributes.
 * @throws Error with the last thing seen, when that takes longer than a minute or `signal` gives up.
 */
export async function untilReady(address: string, namespace: string, signal: AbortSignal): Promise<void> {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  let seen = 'no answer';
  while (!signal.aborted && Date.now() < deadline) {
    try {
      const missing = await missingAttributes(address, namespace);
      if (missing.length === 0) return;
      seen = `search attributes are missing: ${missing.join(', ')}`;
    } catch (error) {
      seen = error instanceof Error ? error.message : String(error);
    }
    await sleep(POLL_MS);
  }
  throw new Error(`The Temporal dev server was not ready after ${READY_TIMEOUT_MS / 1000} s: ${seen}`);
}

async function missingAttributes(address: string, namespace: string): Promise<string[]> {
  const connection = await Connection.connect({ address, connectTimeout: CONNECT_TIMEOUT_MS });
  try {
    return (await readSearchAttributes(connection, namespace)).missing;
  } finally {
    await connection.close();
  }
}

/** Sets for how long the namespace keeps finished runs. */
export async function keepRunsFor(days: number, address: string, namespace: string): Promise<void> {
  const connection = await Connection.connect({ address });
  try {
    await connection.workflowService.updateNamespace({
      namespace,
      config: { workflowExecutionRetentionTtl: msToTs(`${days} days`) },
    });
  } finally {
    await connection.close();
  }
}

import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import proto from '@temporalio/proto';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { NativeConnection } from '@temporalio/worker';
import { pino } from 'pino';
import { SEARCH_ATTRIBUTES } from '../../model/messages.js';
import { startDevServer, type DevServer } from '../../workers/dev/dev-server.js';
import { findTimeSkippingServer } from './time-skipping-binary.js';

/** Settings that let short timers and retries of tests fire when they are due, not up to a second later. */
export const FAST_TIMERS = { 'history.timerProcessorMaxTimeShift': '10ms' } as const;

/** The process's one real Temporal server with its connections. */
export interface TestServer extends DevServer {
  client: Client;
  connection: Connection;
  /** For workers. */
  nativeConnection: NativeConnection;
}

const log = pino({ level: process.env['FAULTLINE_TEST_LOG'] ?? 'silent' }, pino.destination(2));
let shared: Promise<TestServer> | undefined;
let skipping: Promise<TestWorkflowEnvironment> | undefined;

/**
 * The real dev server that all test files of a process share (mocha runs files in some processes side by side). It is
 * started at the first call and ends with the process. Tests keep apart by ids and task queues of their own: see
 * `uniqueName`.
 */
export function testServer(): Promise<TestServer> {
  shared ??= startShared();
  return shared;
}

async function startShared(): Promise<TestServer> {
  const server = await startDevServer({ log, dynamicConfig: FAST_TIMERS });
  const { address, namespace } = server;
  const connection = await Connection.connect({ address });
  const nativeConnection = await NativeConnection.connect({ address });
  return { ...server, client: new Client({ connection, namespace }), connection, nativeConnection };
}

/**
 * The server on which awaiting a result skips the time until then; one for each process, as `testServer`. Await one
 * workflow at a time, since the time that is skipped is everyone's.
 */
export function timeSkippingServer(): Promise<TestWorkflowEnvironment> {
  skipping ??= startSkipping();
  return skipping;
}

async function startSkipping(): Promise<TestWorkflowEnvironment> {
  const path = await findTimeSkippingServer();
  const environment = await TestWorkflowEnvironment.createTimeSkipping({
    server: { executable: { type: 'existing-path', path } },
  });
  // The SDK tells neither the server's process nor ends it with ours.
  process.once('exit', () => {
    spawnSync('pkill', ['-P', String(process.pid), '-f', path]);
  });
  await addSearchAttributes(environment);
  return environment;
}

/** The time-skipping server adds search attributes but cannot list them, so this does not look first. */
async function addSearchAttributes(environment: TestWorkflowEnvironment): Promise<void> {
  const { INDEXED_VALUE_TYPE_KEYWORD: KEYWORD, INDEXED_VALUE_TYPE_DOUBLE: DOUBLE } =
    proto.temporal.api.enums.v1.IndexedValueType;
  const types = { KEYWORD, DOUBLE };
  await environment.connection.operatorService.addSearchAttributes({
    namespace: 'default',
    searchAttributes: Object.fromEntries(
      Object.entries(SEARCH_ATTRIBUTES).map(([name, type]) => [name, types[type]]),
    ),
  });
}

/** A name that no other test uses: for workflow ids, task queues, environments. */
export function uniqueName(prefix: string): string {
  return `${prefix}-${randomUUID().slice(0, 8)}`;
}

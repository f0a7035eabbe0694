import assert from 'node:assert/strict';
import { Worker } from '@temporalio/worker';
import { msToTs } from '@temporalio/common/lib/time.js';
import getPort from 'get-port';
import { openTemporal } from '../../client/temporal.js';
import { ANALYSIS_TASK_QUEUE, COLLECT_TASK_QUEUE, TASK_QUEUE } from '../../model/messages.js';
import { demandPolling } from '../../workers/pollers.js';
import { registerSearchAttributes } from '../../workers/dev/search-attributes.js';
import type { Finding } from '../../workers/doctor/finding.js';
import { examineTemporal } from '../../workers/doctor/temporal.js';
import { testServer, uniqueName, type TestServer } from '../support/dev-server.js';
import { workflowBundle } from '../support/workflow-lab.js';

describe('what the doctor sees of Temporal', () => {
  let server: TestServer;

  before(async function () {
    this.timeout(200_000);
    server = await testServer();
  });

  async function bareNamespace(): Promise<string> {
    const namespace = uniqueName('doctor');
    await server.connection.workflowService.registerNamespace({
      namespace,
      workflowExecutionRetentionPeriod: msToTs('1 day'),
    });
    return namespace;
  }

  const look = (namespace: string): Promise<Finding[]> =>
    examineTemporal({ server: { address: server.address, namespace } });

  it('names version, namespace, attributes that are missing, and that no worker is there', async () => {
    const namespace = await bareNamespace();
    const [version, home, attributes, worker] = await look(namespace);
    assert.equal(version?.subject, `server ${server.address}`);
    assert.match(version.seen, /^version \d+\.\d+\.\d+/);
    assert.equal(home?.seen, 'exists; keeps closed incidents for a day');
    assert.equal(attributes?.status, 'failed');
    assert.match(attributes.seen, /missing: FaultlineService, /);
    assert.equal(attributes.remedy, 'register them: `faultline setup`');
    assert.equal(worker?.status, 'warning');
    assert.equal(worker.seen, 'no worker polls for tasks');
  });

  async function workersOn(namespace: string, taskQueues: string[], identity = 'worker-of-the-test') {
    const common = {
      ...{ connection: server.nativeConnection, namespace, identity },
      activities: { nothing: () => Promise.resolve() },
    };
    return Promise.all(
      taskQueues.map(async (taskQueue) =>
        Worker.create({
          ...{ ...common, taskQueue },
          ...(taskQueue === TASK_QUEUE && { workflowBundle: await workflowBundle() }),
        }),
      ),
    );
  }

  /**
   * Runs workers until `seen` says yes of what the doctor finds about them: a server learns of a poller by its poll.
   */
  async function untilSeen(
    workers: Worker[],
    namespace: string,
    seen: (finding: Finding) => boolean,
  ): Promise<Finding> {
    const [first, ...others] = workers;
    const running = others.map((worker) => worker.run());
    try {
      return await first!.runUntil(async () => {
        for (;;) {
          const finding = (await look(namespace)).at(-1)!;
          if (seen(finding)) return finding;
        }
      });
    } finally {
      for (const worker of others) worker.shutdown();
      await Promise.all(running);
    }
  }

  it('finds nothing to do when attributes are registered and workers poll every task queue', async function () {
    this.timeout(60_000);
    const namespace = await bareNamespace();
    await registerSearchAttributes(server.connection, namespace);
    const workers = await workersOn(namespace, [TASK_QUEUE, COLLECT_TASK_QUEUE, ANALYSIS_TASK_QUEUE]);
    const finding = await untilSeen(workers, namespace, ({ status }) => status === 'ok');
    assert.equal(finding.seen, 'worker-of-the-test polls for tasks');
    assert.ok((await look(namespace)).every(({ status }) => status === 'ok'));
  });

  it('names the task queue that nobody polls, and the worker is not ready', async function () {
    this.timeout(60_000);
    const namespace = await bareNamespace();
    const workers = await workersOn(namespace, [TASK_QUEUE, COLLECT_TASK_QUEUE]);
    const isSeen = ({ seen }: Finding): boolean =>
      [`'${TASK_QUEUE}'`, COLLECT_TASK_QUEUE, 'no worker polls for'].every((early) => !seen.includes(early));
    const finding = await untilSeen(workers, namespace, isSeen);
    assert.equal(finding.status, 'warning');
    assert.equal(finding.seen, "no worker polls task queue 'faultline-analysis', so incidents wait there");

    const temporal = openTemporal({ server: { address: server.address, namespace } });
    try {
      const polling = (taskQueue: string) =>
        ({
          options: { identity: 'worker-of-the-test', taskQueue },
          getStatus: () => ({ runState: 'RUNNING', numInFlightActivities: 0 }),
        }) as unknown as Worker;
      await demandPolling(temporal, [polling(TASK_QUEUE), polling(COLLECT_TASK_QUEUE)], 5_000);
      await assert.rejects(
        demandPolling(temporal, [polling(TASK_QUEUE), polling(ANALYSIS_TASK_QUEUE)], 5_000),
        /Temporal does not see worker-of-the-test polling 'faultline-analysis'/,
      );
    } finally {
      await temporal.close();
    }
  });

  it('says that workers use different stores, and what to do', async function () {
    this.timeout(60_000);
    const namespace = await bareNamespace();
    // One process can poll a queue once.
    const workers = [
      ...(await workersOn(namespace, [TASK_QUEUE, COLLECT_TASK_QUEUE], '1@one store:0a0a0a0a')),
      ...(await workersOn(namespace, [ANALYSIS_TASK_QUEUE], '2@two store:0b0b0b0b')),
    ];
    const finding = await untilSeen(workers, namespace, ({ seen }) => seen.includes('different stores'));
    assert.equal(finding.status, 'warning');
    assert.equal(finding.seen, 'workers use different stores: 0a0a0a0a (1@one) and 0b0b0b0b (2@two)');
    assert.match(finding.remedy ?? '', /^let all workers use one store/);
  });

  it('says that the namespace is not there, and looks no further', async () => {
    const findings = await look('not-there');
    assert.deepEqual(
      findings.map(({ status }) => status),
      ['ok', 'failed'],
    );
    assert.match(findings[1]!.seen, /has no namespace "not-there"/);
    assert.match(findings[1]!.remedy ?? '', /create it or set TEMPORAL_NAMESPACE/);
  });

  it('says within seconds that nothing answers, and how to start it', async () => {
    const address = `127.0.0.1:${await getPort({ host: '127.0.0.1' })}`;
    const started = Date.now();
    const findings = await examineTemporal({ server: { address, namespace: 'default' } });
    assert.ok(Date.now() - started < 10_000);
    assert.equal(findings.length, 1);
    assert.equal(findings[0]!.seen, `Temporal at ${address} does not answer`);
    assert.match(findings[0]!.remedy ?? '', /faultline dev/);
  });

  it('names a profile that does not exist', async () => {
    const [finding] = await examineTemporal({ profile: 'nowhere', env: {} });
    assert.equal(finding?.status, 'failed');
    assert.match(finding.seen, /temporal\.profile: nowhere/);
  });
});

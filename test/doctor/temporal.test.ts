import assert from 'node:assert/strict';
import { Worker } from '@temporalio/worker';
import { msToTs } from '@temporalio/common/lib/time.js';
import getPort from 'get-port';
import { TASK_QUEUE } from '../../model/messages.js';
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

  it('finds nothing to do when attributes are registered and a worker polls', async function () {
    this.timeout(60_000);
    const namespace = await bareNamespace();
    await registerSearchAttributes(server.connection, namespace);
    const worker = await Worker.create({
      connection: server.nativeConnection,
      namespace,
      taskQueue: TASK_QUEUE,
      identity: 'worker-of-the-test',
      activities: { nothing: () => Promise.resolve() },
      workflowBundle: await workflowBundle(),
    });
    const findings = await worker.runUntil(async () => {
      let seen = await look(namespace);
      // The server learns of a poller with its first poll.
      while (seen.some(({ status }) => status !== 'ok')) seen = await look(namespace);
      return seen;
    });
    assert.match(findings.at(-1)?.seen ?? '', /worker-of-the-test polls for tasks/);
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

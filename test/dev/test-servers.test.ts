import assert from 'node:assert/strict';
import { searchKeys } from '../../client/temporal.js';
import { testServer, timeSkippingServer, uniqueName } from '../support/dev-server.js';

/** The first use on a machine fetches the programs. */
const FETCH_MS = 200_000;

describe('the servers that tests share', () => {
  it('take a workflow with search attributes of ours', async function () {
    this.timeout(FETCH_MS);
    const { client } = await testServer();
    const workflowId = uniqueName('w');
    const { service } = searchKeys;
    await client.workflow.start('none', {
      taskQueue: uniqueName('q'),
      workflowId,
      typedSearchAttributes: [{ key: service, value: 'checkout' }],
    });
    const description = await client.workflow.getHandle(workflowId).describe();
    assert.equal(description.status.name, 'RUNNING');
    assert.equal(description.typedSearchAttributes.get(service), 'checkout');
  });

  it('are one for all who ask', async () => {
    const [a, b] = await Promise.all([testServer(), testServer()]);
    assert.equal(a.pid, b.pid);
  });

  it('include one that skips time', async function () {
    this.timeout(FETCH_MS);
    const environment = await timeSkippingServer();
    const before = await environment.currentTimeMs();
    const start = Date.now();
    await environment.sleep('1 day');
    assert.ok((await environment.currentTimeMs()) - before >= 86_400_000);
    assert.ok(Date.now() - start < 10_000);
  });
});

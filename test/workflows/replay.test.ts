import assert from 'node:assert/strict';
import { Worker } from '@temporalio/worker';
import { recordedHistories } from '../support/histories.js';
import { workflowBundle } from '../support/workflow-lab.js';

describe('recorded histories', function () {
  this.timeout(60_000);

  it('replay with the workflow code as it is now', async () => {
    const histories = await recordedHistories();
    assert.ok(histories.length >= 4, `expected the recorded histories, found ${histories.length}`);
    const results = Worker.runReplayHistories(
      { workflowBundle: await workflowBundle() },
      histories.map(({ name, history }) => ({ workflowId: name, history })),
    );
    const failures: string[] = [];
    let replayed = 0;
    for await (const { workflowId, error } of results) {
      replayed += 1;
      if (error) failures.push(`${workflowId}: ${error.message}`);
    }
    assert.deepEqual(failures, []);
    assert.equal(replayed, histories.length);
  });

  it('would not replay with workflow code that does something else', async () => {
    const incident = (await recordedHistories()).find(({ name }) => name.startsWith('incident-'));
    const changed = JSON.parse(
      JSON.stringify(incident?.history).replaceAll('"planScope"', '"planAnother"'),
    ) as unknown;
    const results = Worker.runReplayHistories({ workflowBundle: await workflowBundle() }, [
      { workflowId: 'changed', history: changed },
    ]);
    for await (const { error } of results) assert.match(String(error), /nondeterminism/i);
  });
});

import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import type { Activities, Policy } from '../../activities/contract.js';
import { jsonBytes } from '../../model/bytes.js';
import type { IncidentRecord } from '../../model/incident.js';
import * as messages from '../../model/messages.js';
import type { diagnoseIncident } from '../../workflows/incident/diagnose-incident.js';
import { anAnomaly } from '../support/anomalies.js';
import { testServer, uniqueName, type TestServer } from '../support/dev-server.js';
import { fakeActivities, POLICY, type Calls } from '../support/fake-activities.js';
import { playedIncident, startIncident, type PlayedIncident } from '../support/incident-play.js';
import { workflowBundle } from '../support/workflow-lab.js';

/** What Temporal itself limits, on a real server: the size of payloads, and the length of a history. */
describe('an incident within the limits of Temporal', function () {
  this.timeout(120_000);
  let server: TestServer;
  before(async () => {
    server = await testServer();
  });

  async function play<T>(
    options: { policy?: Partial<Policy>; activities?: Partial<Activities> },
    script: (incident: PlayedIncident) => Promise<T>,
  ): Promise<{ result: T; calls: Calls }> {
    const { activities, calls } = fakeActivities({
      readPolicy: () => Promise.resolve({ ...POLICY, reevaluateSeconds: 3_000, ...options.policy }),
      ...options.activities,
    });
    const taskQueue = uniqueName('limits');
    const worker = await Worker.create({
      connection: server.nativeConnection,
      taskQueue,
      activities,
      workflowBundle: await workflowBundle(),
    });
    const result = await worker.runUntil(async () => {
      const client = server.client.workflow;
      const handle = await startIncident(client, taskQueue, [anAnomaly({ service: taskQueue })]);
      const answer = await script(playedIncident(client, handle, calls));
      await client.getHandle(handle.workflowId).terminate('end of the test');
      return answer;
    });
    return { result, calls };
  }

  it('diagnoses fifty alerts with long texts in three bytes a character', async () => {
    const fat = Array.from({ length: 49 }, (_, i) =>
      anAnomaly({
        fingerprint: `fat-${i}`,
        annotations: { description: '磁盘已满'.repeat(2_000) },
        labels: { reason: '请联系值班'.repeat(480) },
      }),
    );
    const { result, calls } = await play({}, async ({ handle, fire }) => {
      for (let i = 0; i < fat.length; i += 7) await fire(...fat.slice(i, i + 7));
      const record = await until(handle, ({ anomalies, revision, state }) => {
        return anomalies.length === 50 && revision > 0 && state === 'following';
      });
      await handle.executeUpdate(messages.acknowledge, { args: [{ by: 'ana' }] });
      await until(handle, ({ publications }) => publications.length > 1);
      return { record, history: await handle.fetchHistory() };
    });
    const { record, history } = result;
    assert.ok(jsonBytes(record) > 300_000, 'the texts that fit are kept');
    assert.equal(calls.saved.at(-1)?.anomalies.length, 50);
    const inputs = (history.events ?? []).flatMap(
      ({ activityTaskScheduledEventAttributes }) =>
        activityTaskScheduledEventAttributes?.input?.payloads ?? [],
    );
    const largest = Math.max(...inputs.map(({ data }) => data?.length ?? 0));
    assert.ok(largest <= 768 * 1024, `an activity has an input of ${largest} bytes`);
  });

  it('carries over everything when its history grows long: a rerun, alerts, and what it knows', async () => {
    const padding = Array.from({ length: 30 }, () => anAnomaly({ annotations: { text: 'x'.repeat(8_000) } }));
    let open = (): void => undefined;
    const opened = new Promise<void>((resolve) => (open = resolve));
    let investigations = 0;
    const planScope: Activities['planScope'] = async (input) => {
      investigations += 1;
      // The second investigation lasts until the test has sent what must not be lost.
      if (investigations === 2) await opened;
      return fakeActivities().activities.planScope(input);
    };
    const { result, calls } = await play({ activities: { planScope } }, async ({ handle, send, client }) => {
      const current = client.getHandle<typeof diagnoseIncident>(handle.workflowId);
      const runId = async () => (await current.describe()).runId;
      await until(current, ({ publications }) => publications.length > 0);
      const first = await runId();
      await current.executeUpdate(messages.rerun, { args: [{ by: 'ana' }] });
      // Four megabytes of repeats: from there on Temporal suggests to continue as new.
      for (let i = 0; i < 18; i += 1) await send({ kind: 'firing', anomalies: padding }, `padding-${i}`);
      await send({ kind: 'firing', anomalies: [anAnomaly({ fingerprint: 'new', service: 'cart' })] }, 'new');
      await current.executeUpdate(messages.rerun, { args: [{ by: 'ben' }] });
      await current.executeUpdate(messages.acknowledge, { args: [{ by: 'ben' }] });
      open();
      while ((await runId()) === first) await sleep(100);
      await current.signal(messages.incidentMessages, [
        { id: 'new', body: { kind: 'firing', anomalies: [anAnomaly({ fingerprint: 'repeat' })] } },
      ]);
      while (investigations < 3) await sleep(100);
      return until(current, ({ acknowledged }) => acknowledged !== null);
    });
    assert.deepEqual(
      result.anomalies.map(({ fingerprint }) => fingerprint),
      [anAnomaly().fingerprint, 'new'],
      'a message that the run before took is not taken again',
    );
    assert.equal(result.acknowledged?.by, 'ben');
    assert.ok(calls.saved.some(({ revisionReason }) => revisionReason === 'acknowledged'));
    assert.ok(result.timeline.some(({ what }) => what === 'ben asked to investigate again'));
  });
});

async function until(
  incident: WorkflowHandle<typeof diagnoseIncident>,
  holds: (record: IncidentRecord) => boolean,
): Promise<IncidentRecord> {
  for (;;) {
    const record = await incident.query(messages.record);
    if (holds(record)) return record;
    await sleep(100);
  }
}

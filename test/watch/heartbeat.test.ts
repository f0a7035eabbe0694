import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkflowClient } from '@temporalio/client';
import { pino } from 'pino';
import type { Activities } from '../../activities/contract.js';
import { silenceOf } from '../../activities/watch/tell-heartbeat.js';
import { createHeartbeats } from '../../client/heartbeats.js';
import { openTemporal } from '../../client/temporal.js';
import { createIncidents } from '../../client/temporal-incidents.js';
import { configSchema } from '../../config/schema.js';
import type { HeartbeatSettings } from '../../model/heartbeat.js';
import { heartbeatMessage, heartbeatState } from '../../model/messages.js';
import { createReceiver } from '../../workers/receiver.js';
import { examineHeartbeats } from '../../workers/doctor/heartbeats.js';
import { startWorker } from '../../workers/worker.js';
import type { heartbeat } from '../../workflows/heartbeat.js';
import { testServer, uniqueName } from '../support/dev-server.js';
import { fakeActivities } from '../support/fake-activities.js';
import { keepHistory } from '../support/histories.js';
import { openLab, workflowBundle, type Lab } from '../support/workflow-lab.js';

const SETTINGS: HeartbeatSettings = {
  name: 'alertmanager',
  environment: 'production',
  withinSeconds: 600,
  severity: 'critical',
};

describe('a heartbeat', function () {
  this.timeout(120_000);

  describe('on a server whose timers pass in no time', () => {
    let lab: Lab;
    before(async () => {
      lab = await openLab();
    });

    type Told = Parameters<Activities['tellHeartbeat']>[0];

    async function play(
      work: (run: {
        told: Told[];
        beat: (more?: Partial<HeartbeatSettings>) => Promise<void>;
        handle: Awaited<ReturnType<typeof start>>;
      }) => Promise<void>,
    ): Promise<void> {
      const told: Told[] = [];
      const { activities } = fakeActivities({
        tellHeartbeat: (input) => Promise.resolve(void told.push(structuredClone(input))),
      });
      await lab.run(activities, async (client, taskQueue) => {
        const handle = await start(client, taskQueue);
        const beat = async (more: Partial<HeartbeatSettings> = {}) =>
          handle.signal(heartbeatMessage, { at: await lab.now(), settings: { ...SETTINGS, ...more } });
        await work({ told, beat, handle });
        await handle.terminate('end of the test').catch(() => undefined);
      });
    }

    function start(client: WorkflowClient, taskQueue: string) {
      return client.start<typeof heartbeat>('heartbeat', {
        ...{ taskQueue, workflowId: `heartbeat-${randomUUID()}`, args: [{ settings: SETTINGS }] },
      });
    }

    it('that never came is told after its time', () =>
      play(async ({ told }) => {
        await lab.sleep(590);
        assert.equal(told.length, 0);
        await lab.sleep(20);
        assert.equal(told.length, 1);
        assert.equal(told[0]?.state.lastHeardAt, null);
        assert.match(
          silenceOf(told[0].state, null).annotations['statement'] ?? '',
          /^No alert that it is to send/,
        );
        await lab.sleep(6000);
        assert.equal(told.length, 1, 'silence is told once');
      }));

    it('that stops is told, and its silence ends with the next beat', () =>
      play(async ({ told, beat, handle }) => {
        for (let i = 0; i < 3; i++) {
          await lab.sleep(500);
          await beat();
        }
        assert.equal(told.length, 0, 'every beat begins the time anew');
        await lab.sleep(740);
        assert.equal(told.length, 0, 'a later beat may not have been passed on');
        await lab.sleep(20);
        await beat();
        await lab.sleep(1);
        const said = told.map(({ state, endedAt }) => silenceOf(state, endedAt));
        assert.deepEqual(
          said.map(({ status, service, title }) => [status, service, title]),
          [
            ['firing', 'alertmanager', 'alertmanager has not been heard of for 10 min'],
            ['resolved', 'alertmanager', 'alertmanager has not been heard of for 10 min'],
          ],
        );
        assert.equal(said[0]?.fingerprint, said[1]?.fingerprint);
        assert.equal(said[0]?.startedAt, said[1]?.startedAt);
        await lab.sleep(760);
        assert.equal(told.length, 3, 'a second silence is told again');
        await keepHistory(handle, 'heartbeat-silent');
      }));

    it('follows settings that changed', () =>
      play(async ({ told, beat }) => {
        await beat({ withinSeconds: 60 });
        await lab.sleep(80);
        assert.equal(told.length, 1);
      }));

    it('that is configured no more ends what it has raised', () =>
      play(async ({ told, handle }) => {
        await lab.sleep(610);
        await handle.cancel();
        await handle.result().catch(() => undefined);
        assert.equal(told.length, 2);
        assert.notEqual(told[1]?.endedAt, null);
      }));

    it('leaves its history behind after a thousand beats, and forgets nothing', () =>
      play(async ({ told, beat, handle }) => {
        for (let i = 0; i < 101; i++) await Promise.all(Array.from({ length: 10 }, () => beat()));
        const { lastHeardAt } = await handle.query(heartbeatState);
        assert.ok(lastHeardAt !== null);
        const { historyLength } = await handle.describe();
        assert.ok(historyLength < 1_000, `${historyLength} events`);
        await lab.sleep(760);
        assert.equal(told.length, 1);
      }));
  });

  it('is watched by a worker, passed on by the receiver, and its silence is an incident', async () => {
    const server = await testServer();
    const temporal = openTemporal({ server });
    const directory = await mkdtemp(join(tmpdir(), 'faultline-heartbeat-'));
    const environment = uniqueName('beats');
    const parsed = configSchema.parse({
      environment,
      metrics: { type: 'prometheus', url: 'http://127.0.0.1:1' },
      diagnosis: { sourceTimeoutSeconds: 2 },
      store: { directory: join(directory, 'store') },
      webhook: { heartbeats: [{ name: 'alertmanager-eu' }] },
    });
    const [configured] = parsed.webhook.heartbeats;
    // Shorter than anybody may configure, so that the test need not wait.
    const heartbeats = [{ ...configured!, withinSeconds: 3 }];
    const config = { ...parsed, webhook: { ...parsed.webhook, heartbeats } };
    const log = pino({ level: process.env['FAULTLINE_TEST_LOG'] ?? 'silent' }, pino.destination(2));
    const worker = await startWorker({
      loaded: { config, file: null, directory, secrets: [] },
      log,
      temporal: server,
      workflows: { workflowBundle: await workflowBundle() },
    });
    const incidents = createIncidents(temporal);
    const receiver = await createReceiver({ config, incidents, temporal, log });
    try {
      const [before] = await examineHeartbeats(temporal, config);
      assert.match(before?.seen ?? '', /^never heard of in the \d s since it is watched$/);

      const rows = async () => (await incidents.list({ environment: [environment] }, { limit: 5 })).incidents;
      while ((await rows()).length === 0) await sleep(200);
      const { id } = (await rows())[0]!;
      const shown = async () => (await incidents.show(id)).anomalies[0]!;
      assert.equal((await shown()).title, 'alertmanager-eu has not been heard of for 3 s');
      assert.equal((await shown()).service, 'alertmanager-eu');

      const watchdog = {
        status: 'firing',
        labels: { alertname: 'Watchdog' },
        startsAt: new Date().toISOString(),
      };
      const answer = await receiver.inject({
        ...{ method: 'POST', url: '/v1/alertmanager' },
        payload: { version: '4', receiver: 'faultline', groupKey: 'g', status: 'firing', alerts: [watchdog] },
      });
      assert.equal(answer.statusCode, 200, answer.body);
      while ((await shown()).status === 'firing') await sleep(100);
      assert.notEqual((await createHeartbeats(temporal, config).state('alertmanager-eu'))?.lastHeardAt, null);

      const none = createHeartbeats(temporal, { environment, webhook: { heartbeats: [] } });
      const handle = server.client.workflow.getHandle(`heartbeat/${environment}/alertmanager-eu`);
      // Workflows show in lists a moment later.
      while ((await handle.describe()).status.name === 'RUNNING') {
        await none.keep();
        await sleep(200);
      }
      assert.equal((await handle.describe()).status.name, 'CANCELLED');
    } finally {
      await receiver.close();
      for (const { id } of (await incidents.list({ environment: [environment] }, { limit: 5 })).incidents) {
        await server.client.workflow
          .getHandle(id)
          .terminate('end of the test')
          .catch(() => undefined);
      }
      await server.client.workflow
        .getHandle(`triage/${environment}`)
        .terminate()
        .catch(() => undefined);
      await worker.stop();
      await incidents.close();
      await rm(directory, { recursive: true });
    }
  });
});

import assert from 'node:assert/strict';
import type { WorkflowClient } from '@temporalio/client';
import { WithStartWorkflowOperation } from '@temporalio/client';
import { triageWorkflowId } from '../../model/messages.js';
import type { Anomaly } from '../../model/anomaly.js';
import type { RaiseAnswer } from '../../model/progress.js';
import type { diagnoseIncident } from '../../workflows/diagnose-incident.js';
import * as messages from '../../model/messages.js';
import { triage } from '../../workflows/triage.js';
import { anAnomaly, T0 } from '../support/anomalies.js';
import { fakeActivities } from '../support/fake-activities.js';
import { keepHistory } from '../support/histories.js';
import { openLab, type Lab } from '../support/workflow-lab.js';
import { uniqueName } from '../support/dev-server.js';

describe('triage', function () {
  this.timeout(60_000);
  let lab: Lab;
  before(async () => {
    lab = await openLab();
  });

  /** A triage of its own for one test, whose alerts no other test has. */
  class Desk {
    readonly environment = uniqueName('env');
    readonly group = uniqueName('g').slice(2);

    constructor(
      private readonly client: WorkflowClient,
      private readonly taskQueue: string,
    ) {}

    anomaly(differences: Partial<Anomaly> = {}): Anomaly {
      return anAnomaly({ environment: this.environment, group: this.group, ...differences });
    }

    get handle() {
      return this.client.getHandle<typeof triage>(triageWorkflowId(this.environment));
    }

    async raise(...anomalies: Anomaly[]): Promise<RaiseAnswer> {
      return this.client.executeUpdateWithStart(messages.raise, {
        args: [anomalies],
        startWorkflowOperation: new WithStartWorkflowOperation(triage, {
          workflowId: triageWorkflowId(this.environment),
          taskQueue: this.taskQueue,
          args: [{ environment: this.environment }],
          workflowIdConflictPolicy: 'USE_EXISTING',
        }),
      });
    }

    incident(id: string) {
      return this.client.getHandle<typeof diagnoseIncident>(id);
    }

    async end(): Promise<void> {
      await this.handle.terminate('end of the test');
    }
  }

  async function atDesk(play: (desk: Desk) => Promise<void>): Promise<void> {
    await lab.run(fakeActivities().activities, async (client, taskQueue) => {
      const desk = new Desk(client, taskQueue);
      await play(desk);
      await desk.end();
    });
  }

  it('opens one incident for a group, however often and in whichever pieces its alerts come', () =>
    atDesk(async (desk) => {
      const first = desk.anomaly();
      const second = desk.anomaly({ fingerprint: 'second', service: 'cart' });
      const opened = await desk.raise(first);
      const id = opened.incidents[0]?.workflowId ?? '';
      assert.match(id, /^incident\/checkout\/20261124-1042-/);
      assert.deepEqual(await desk.raise(first, second), {
        incidents: [
          { fingerprint: first.fingerprint, workflowId: id, joined: true },
          { fingerprint: 'second', workflowId: id, joined: true },
        ],
      });
      await lab.sleep(2);
      const record = await desk.incident(id).query(messages.record);
      assert.deepEqual(
        record.anomalies.map((anomaly) => anomaly.service),
        ['checkout', 'cart'],
      );
      await desk.incident(id).terminate();
    }));

  it('ends the incident with its alerts, then starts nothing for a repeat and a new one for a new episode', () =>
    atDesk(async (desk) => {
      const firing = desk.anomaly();
      const id = (await desk.raise(firing)).incidents[0]?.workflowId ?? '';
      await desk.raise({ ...firing, status: 'resolved', endedAt: T0 + 300 });
      const record = await desk.incident(id).result();
      assert.equal(record.state, 'resolved');
      assert.equal(record.anomalies[0]?.endedAt, T0 + 300);
      await lab.sleep(2);

      assert.deepEqual((await desk.raise(firing)).incidents, [
        { fingerprint: firing.fingerprint, workflowId: id, joined: true },
      ]);
      assert.equal((await desk.incident(id).describe()).status.name, 'COMPLETED', 'a repeat reopens nothing');

      const later = await desk.raise(desk.anomaly({ startedAt: T0 + 7200 }));
      assert.equal(later.incidents[0]?.joined, false);
      assert.notEqual(later.incidents[0].workflowId, id);
      await desk.incident(later.incidents[0].workflowId).terminate();
    }));

  it('opens another incident when the one that an alert would join was ended by hand', () =>
    atDesk(async (desk) => {
      const id = (await desk.raise(desk.anomaly())).incidents[0]?.workflowId ?? '';
      await desk.incident(id).terminate('by hand');
      const next = await desk.raise(desk.anomaly({ fingerprint: 'second', startedAt: T0 + 600 }));
      const moved = next.incidents[0];
      assert.equal(moved?.joined, false);
      assert.notEqual(moved.workflowId, id);
      await desk.incident(moved.workflowId).terminate();
    }));

  it('waits a little for those that belong together, and places all that came in one round', () =>
    lab.run(fakeActivities().activities, async (client, taskQueue) => {
      const desk = new Desk(client, taskQueue);
      const storm = Array.from({ length: 90 }, (_, i) => desk.anomaly({ fingerprint: `f${i}` }));
      const handle = await client.signalWithStart(triage, {
        workflowId: triageWorkflowId(desk.environment),
        taskQueue,
        args: [{ environment: desk.environment }],
        signal: messages.anomaliesRaised,
        signalArgs: [storm.slice(0, 30)],
      });
      await handle.signal(messages.anomaliesRaised, storm.slice(30, 60));
      await handle.signal(messages.anomaliesRaised, storm.slice(60));
      assert.equal((await handle.query(messages.triageState)).counts.placed, 0, 'it waits for the others');
      await lab.sleep(3);
      const state = await handle.query(messages.triageState);
      assert.deepEqual([state.counts.placed, state.counts.incidents, state.waiting], [90, 1, 0]);
      const [id] = await handle.query(messages.whereabouts, ['f89']);
      const { anomalies, unlisted } = await desk.incident(id ?? '').query(messages.record);
      assert.equal(anomalies.length + unlisted.firing, 90);
      await keepHistory(handle, 'triage-settled-storm');
      await desk.incident(id ?? '').terminate();
      await desk.end();
    }));

  it('merges two incidents, and splits a service off again', () =>
    atDesk(async (desk) => {
      const first = (await desk.raise(desk.anomaly())).incidents[0]?.workflowId ?? '';
      const cart = desk.anomaly({ fingerprint: 'cart', service: 'cart', group: 'cartgroup' });
      const second = (await desk.raise(cart)).incidents[0]?.workflowId ?? '';
      // The first look ends: the time-skipping server cannot cancel an activity that it has just been given.
      await lab.sleep(5);
      await assert.rejects(
        desk.handle.executeUpdate(messages.mergeIncidents, {
          args: [{ from: 'incident/none', into: first, by: 'ann' }],
        }),
      );
      await desk.handle.executeUpdate(messages.mergeIncidents, {
        args: [{ from: second, into: first, by: 'ann' }],
      });
      await lab.sleep(1);
      const merged = await desk.incident(first).query(messages.record);
      assert.deepEqual(
        merged.anomalies.map(({ service, joined }) => [service, joined]),
        [
          ['checkout', undefined],
          ['cart', `moved from ${second} by ann`],
        ],
      );

      assert.equal((await desk.incident(second).result()).state, 'cancelled');

      const { to } = await desk.handle.executeUpdate(messages.splitIncident, {
        args: [{ from: first, service: 'cart', by: 'ann', anomalies: [cart] }],
      });
      await lab.sleep(1);
      const services = async (id: string) =>
        (await desk.incident(id).query(messages.record)).anomalies.map(({ service }) => service);
      assert.deepEqual([await services(first), await services(to)], [['checkout'], ['cart']]);
      await keepHistory(desk.handle, 'triage-merged-and-split');
      for (const id of [first, to]) await desk.incident(id).terminate();
    }));

  it('places what it was carrying when it continued as new', () =>
    lab.run(fakeActivities().activities, async (client, taskQueue) => {
      const desk = new Desk(client, taskQueue);
      const waiting = desk.anomaly();
      await client.start(triage, {
        workflowId: triageWorkflowId(desk.environment),
        taskQueue,
        args: [
          {
            environment: desk.environment,
            carried: {
              board: {
                open: [],
                episodes: [],
                counts: { raised: 7, repeats: 0, strays: 0, incidents: 0 },
              },
              inbox: [waiting],
            },
          },
        ],
      });
      const answer = await desk.raise(waiting);
      assert.equal(answer.incidents[0]?.joined, true);
      await desk.incident(answer.incidents[0].workflowId).terminate();
      await desk.end();
    }));
});

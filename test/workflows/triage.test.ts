import assert from 'node:assert/strict';
import type { WorkflowClient, WorkflowUpdateFailedError } from '@temporalio/client';
import { WithStartWorkflowOperation } from '@temporalio/client';
import type { Anomaly } from '../../model/anomaly.js';
import * as messages from '../../model/messages.js';
import type { RaiseAnswer } from '../../model/progress.js';
import type { diagnoseIncident } from '../../workflows/incident/diagnose-incident.js';
import { triage } from '../../workflows/triage/triage.js';
import { anAnomaly, T0 } from '../support/anomalies.js';
import { uniqueName } from '../support/dev-server.js';
import { fakeActivities, POLICY } from '../support/fake-activities.js';
import { keepHistory } from '../support/histories.js';
import { openLab, type Lab } from '../support/workflow-lab.js';

describe('triage', function () {
  this.timeout(120_000);
  let lab: Lab;
  before(async () => {
    lab = await openLab();
  });

  /** A triage of its own for one test, whose alerts no other test has. */
  class Desk {
    readonly environment = uniqueName('env');
    readonly group = uniqueName('g').slice(2);
    private readonly opened = new Set<string>();

    constructor(
      private readonly client: WorkflowClient,
      private readonly taskQueue: string,
    ) {}

    anomaly(differences: Partial<Anomaly> = {}): Anomaly {
      return anAnomaly({ environment: this.environment, group: this.group, ...differences });
    }

    get run() {
      return {
        workflowId: messages.triageWorkflowId(this.environment),
        taskQueue: this.taskQueue,
        args: [{ environment: this.environment }] as [{ environment: string }],
      };
    }

    get handle() {
      return this.client.getHandle<typeof triage>(this.run.workflowId);
    }

    async raise(...anomalies: Anomaly[]): Promise<RaiseAnswer['incidents']> {
      const { incidents } = await this.client.executeUpdateWithStart(messages.raise, {
        args: [anomalies],
        startWorkflowOperation: new WithStartWorkflowOperation(triage, {
          ...this.run,
          workflowIdConflictPolicy: 'USE_EXISTING',
        }),
      });
      for (const { workflowId } of incidents) this.opened.add(workflowId);
      return incidents;
    }

    /** Raises one anomaly and answers its incident's id. */
    async incidentOf(anomaly: Anomaly): Promise<string> {
      return (await this.raise(anomaly))[0]?.workflowId ?? '';
    }

    incident(id: string) {
      this.opened.add(id);
      return this.client.getHandle<typeof diagnoseIncident>(id);
    }

    record(id: string) {
      return this.incident(id).query(messages.record);
    }

    async end(): Promise<void> {
      for (const id of this.opened)
        await this.incident(id)
          .terminate()
          .catch(() => undefined);
      await this.handle.terminate('end of the test');
    }
  }

  async function atDesk(play: (desk: Desk, client: WorkflowClient) => Promise<void>): Promise<void> {
    const { activities } = fakeActivities({
      readPolicy: () => Promise.resolve({ ...POLICY, feedbackWindowSeconds: 0 }),
    });
    await lab.run(activities, async (client, taskQueue) => {
      const desk = new Desk(client, taskQueue);
      try {
        await play(desk, client);
      } finally {
        await desk.end();
      }
    });
  }

  it('opens one incident for a group, however often and in whichever pieces its alerts come', () =>
    atDesk(async (desk) => {
      const [first, second] = [desk.anomaly(), desk.anomaly({ fingerprint: 'second', service: 'cart' })];
      const id = await desk.incidentOf(first);
      assert.match(id, /^incident\/checkout\/20261124-1042-/);
      assert.deepEqual(await desk.raise(first, second), [
        { fingerprint: first.fingerprint, workflowId: id, joined: true },
        { fingerprint: 'second', workflowId: id, joined: true },
      ]);
      await lab.sleep(2);
      const { anomalies } = await desk.record(id);
      assert.deepEqual(
        anomalies.map(({ service }) => service),
        ['checkout', 'cart'],
      );
    }));

  it('follows an alert that fires again with the same start after its end', () =>
    atDesk(async (desk) => {
      const firing = desk.anomaly();
      const resolved: Anomaly = { ...firing, status: 'resolved', endedAt: T0 + 300 };
      const id = await desk.incidentOf(firing);
      await desk.raise(resolved);
      await lab.sleep(1);
      await desk.raise(firing);
      await lab.sleep(600);
      const open = await desk.record(id);
      assert.deepEqual(
        open.anomalies.map(({ status, recurrence }) => [status, recurrence]),
        [
          ['resolved', undefined],
          ['firing', 1],
        ],
      );
      assert.match(JSON.stringify(open.timeline), /again/, 'the timeline names the second firing');

      await desk.raise(resolved);
      // Not by result(): that lets all timers pass, also the one after which triage forgets.
      await lab.sleep(600);
      assert.equal((await desk.incident(id).describe()).status.name, 'COMPLETED');
      assert.deepEqual(await desk.raise(firing), [
        { fingerprint: firing.fingerprint, workflowId: id, joined: false },
      ]);
      await lab.sleep(1);
      assert.deepEqual(
        (await desk.record(id)).anomalies.map(({ status, recurrence }) => [status, recurrence]),
        [['firing', 2]],
        'the incident that had closed is opened again',
      );
    }));

  it('opens another incident when the one that an alert would join was ended by hand', () =>
    atDesk(async (desk) => {
      const id = await desk.incidentOf(desk.anomaly());
      await desk.incident(id).terminate('by hand');
      const [moved] = await desk.raise(desk.anomaly({ fingerprint: 'second', startedAt: T0 + 600 }));
      assert.equal(moved?.joined, false);
      assert.notEqual(moved.workflowId, id);
    }));

  it('waits a little for those that belong together, and places all that came in one round', () =>
    atDesk(async (desk, client) => {
      const storm = Array.from({ length: 90 }, (_, i) => desk.anomaly({ fingerprint: `f${i}` }));
      const handle = await client.signalWithStart(triage, {
        ...desk.run,
        signal: messages.anomaliesRaised,
        signalArgs: [storm.slice(0, 30)],
      });
      await handle.signal(messages.anomaliesRaised, storm.slice(30, 60));
      await handle.signal(messages.anomaliesRaised, storm.slice(60));
      assert.equal((await handle.query(messages.triageState)).counts.placed, 0, 'it waits for the others');
      await lab.sleep(3);
      const { counts, waiting } = await handle.query(messages.triageState);
      assert.deepEqual([counts.placed, counts.incidents, waiting], [90, 1, 0]);
      const [id] = await handle.query(messages.whereabouts, ['f89']);
      const { anomalies, unlisted } = await desk.record(id ?? '');
      assert.equal(anomalies.length + unlisted.firing, 90);
      await keepHistory(handle, 'triage-settled-storm');
    }));

  it('merges two incidents and splits a service off again, with the alerts that are only counted', () =>
    atDesk(async (desk) => {
      const carts = Array.from({ length: 60 }, (_, i) =>
        desk.anomaly({ fingerprint: `cart-${i}`, service: 'cart', group: 'cartgroup' }),
      );
      const first = await desk.incidentOf(desk.anomaly());
      const second = (await desk.raise(...carts))[0]?.workflowId ?? '';
      // The first investigation ends: the time-skipping server cannot cancel an activity that it has just been given.
      await lab.sleep(5);
      const alerts = async (id: string): Promise<number> => {
        const { anomalies, unlisted } = await desk.record(id);
        return anomalies.length + unlisted.firing;
      };
      const merge = (from: string, into: string) =>
        desk.handle.executeUpdate(messages.mergeIncidents, { args: [{ from, into, by: 'ann' }] });
      const split = (from: string, service: string) =>
        desk.handle.executeUpdate(messages.splitIncident, { args: [{ from, service, by: 'ann' }] });

      await assert.rejects(merge('incident/none', first), (error: WorkflowUpdateFailedError) =>
        /expected an open incident/.test(String(error.cause)),
      );
      assert.deepEqual(await merge(second, first), { from: second, to: first });
      await lab.sleep(10);
      assert.equal((await desk.incident(second).describe()).status.name, 'COMPLETED');
      assert.equal(await alerts(first), 61);

      const { to } = await split(first, 'cart');
      await lab.sleep(5);
      assert.deepEqual([await alerts(first), await alerts(to)], [1, 60]);
      await assert.rejects(split(first, 'checkout'), (error: WorkflowUpdateFailedError) =>
        /nothing to split it from/.test(String(error.cause)),
      );
      await desk.raise(...carts.map((cart): Anomaly => ({ ...cart, status: 'resolved', endedAt: T0 + 60 })));
      await lab.sleep(2);
      const { anomalies, unlisted } = await desk.record(to);
      const resolved = anomalies.filter(({ status }) => status === 'resolved').length + unlisted.resolved;
      assert.equal(resolved, 60, 'their ends reach the incident that has them now');
      await keepHistory(desk.handle, 'triage-merged-and-split');
    }));

  it('survives what no client sends', () =>
    atDesk(async (desk, client) => {
      const handle = await client.signalWithStart(triage, {
        ...desk.run,
        signal: messages.anomaliesRaised,
        signalArgs: [undefined as unknown as Anomaly[]],
      });
      await desk.incidentOf(desk.anomaly());
      const { counts } = await handle.query(messages.triageState);
      assert.deepEqual([counts.malformed, counts.placed], [1, 1]);
    }));
});

import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { WorkflowClient, WorkflowHandle, WorkflowUpdateFailedError } from '@temporalio/client';
import { sinksFor } from '../../activities/route/sinks-for.js';
import type { Activities, Policy } from '../../activities/contract.js';
import type { IncidentRecord, RevisionReason } from '../../model/incident.js';
import { diagnoseIncident, type DiagnoseInput } from '../../workflows/diagnose-incident.js';
import * as messages from '../../model/messages.js';
import { anAnomaly, T0 } from '../support/anomalies.js';
import { fakeActivities, POLICY, type Calls } from '../support/fake-activities.js';
import { aRecord } from '../support/fake-incidents.js';
import { keepHistory } from '../support/histories.js';
import { openLab, type Lab } from '../support/workflow-lab.js';

type Run = WorkflowHandle<typeof diagnoseIncident>;

/** What follows a first summary: people, reminders, escalation, verdicts and alerts that come late. */
describe('an incident after its first summary', function () {
  this.timeout(90_000);
  let lab: Lab;
  before(async () => {
    lab = await openLab();
  });

  const resolved = anAnomaly({ status: 'resolved', endedAt: T0 + 120 });
  const verdict = { correct: false, service: 'ledger', faultKind: 'disk' as const, note: '', by: 'ana' };

  async function play(
    options: { policy?: Partial<Policy>; activities?: Partial<Activities>; input?: Partial<DiagnoseInput> },
    script: (incident: Run, calls: Calls, client: WorkflowClient) => Promise<void>,
  ): Promise<{ record: IncidentRecord; calls: Calls }> {
    const { activities, calls } = fakeActivities({
      readPolicy: () => Promise.resolve({ ...POLICY, ...options.policy }),
      ...options.activities,
    });
    const record = await lab.run(activities, async (client, taskQueue) => {
      const incident = await client.start(diagnoseIncident, {
        taskQueue,
        workflowId: `incident/checkout/${taskQueue}`,
        args: [{ triageId: null, environment: 'production', anomalies: [anAnomaly()], ...options.input }],
      });
      await script(incident, calls, client);
      return incident.result();
    });
    return { record, calls };
  }

  const occasions = ({ saved }: Calls): RevisionReason[] => saved.map(({ revisionReason }) => revisionReason);
  const told = (record: IncidentRecord) => record.timeline.map(({ what }) => what);
  const resolve = (incident: Run) => incident.signal(messages.anomalyResolved, [resolved]);
  const state = async (incident: Run) => (await incident.query(messages.record)).state;

  describe('while it is open', () => {
    it('tells at once that somebody took it on and what they said of it, each once', async () => {
      const { record, calls } = await play({}, async (incident) => {
        await lab.sleep(10);
        for (const by of ['ana', 'ana', 'ben'])
          await incident.executeUpdate(messages.acknowledge, { args: [{ by }] });
        await incident.executeUpdate(messages.giveFeedback, { args: [verdict] });
        await incident.executeUpdate(messages.giveFeedback, { args: [verdict] });
        await lab.sleep(5);
        await resolve(incident);
        await incident.result();
        await keepHistory(incident, 'incident-taken-on-and-judged');
      });
      assert.deepEqual(occasions(calls), [
        'first-result',
        'acknowledged',
        'acknowledged',
        'feedback',
        'final',
      ]);
      assert.deepEqual(
        told(record).filter((what) => /^(Acknowledged|Diagnosis)/.test(what)),
        ['Acknowledged by ana', 'Acknowledged by ben', 'Diagnosis judged wrong: ledger, disk'],
      );
    });

    it('tells it in the middle of a look without the half of what that look has seen', async () => {
      let looks = 0;
      const { calls } = await play(
        {
          activities: {
            planScope: async () => {
              looks += 1;
              if (looks > 1) await new Promise((done) => setTimeout(done, 1500));
              return fakeActivities().activities.planScope({ environment: 'e', anomalies: [], now: 0 });
            },
          },
        },
        async (incident) => {
          await lab.sleep(10);
          await incident.executeUpdate(messages.rerun, { args: [{ by: 'ana' }] });
          await incident.executeUpdate(messages.acknowledge, { args: [{ by: 'ana' }] });
          await lab.sleep(60);
          await resolve(incident);
        },
      );
      const [first, acknowledged] = calls.saved;
      assert.equal(acknowledged?.revisionReason, 'acknowledged');
      assert.equal(acknowledged.state, 'scoping', 'the look had not ended');
      for (const part of ['diagnosis', 'gaps', 'evidence', 'scope', 'checks'] as const)
        assert.deepEqual(acknowledged[part], first?.[part], part);
    });

    it('leaves to the first result what was said before it', async () => {
      const { calls } = await play(
        { activities: { collectMetrics: () => Promise.reject(new Error('not yet')) } },
        async (incident) => {
          await lab.sleep(2);
          await incident.executeUpdate(messages.acknowledge, { args: [{ by: 'ana' }] });
          await lab.sleep(120);
          await resolve(incident);
        },
      );
      assert.deepEqual(occasions(calls), ['first-result', 'final']);
      assert.equal(calls.saved[0]?.acknowledged?.by, 'ana');
    });

    it('looks at once when a person asks for it, and says who did', async () => {
      const { record, calls } = await play({}, async (incident) => {
        await lab.sleep(10);
        await incident.executeUpdate(messages.rerun, { args: [{ by: 'ana' }] });
        await lab.sleep(10);
        await assert.rejects(
          incident.executeUpdate(messages.rerun, { args: [{ by: ' ' }] }),
          (error: WorkflowUpdateFailedError) => /^by: expected/.test(error.cause?.message ?? ''),
        );
        await resolve(incident);
        await incident.result();
        await keepHistory(incident, 'incident-looked-at-again');
      });
      assert.equal(calls.log.filter((call) => call === 'planScope').length, 2);
      assert.ok(told(record).includes('ana asked to look again'));
    });

    it('looks also while its alerts are quiet, and still closes', async () => {
      const { record, calls } = await play({}, async (incident) => {
        await lab.sleep(10);
        await resolve(incident);
        await lab.sleep(10);
        await incident.executeUpdate(messages.rerun, { args: [{ by: 'ana' }] });
      });
      assert.equal(calls.log.filter((call) => call === 'planScope').length, 2);
      assert.equal(record.state, 'resolved');
    });
  });

  describe('when nobody acknowledges it', () => {
    const policy = {
      remindAfterSeconds: 600,
      remindTimes: 2,
      escalateAfterSeconds: 900,
      maxDurationSeconds: 3600,
    };

    it('reminds as often as it may, and escalates once', async () => {
      const { record, calls } = await play({ policy }, async (incident) => {
        await lab.sleep(3000);
        await resolve(incident);
        await incident.result();
        await keepHistory(incident, 'incident-escalated');
      });
      assert.deepEqual(occasions(calls), ['first-result', 'reminder', 'escalation', 'reminder', 'final']);
      const after = (record.escalatedAt ?? 0) - record.timings.openedAt;
      assert.ok(Math.abs(after - 900) < 5, `escalated after ${after} s`);
      assert.ok(told(record).includes('Escalated: nobody has acknowledged it for 15 min'));
      assert.ok(told(record).includes('Reminder 2: nobody has acknowledged it'));
    });

    it('calls nobody when that is how it is set', async () => {
      const { calls } = await play({ policy: { maxDurationSeconds: 3600 } }, () => lab.sleep(3000));
      assert.deepEqual(occasions(calls), ['first-result', 'final']);
    });

    it('stops at an acknowledgement, whenever it comes', async () => {
      const moments = fc.sample(fc.integer({ min: 30, max: 2400 }), { numRuns: 5, seed: 11 });
      for (const moment of moments) {
        const { calls } = await play({ policy }, async (incident) => {
          await lab.sleep(moment);
          await incident.executeUpdate(messages.acknowledge, { args: [{ by: 'ana' }] });
          await lab.sleep(3000 - moment);
          await resolve(incident);
        });
        const [, ...after] = occasions(calls);
        const stop = after.indexOf('acknowledged');
        assert.deepEqual(after.slice(stop), ['acknowledged', 'final'], `acknowledged after ${moment} s`);
        const due = [600, 900, 1200].filter((time) => time < moment - 5).length;
        assert.ok(stop >= due && stop <= due + 1, `${stop} calls before ${moment} s`);
      }
    });

    it('calls nobody for alerts that are quiet', async () => {
      const { calls } = await play({ policy: { ...policy, resolveGraceSeconds: 1800 } }, async (incident) => {
        await lab.sleep(10);
        await resolve(incident);
      });
      assert.deepEqual(occasions(calls), ['first-result', 'final']);
    });

    it('reaches those who hear of escalated incidents then, and to the end', async () => {
      const sinks = [
        { name: 'chat', route: { when: 'always' as const } },
        { name: 'manager', route: { when: 'escalated' as const } },
      ];
      const { calls } = await play(
        {
          policy: { ...policy, remindTimes: 0 },
          activities: {
            saveRecord: ({ record }) =>
              Promise.resolve({
                uri: `record/r${record.revision}`,
                reportPath: '/r',
                reportUrl: 'http://reports.example/1',
                sinks: sinksFor(record, sinks),
              }),
          },
        },
        async (incident) => {
          await lab.sleep(1000);
          await resolve(incident);
        },
      );
      const heard = (name: string) =>
        calls.published.filter(({ sink }) => sink === name).map(({ recordUri }) => recordUri);
      assert.deepEqual(heard('chat'), ['record/r1', 'record/r2', 'record/r3']);
      assert.deepEqual(heard('manager'), ['record/r2', 'record/r3']);
    });

    it('is not held up by a sink that stays down', async () => {
      const heard: string[] = [];
      const { record, calls } = await play(
        {
          policy: { ...policy, sinks: ['dead', 'chat'] },
          activities: {
            publish: ({ sink, recordUri }) => {
              if (sink === 'dead') return Promise.reject(new Error('503 from dead'));
              heard.push(recordUri);
              return Promise.resolve({ sink, revision: 1, at: 1, reference: null });
            },
          },
        },
        async (incident) => {
          await lab.sleep(1500);
          assert.deepEqual(heard, ['record/r1', 'record/r2', 'record/r3', 'record/r4']);
          await resolve(incident);
        },
      );
      assert.equal(occasions(calls).at(-1), 'final');
      assert.ok(told(record).some((what) => what.startsWith('Summary not delivered to dead')));
    });
    it('remembers its calls when it continues as new', async () => {
      const at = (await lab.now()) - 700;
      const record = aRecord({ timings: { openedAt: at, firstResultAt: at + 20, closedAt: null } });
      const carried = {
        incident: { record, calls: { reminders: 1, remindedAt: at + 600 } },
        policy: { ...POLICY, ...policy },
        deadline: at + 3600,
      };
      const { calls } = await play({ input: { carried } }, async (incident) => {
        await lab.sleep(2400);
        await resolve(incident);
      });
      assert.deepEqual(occasions(calls), ['escalation', 'reminder', 'final']);
    });
  });

  describe('after its end', () => {
    const policy = { feedbackWindowSeconds: 7 * 24 * 3600 };
    const days = (n: number) => n * 24 * 3600;

    it('takes a verdict days later, tells it, and leaves an hour to correct it', async () => {
      const { record, calls } = await play({ policy }, async (incident) => {
        await resolve(incident);
        await lab.sleep(days(2));
        assert.equal(await state(incident), 'resolved');
        await incident.executeUpdate(messages.giveFeedback, { args: [verdict] });
        await lab.sleep(1800);
        await incident.executeUpdate(messages.giveFeedback, { args: [{ ...verdict, service: 'cache' }] });
        await incident.result();
        await keepHistory(incident, 'incident-judged-after-its-end');
      });
      assert.deepEqual(occasions(calls), ['first-result', 'final', 'feedback', 'feedback']);
      assert.equal(record.feedback?.service, 'cache');
      assert.equal(record.state, 'resolved');
      assert.equal(calls.published.length, 4);
      const waited = record.feedback.at - (record.timings.closedAt ?? 0);
      assert.ok(waited > days(2) && waited < days(2) + 3600, `judged after ${waited} s`);
    });

    it('ends by itself when nobody judges it, and when there is nothing to judge', async () => {
      const start = await play({ policy }, resolve);
      assert.deepEqual(occasions(start.calls), ['first-result', 'final']);
      const blind = await play(
        { policy, activities: { planScope: () => Promise.reject(new Error('down')) } },
        async (incident) => {
          await lab.sleep(60);
          await resolve(incident);
          await lab.sleep(300);
          assert.equal((await incident.describe()).status.name, 'COMPLETED');
        },
      );
      assert.equal(blind.record.diagnosis, null);
    });

    it('says what it waits for, and refuses everything but a verdict', async () => {
      await play({ policy }, async (incident) => {
        await resolve(incident);
        await lab.sleep(300);
        const { by } = verdict;
        const refusals = [
          () => incident.executeUpdate(messages.acknowledge, { args: [{ by }] }),
          () => incident.executeUpdate(messages.rerun, { args: [{ by }] }),
          () => incident.executeUpdate(messages.cancel, { args: [{ by, reason: '' }] }),
        ];
        for (const refusal of refusals) {
          await assert.rejects(refusal, (error: WorkflowUpdateFailedError) =>
            /the incident is resolved already/.test(error.cause?.message ?? ''),
          );
        }
        const details = await incident.query<{ currentDetails: string }>('__temporal_workflow_metadata');
        assert.match(JSON.stringify(details), /Waiting for a verdict until \d{4}-\d\d-\d\d \d\d:\d\d UTC/);
      });
    });

    it('ends as it was when it is cancelled in Temporal while it waits', async () => {
      const { record, calls } = await play({ policy }, async (incident) => {
        await resolve(incident);
        await lab.sleep(300);
        await incident.cancel();
      });
      assert.equal(record.state, 'resolved');
      assert.deepEqual(occasions(calls), ['first-result', 'final']);
    });

    it('opens again when an alert was on its way to it', async () => {
      const late = anAnomaly({ fingerprint: 'late', startedAt: T0 + 200 });
      const { record, calls } = await play({ policy }, async (incident) => {
        await resolve(incident);
        await lab.sleep(300);
        await incident.signal(messages.anomalyAdded, [late]);
        await lab.sleep(30);
        assert.equal(await state(incident), 'following');
        await incident.signal(messages.anomalyResolved, [{ ...late, status: 'resolved', endedAt: T0 + 400 }]);
        await incident.result();
        await keepHistory(incident, 'incident-open-again');
      });
      assert.equal(record.state, 'resolved');
      assert.equal(record.anomalies.length, 2);
      assert.deepEqual(occasions(calls), ['first-result', 'final', 'final']);
      assert.ok(told(record).includes('Open again: an alert was on its way when it ended'));
    });
  });

  it('lists the alerts of a storm that say most, counts the others, and ends with the last of them', async () => {
    const many = Array.from({ length: 400 }, (_, i) =>
      anAnomaly({ fingerprint: `storm-${i}`, service: `service-${i % 60}`, startedAt: T0 + i }),
    );
    const over = many.map((one) => ({ ...one, status: 'resolved' as const, endedAt: T0 + 500 }));
    let seen = 0;
    const { record } = await play(
      {
        activities: {
          planScope: ({ anomalies }) => {
            seen = Math.max(seen, anomalies.length);
            return fakeActivities().activities.planScope({ environment: 'e', anomalies, now: 0 });
          },
        },
      },
      async (incident) => {
        await incident.signal(messages.anomalyAdded, many);
        await lab.sleep(30);
        await incident.signal(messages.anomalyResolved, [resolved, ...over.slice(0, -1)]);
        await lab.sleep(600);
        assert.equal(await state(incident), 'following');
        await incident.signal(messages.anomalyResolved, over.slice(-1));
      },
    );
    assert.equal(seen, 50);
    assert.equal(record.anomalies.length, 50);
    assert.deepEqual(record.unlisted, { firing: 0, resolved: 351 });
    assert.equal(record.state, 'resolved');
  });
});

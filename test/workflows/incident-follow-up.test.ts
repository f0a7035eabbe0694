import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { WorkflowUpdateFailedError } from '@temporalio/client';
import { sinksFor } from '../../activities/route/sinks-for.js';
import type { Activities, Policy } from '../../activities/contract.js';
import type { IncidentRecord, RevisionReason } from '../../model/incident.js';
import * as messages from '../../model/messages.js';
import { anAnomaly, T0 } from '../support/anomalies.js';
import { fakeActivities, type Calls } from '../support/fake-activities.js';
import { keepHistory } from '../support/histories.js';
import { playIncident, type PlayedIncident } from '../support/incident-play.js';
import { openLab, type Lab } from '../support/workflow-lab.js';

/** What follows a first summary: people, reminders, escalation, feedback and alerts that come late. */
describe('an incident after its first summary', function () {
  this.timeout(90_000);
  let lab: Lab;
  before(async () => {
    lab = await openLab();
  });

  const resolved = anAnomaly({ status: 'resolved', endedAt: T0 + 120 });
  const feedback = {
    grade: 'wrong' as const,
    service: 'ledger',
    faultKind: 'disk' as const,
    note: '',
    by: 'ana',
  };

  const play = (
    options: { policy?: Partial<Policy>; activities?: Partial<Activities> },
    script: (incident: PlayedIncident) => Promise<void>,
  ) => playIncident(lab, options, script);
  const resolve = (incident: PlayedIncident) => incident.resolve(resolved);

  const reasons = ({ saved }: Calls): RevisionReason[] => saved.map(({ revisionReason }) => revisionReason);
  const told = (record: IncidentRecord) => record.timeline.map(({ what }) => what);
  const state = async ({ handle }: PlayedIncident) => (await handle.query(messages.record)).state;

  describe('while it is open', () => {
    it('publishes at once that somebody acknowledged it and what they said of it, each once', async () => {
      const { record, calls } = await play({}, async (incident) => {
        await lab.sleep(10);
        for (const by of ['ana', 'ana', 'ben'])
          await incident.handle.executeUpdate(messages.acknowledge, { args: [{ by }] });
        await incident.handle.executeUpdate(messages.giveFeedback, { args: [feedback] });
        await incident.handle.executeUpdate(messages.giveFeedback, { args: [feedback] });
        await lab.sleep(5);
        await resolve(incident);
        await incident.handle.result();
        await keepHistory(incident.handle, 'incident-acknowledged-with-feedback');
      });
      assert.deepEqual(reasons(calls), ['first-result', 'acknowledged', 'acknowledged', 'feedback', 'final']);
      assert.deepEqual(
        told(record).filter((what) => /^(Acknowledged|Feedback)/.test(what)),
        ['Acknowledged by ana', 'Acknowledged by ben', 'Feedback: the diagnosis is wrong: ledger, disk'],
      );
    });

    it('publishes it in the middle of an investigation without the half of what that has found', async () => {
      let investigations = 0;
      const { calls } = await play(
        {
          activities: {
            planScope: async () => {
              investigations += 1;
              if (investigations > 1) await new Promise((done) => setTimeout(done, 1500));
              return fakeActivities().activities.planScope({ environment: 'e', anomalies: [], now: 0 });
            },
          },
        },
        async (incident) => {
          await lab.sleep(10);
          await incident.handle.executeUpdate(messages.rerun, { args: [{ by: 'ana' }] });
          await incident.handle.executeUpdate(messages.acknowledge, { args: [{ by: 'ana' }] });
          await lab.sleep(60);
          await resolve(incident);
        },
      );
      const [first, acknowledged] = calls.saved;
      assert.equal(acknowledged?.revisionReason, 'acknowledged');
      assert.ok(calls.log.indexOf('save r2') < calls.log.lastIndexOf('analyse'), 'it had not ended');
      for (const part of ['diagnosis', 'gaps', 'evidence', 'documents'] as const)
        assert.deepEqual(acknowledged[part], first?.[part], part);
    });

    it('leaves to the first result what was said before it', async () => {
      const { calls } = await play(
        { activities: { collectMetrics: () => Promise.reject(new Error('not yet')) } },
        async (incident) => {
          await lab.sleep(2);
          await incident.handle.executeUpdate(messages.acknowledge, { args: [{ by: 'ana' }] });
          await lab.sleep(120);
          await resolve(incident);
        },
      );
      assert.deepEqual(reasons(calls), ['first-result', 'final']);
      assert.equal(calls.saved[0]?.acknowledged?.by, 'ana');
    });

    it('investigates at once when a person asks for it, and says who did', async () => {
      const { record, calls } = await play({}, async (incident) => {
        await lab.sleep(10);
        await incident.handle.executeUpdate(messages.rerun, { args: [{ by: 'ana' }] });
        await lab.sleep(10);
        await assert.rejects(
          incident.handle.executeUpdate(messages.rerun, { args: [{ by: ' ' }] }),
          (error: WorkflowUpdateFailedError) => /^by: expected/.test(error.cause?.message ?? ''),
        );
        await resolve(incident);
        await incident.handle.result();
        await keepHistory(incident.handle, 'incident-rerun');
      });
      assert.equal(calls.log.filter((call) => call === 'planScope').length, 2);
      assert.ok(told(record).includes('ana asked to investigate again'));
    });

    it('investigates also while its alerts are resolved, and still closes', async () => {
      const { record, calls } = await play({}, async (incident) => {
        await lab.sleep(10);
        await resolve(incident);
        await lab.sleep(10);
        await incident.handle.executeUpdate(messages.rerun, { args: [{ by: 'ana' }] });
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
        await incident.handle.result();
        await keepHistory(incident.handle, 'incident-escalated');
      });
      assert.deepEqual(reasons(calls), ['first-result', 'reminder', 'escalation', 'reminder', 'final']);
      const after = (record.escalatedAt ?? 0) - record.timings.openedAt;
      assert.ok(Math.abs(after - 900) < 5, `escalated after ${after} s`);
      assert.ok(told(record).includes('Escalated: nobody has acknowledged it for 15 min'));
      assert.ok(told(record).includes('Reminder 2: nobody has acknowledged it'));
    });

    it('calls nobody when that is how it is set', async () => {
      const { calls } = await play({ policy: { maxDurationSeconds: 3600 } }, () => lab.sleep(3000));
      assert.deepEqual(reasons(calls), ['first-result', 'final']);
    });

    it('stops at an acknowledgement, whenever it comes', async () => {
      const moments = fc.sample(fc.integer({ min: 30, max: 2400 }), { numRuns: 5, seed: 11 });
      for (const moment of moments) {
        const { calls } = await play({ policy }, async (incident) => {
          await lab.sleep(moment);
          await incident.handle.executeUpdate(messages.acknowledge, { args: [{ by: 'ana' }] });
          await lab.sleep(3000 - moment);
          await resolve(incident);
        });
        const [, ...after] = reasons(calls);
        const stop = after.indexOf('acknowledged');
        assert.deepEqual(after.slice(stop), ['acknowledged', 'final'], `acknowledged after ${moment} s`);
        const due = [600, 900, 1200].filter((time) => time < moment - 5).length;
        assert.ok(stop >= due && stop <= due + 1, `${stop} calls before ${moment} s`);
      }
    });

    it('calls nobody for alerts that are resolved', async () => {
      const { calls } = await play({ policy: { ...policy, resolveGraceSeconds: 1800 } }, async (incident) => {
        await lab.sleep(10);
        await resolve(incident);
      });
      assert.deepEqual(reasons(calls), ['first-result', 'final']);
    });

    it('reaches the sinks of escalated incidents then, and to the end', async () => {
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
  });

  describe('after its end', () => {
    const policy = { feedbackWindowSeconds: 7 * 24 * 3600 };
    const days = (n: number) => n * 24 * 3600;

    it('takes feedback days later, publishes it, and leaves an hour to correct it', async () => {
      const { record, calls } = await play({ policy }, async (incident) => {
        await resolve(incident);
        await lab.sleep(days(2));
        assert.equal(await state(incident), 'resolved');
        await incident.handle.executeUpdate(messages.giveFeedback, { args: [feedback] });
        await lab.sleep(1800);
        await incident.handle.executeUpdate(messages.giveFeedback, {
          args: [{ ...feedback, service: 'cache' }],
        });
        await incident.handle.result();
        await keepHistory(incident.handle, 'incident-feedback-after-its-end');
      });
      assert.deepEqual(reasons(calls), ['first-result', 'final', 'feedback', 'feedback']);
      assert.equal(record.feedback?.service, 'cache');
      assert.equal(record.state, 'resolved');
      assert.equal(calls.published.length, 4);
      const waited = record.feedback.at - (record.timings.closedAt ?? 0);
      assert.ok(waited > days(2) && waited < days(2) + 3600, `judged after ${waited} s`);
    });

    it('ends by itself when nobody gives feedback, and when there is nothing to judge', async () => {
      const start = await play({ policy }, resolve);
      assert.deepEqual(reasons(start.calls), ['first-result', 'final']);
      const blind = await play(
        { policy, activities: { planScope: () => Promise.reject(new Error('down')) } },
        async (incident) => {
          await lab.sleep(60);
          await resolve(incident);
          await lab.sleep(300);
          assert.equal((await incident.handle.describe()).status.name, 'COMPLETED');
        },
      );
      assert.equal(blind.record.diagnosis, null);
    });

    it('says what it waits for, and refuses everything but feedback', async () => {
      await play({ policy }, async (incident) => {
        await resolve(incident);
        await lab.sleep(300);
        const { by } = feedback;
        const refusals = [
          () => incident.handle.executeUpdate(messages.acknowledge, { args: [{ by }] }),
          () => incident.handle.executeUpdate(messages.rerun, { args: [{ by }] }),
          () => incident.handle.executeUpdate(messages.cancel, { args: [{ by, reason: '' }] }),
        ];
        for (const refusal of refusals) {
          await assert.rejects(refusal, (error: WorkflowUpdateFailedError) =>
            /the incident is resolved already/.test(error.cause?.message ?? ''),
          );
        }
        const details = await incident.handle.query<{ currentDetails: string }>(
          '__temporal_workflow_metadata',
        );
        assert.match(JSON.stringify(details), /Waiting for feedback until \d{4}-\d\d-\d\d \d\d:\d\d UTC/);
      });
    });

    it('ends as it was when it is cancelled in Temporal while it waits', async () => {
      const { record, calls } = await play({ policy }, async (incident) => {
        await resolve(incident);
        await lab.sleep(300);
        await incident.handle.cancel();
      });
      assert.equal(record.state, 'resolved');
      assert.deepEqual(reasons(calls), ['first-result', 'final']);
    });

    it('opens again when an alert was on its way to it', async () => {
      const late = anAnomaly({ fingerprint: 'late', startedAt: T0 + 200 });
      const { record, calls } = await play({ policy }, async (incident) => {
        await resolve(incident);
        await lab.sleep(300);
        await incident.fire(late);
        await lab.sleep(30);
        assert.equal(await state(incident), 'following');
        await incident.resolve({ ...late, status: 'resolved', endedAt: T0 + 400 });
        await incident.handle.result();
        await keepHistory(incident.handle, 'incident-open-again');
      });
      assert.equal(record.state, 'resolved');
      assert.equal(record.anomalies.length, 2);
      assert.deepEqual(reasons(calls), ['first-result', 'final', 'final']);
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
        await incident.fire(...many);
        await lab.sleep(30);
        await incident.resolve(resolved, ...over.slice(0, -1));
        await lab.sleep(600);
        assert.equal(await state(incident), 'following');
        await incident.resolve(...over.slice(-1));
      },
    );
    assert.equal(seen, 50);
    assert.equal(record.anomalies.length, 50);
    assert.deepEqual(record.unlisted, { firing: 0, resolved: 351 });
    assert.equal(record.state, 'resolved');
  });
});

import assert from 'node:assert/strict';
import { ApplicationFailure } from '@temporalio/common';
import type { WorkflowHandle } from '@temporalio/client';
import { WorkflowUpdateFailedError } from '@temporalio/client';
import type { Activities } from '../../activities/contract.js';
import type { IncidentRecord } from '../../model/incident.js';
import { diagnoseIncident } from '../../workflows/diagnose-incident.js';
import * as messages from '../../model/messages.js';
import { anAnomaly, T0 } from '../support/anomalies.js';
import { aDiagnosis } from '../support/diagnoses.js';
import { fakeActivities, POLICY, type Calls } from '../support/fake-activities.js';
import { openLab, type Lab } from '../support/workflow-lab.js';

describe('diagnoseIncident', function () {
  this.timeout(60_000);
  let lab: Lab;
  before(async () => {
    lab = await openLab();
  });

  /** Runs one incident with fakes while `script` acts on it; answers the final record and what was asked of the fakes. */
  async function play(
    overrides: Partial<Activities>,
    script: (incident: WorkflowHandle<typeof diagnoseIncident>, calls: Calls) => Promise<void>,
  ): Promise<{ record: IncidentRecord; calls: Calls }> {
    const { activities, calls } = fakeActivities(overrides);
    const record = await lab.run(activities, async (client, taskQueue) => {
      const incident = await client.start(diagnoseIncident, {
        taskQueue,
        workflowId: `incident/checkout/${taskQueue}`,
        args: [{ triageId: null, environment: 'production', anomalies: [anAnomaly()] }],
      });
      await script(incident, calls);
      return incident.result();
    });
    return { record, calls };
  }

  const resolved = anAnomaly({ status: 'resolved', endedAt: T0 + 120 });

  it('looks, checks the leading suspect, weighs again, publishes, and closes when the alert stays quiet', async () => {
    const { record, calls } = await play({}, async (incident) => {
      await incident.signal(messages.anomalyResolved, [resolved]);
    });
    // What is collected is pulled at the same time, in any order.
    assert.deepEqual(calls.log.slice(2, 5).sort(), ['collect golden', 'collect resources', 'collectChanges']);
    assert.deepEqual(calls.log.toSpliced(2, 3), [
      'readPolicy',
      'planScope',
      'analyse',
      'check payment',
      'analyse with checks',
      'save r1',
      'publish record/r1 to chat',
      'save r2',
      'publish record/r2 to chat',
    ]);
    assert.equal(record.state, 'resolved');
    assert.equal(record.diagnosis?.verdict.service, 'payment');
    assert.equal(record.anomalies[0]?.endedAt, T0 + 120);
    assert.ok(record.timings.closedAt);
    assert.deepEqual(record.links.slice(1), [
      { title: 'Metrics', url: 'http://metrics.example' },
      { title: 'Report', url: '/reports/report.md' },
    ]);
    assert.deepEqual(
      calls.saved.map((saved) => saved.revision),
      [1, 2],
    );
  });

  it('looks again on a timer and tells nobody while the conclusion stays', async () => {
    const { record, calls } = await play({}, async (incident) => {
      await lab.sleep(20 * 60);
      await incident.signal(messages.anomalyResolved, [resolved]);
    });
    const looks = calls.log.filter((call) => call === 'planScope').length;
    assert.ok(looks >= 3, `expected at least three looks in 20 minutes, saw ${looks}`);
    assert.equal(record.revision, 2, 'the first result and the final report');
  });

  it('tells what changed when a later look comes to another conclusion', async () => {
    let looks = 0;
    const { calls } = await play(
      {
        analyse: () => {
          looks += 1;
          return Promise.resolve(looks <= 2 ? aDiagnosis() : aDiagnosis({ service: 'ledger' }));
        },
      },
      async (incident) => {
        await lab.sleep(6 * 60);
        await incident.signal(messages.anomalyResolved, [resolved]);
      },
    );
    assert.deepEqual(
      calls.saved.map((saved) => saved.diagnosis?.verdict.service),
      ['payment', 'ledger', 'ledger'],
    );
  });

  it('looks at once when another alert joins, and takes a signal delivered twice for one', async () => {
    const joined = anAnomaly({ fingerprint: 'second', service: 'cart', title: 'CartErrors' });
    const { record, calls } = await play({}, async (incident) => {
      await lab.sleep(10);
      await incident.signal(messages.anomalyAdded, [joined]);
      await incident.signal(messages.anomalyAdded, [joined]);
      await lab.sleep(10);
      await incident.signal(messages.anomalyResolved, [resolved, { ...joined, status: 'resolved' }]);
    });
    assert.equal(record.anomalies.length, 2);
    assert.equal(calls.log.filter((call) => call === 'planScope').length, 2);
  });

  it('stays one incident when the alert fires again before it has been quiet for long enough', async () => {
    const again = anAnomaly({ startedAt: T0 + 150 });
    const { record } = await play({}, async (incident) => {
      await incident.signal(messages.anomalyResolved, [resolved]);
      await lab.sleep(30);
      await incident.signal(messages.anomalyAdded, [again]);
      await lab.sleep(120);
      assert.equal((await incident.query(messages.record)).state, 'following');
      await incident.signal(messages.anomalyResolved, [{ ...again, status: 'resolved', endedAt: T0 + 400 }]);
    });
    assert.equal(record.anomalies.length, 2);
    assert.equal(record.state, 'resolved');
  });

  it('closes as expired at the limit when nobody resolves it', async () => {
    const { record } = await play({}, () => Promise.resolve());
    assert.equal(record.state, 'expired');
    const lasted = (record.timings.closedAt ?? 0) - record.timings.openedAt;
    assert.ok(Math.abs(lasted - POLICY.maxDurationSeconds) < 10, `closed after ${lasted} s`);
  });

  it('posts a useful result when a source stays down, and says what it could not see', async () => {
    const { calls } = await play(
      { planScope: () => Promise.reject(new Error('connect ECONNREFUSED 127.0.0.1:9090')) },
      async (incident) => {
        await lab.sleep(60);
        await incident.signal(messages.anomalyResolved, [resolved]);
      },
    );
    const first = calls.saved[0];
    assert.ok(first);
    assert.equal(first.diagnosis, null);
    assert.deepEqual(
      first.gaps.map((gap) => gap.what),
      ['the services around checkout'],
    );
    assert.match(first.gaps[0]?.reason ?? '', /ECONNREFUSED/);
    assert.equal(calls.published.length, 2);
  });

  it('does not ask again what cannot succeed', async () => {
    let asked = 0;
    const { calls } = await play(
      {
        collectMetrics: () => {
          asked += 1;
          throw ApplicationFailure.nonRetryable('bad query: unexpected "}"', 'BadQuery');
        },
      },
      (incident) => incident.signal(messages.anomalyResolved, [resolved]),
    );
    assert.equal(asked, POLICY.families.length);
    assert.ok(calls.saved[0]?.gaps.some((gap) => gap.reason.includes('bad query')));
    assert.equal(
      calls.saved[0]?.diagnosis?.verdict.service,
      'payment',
      'what else was seen is still weighed',
    );
  });

  it('says so when the analysis gives up', async () => {
    const { calls } = await play(
      {
        analyse: () => {
          throw ApplicationFailure.nonRetryable('the analysis was given up after 120 s', 'AnalysisTimeout');
        },
      },
      (incident) => incident.signal(messages.anomalyResolved, [resolved]),
    );
    const [first] = calls.saved;
    assert.ok(first);
    assert.equal(first.diagnosis, null);
    assert.match(first.gaps[0]?.reason ?? '', /given up after 120 s/);
  });

  it('is not held up by a sink that stays down', async () => {
    const { record } = await play(
      {
        readPolicy: () => Promise.resolve({ ...POLICY, sinks: ['dead', 'chat'] }),
        publish: ({ sink }) =>
          sink === 'dead'
            ? Promise.reject(new Error('503 from dead'))
            : Promise.resolve({ sink, revision: 1, at: 1, reference: null }),
      },
      (incident) => incident.signal(messages.anomalyResolved, [resolved]),
    );
    assert.deepEqual(
      record.publications.map(({ sink }) => sink),
      ['chat', 'chat'],
    );
    assert.ok(record.timeline.some((entry) => entry.what.startsWith('Summary not delivered to dead')));
  });

  it('takes an acknowledgement and a verdict, and refuses malformed ones by field', async () => {
    const { record } = await play({}, async (incident) => {
      await lab.sleep(10);
      await incident.executeUpdate(messages.acknowledge, { args: [{ by: 'ana' }] });
      await assert.rejects(
        incident.executeUpdate(messages.acknowledge, { args: [{ by: ' ' }] }),
        (error: WorkflowUpdateFailedError) => /^by: expected/.test(error.cause?.message ?? ''),
      );
      await incident.executeUpdate(messages.giveFeedback, {
        args: [{ correct: false, service: 'ledger', faultKind: 'disk', note: 'disk full', by: 'ana' }],
      });
      await assert.rejects(
        incident.executeUpdate(messages.giveFeedback, {
          args: [{ correct: true, service: 'ledger', faultKind: null, note: '', by: 'ana' }],
        }),
        WorkflowUpdateFailedError,
      );
      await incident.signal(messages.anomalyResolved, [resolved]);
    });
    assert.equal(record.acknowledged?.by, 'ana');
    assert.equal(record.feedback?.service, 'ledger');
    assert.ok(record.timeline.some((entry) => entry.what === 'Diagnosis judged wrong: ledger, disk'));
  });

  it('closes with a final report when somebody cancels it, also in the middle of a look', async () => {
    const { record, calls } = await play(
      {
        collectMetrics: () => Promise.reject(new Error('still down')),
      },
      async (incident) => {
        await lab.sleep(2);
        await incident.executeUpdate(messages.cancel, { args: [{ by: 'ana', reason: 'a drill' }] });
      },
    );
    assert.equal(record.state, 'cancelled');
    assert.equal(calls.published.length, 1);
    assert.ok(record.timeline.some((entry) => entry.what === 'Cancelled by ana: a drill'));
  });

  it('answers progress and diagnosis while it runs', async () => {
    await play({}, async (incident) => {
      await lab.sleep(10);
      const progress = await incident.query(messages.progress);
      assert.equal(progress.state, 'following');
      assert.ok(
        progress.steps.some((step) => step.name === 'Pull latency, errors and traffic of 3 services'),
      );
      assert.ok(progress.steps.every((step) => step.state === 'done'));
      assert.equal((await incident.query(messages.diagnosis))?.verdict.faultKind, 'cpu');
      await incident.signal(messages.anomalyResolved, [resolved]);
    });
  });
});

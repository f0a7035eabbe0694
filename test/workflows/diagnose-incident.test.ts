import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { activityInfo } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { WorkflowUpdateFailedError } from '@temporalio/client';
import { FolderBlobs } from '../../activities/record/folder-blobs.js';
import * as messages from '../../model/messages.js';
import { anAnomaly, T0 } from '../support/anomalies.js';
import { aDiagnosis } from '../support/diagnoses.js';
import { aConclusion, POLICY } from '../support/fake-activities.js';
import { keepHistory } from '../support/histories.js';
import { playIncident, type PlayedIncident, type PlayOptions } from '../support/incident-play.js';
import { keysIn } from '../support/stores.js';
import { openLab, type Lab } from '../support/workflow-lab.js';

describe('diagnoseIncident', function () {
  this.timeout(120_000);
  let lab: Lab;
  before(async () => {
    lab = await openLab();
  });

  const play = (options: PlayOptions, script: (incident: PlayedIncident) => Promise<void>) =>
    playIncident(lab, options, script);
  const resolved = anAnomaly({ status: 'resolved', endedAt: T0 + 120 });
  const investigations = (calls: PlayedIncident['calls']) =>
    calls.log.filter((call) => call === 'planScope').length;

  it('investigates, checks the leading suspect and tells its requests apart, analyses again, publishes, and closes when the alert stays resolved', async () => {
    const { record, calls } = await play({}, ({ resolve }) => resolve(resolved));
    // What is collected is pulled at the same time, in any order.
    assert.deepEqual(calls.log.slice(1, 4).sort(), ['collect golden', 'collect resources', 'collectChanges']);
    const inOrder = calls.log.toSpliced(1, 3);
    assert.deepEqual(inOrder.splice(2, 2).sort(), ['check payment', 'slices of payment']);
    assert.deepEqual(inOrder, [
      'planScope',
      'analyse',
      'analyse with checks',
      'save r1',
      'publish record/r1 to chat',
      'save r2',
      'publish record/r2 to chat',
    ]);
    assert.equal(record.state, 'resolved');
    assert.equal(record.diagnosis?.verdict.service, 'payment');
    assert.deepEqual(
      record.documents.map(({ kind }) => kind),
      ['scope', 'changes', 'checks', 'diagnosis'],
    );
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

  it('investigates again on a timer and publishes nothing while the conclusion stays', async () => {
    const { record, calls } = await play({}, async ({ resolve }) => {
      await lab.sleep(20 * 60);
      await resolve(resolved);
    });
    const count = investigations(calls);
    assert.ok(count >= 3, `expected at least three investigations in 20 minutes, saw ${count}`);
    assert.equal(record.revision, 2, 'the first result and the final report');
  });

  it('publishes what changed when a later investigation comes to another conclusion', async () => {
    let analyses = 0;
    const { calls } = await play(
      {
        activities: {
          analyse: () => {
            analyses += 1;
            return Promise.resolve(
              aConclusion(analyses <= 2 ? aDiagnosis() : aDiagnosis({ service: 'ledger' })),
            );
          },
        },
      },
      async ({ resolve }) => {
        await lab.sleep(6 * 60);
        await resolve(resolved);
      },
    );
    assert.deepEqual(
      calls.saved.map((saved) => saved.diagnosis?.verdict.service),
      ['payment', 'ledger', 'ledger'],
    );
  });

  it('publishes nothing when only the wording and number of gaps change', async () => {
    let reads = 0;
    const { calls } = await play(
      {
        activities: {
          collectMetrics: ({ family }) => {
            reads += 1;
            const what = `${reads} of ${reads + 40} queries of ${family}`;
            return Promise.resolve({
              evidence: { kind: 'series', uri: 'evidence/x', digest: 'x', bytes: 1, summary: '3 series' },
              gaps: [{ source: 'prometheus', what, reason: `no answer in ${reads} s` }],
            });
          },
        },
      },
      async ({ resolve }) => {
        await lab.sleep(20 * 60);
        await resolve(resolved);
      },
    );
    assert.ok(investigations(calls) >= 3);
    assert.deepEqual(
      calls.saved.map(({ revisionReason }) => revisionReason),
      ['first-result', 'final'],
    );
  });

  it('investigates at once when another alert joins, and takes a message delivered twice for one', async () => {
    const joined = anAnomaly({ fingerprint: 'second', service: 'cart', title: 'CartErrors' });
    const { record, calls } = await play({}, async ({ send, resolve }) => {
      await lab.sleep(10);
      await send({ kind: 'firing', anomalies: [joined] }, 'twice');
      await send({ kind: 'firing', anomalies: [joined] }, 'twice');
      await lab.sleep(10);
      await resolve(resolved, { ...joined, status: 'resolved' });
    });
    assert.equal(record.anomalies.length, 2);
    assert.equal(investigations(calls), 2);
  });

  it('stays one incident when the alert fires again before it has been resolved for long enough', async () => {
    const again = anAnomaly({ startedAt: T0 + 150 });
    const { record } = await play({}, async ({ handle, fire, resolve }) => {
      await resolve(resolved);
      await lab.sleep(30);
      await fire(again);
      await lab.sleep(120);
      assert.equal((await handle.query(messages.record)).state, 'following');
      await resolve({ ...again, status: 'resolved', endedAt: T0 + 400 });
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

  it('publishes a useful result when a source stays down, and says what it could not see', async () => {
    const { calls } = await play(
      { activities: { planScope: () => Promise.reject(new Error('connect ECONNREFUSED 127.0.0.1:9090')) } },
      async ({ resolve }) => {
        await lab.sleep(60);
        await resolve(resolved);
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

  it('asks every source beside metrics once an investigation, and goes on without one that stays down', async () => {
    const asked: string[][] = [];
    const { record, calls } = await play(
      {
        policy: { sources: { logs: ['loki'], traces: ['jaeger'], state: ['prod-cluster'] } },
        activities: {
          collectTraces: () => {
            throw ApplicationFailure.nonRetryable('refused with 401', 'BadCredentials');
          },
          analyse: ({ evidence }) => {
            asked.push(evidence.map(({ kind }) => kind));
            return Promise.resolve(aConclusion());
          },
        },
      },
      ({ resolve }) => resolve(resolved),
    );
    assert.deepEqual(calls.log.filter((call) => /loki|jaeger|prod-cluster/.test(call)).sort(), [
      'collect loki',
      'collect prod-cluster',
    ]);
    assert.deepEqual(asked[0], ['series', 'series', 'logs', 'conditions']);
    assert.deepEqual(asked[1], [...asked[0], 'slices']);
    assert.deepEqual(
      record.gaps.filter(({ source }) => source === 'jaeger').map(({ reason }) => reason),
      ['refused with 401'],
    );
  });

  it('runs checks of a zone on its task queue, and goes on where no worker of the zone is there', async () => {
    const { record, calls } = await play(
      {
        activities: {
          runChecks: ({ service }) =>
            Promise.resolve({
              ...{ checks: { kind: 'checks', uri: `documents/${service}`, bytes: 1 } as const },
              ...{ ran: 1, failed: 0, left: 2, gaps: [], zones: ['eu-2'] },
            }),
        },
      },
      async ({ resolve }) => {
        await lab.sleep(90);
        await resolve(resolved);
      },
    );
    assert.deepEqual(
      calls.saved[0]!.gaps.filter(({ source }) => source === 'checks'),
      [{ source: 'checks', what: 'checks on payment in eu-2', reason: 'no worker took it in time' }],
    );
    assert.equal(record.state, 'resolved');
  });

  it('does not ask again what cannot succeed, and analyses what else was seen', async () => {
    let asked = 0;
    const { calls } = await play(
      {
        activities: {
          collectMetrics: () => {
            asked += 1;
            throw ApplicationFailure.nonRetryable('bad query: unexpected "}"', 'BadQuery');
          },
        },
      },
      ({ resolve }) => resolve(resolved),
    );
    assert.equal(asked, POLICY.families.length);
    assert.ok(calls.saved[0]?.gaps.some((gap) => gap.reason.includes('bad query')));
    assert.equal(calls.saved[0]?.diagnosis?.verdict.service, 'payment');
  });

  it('gives the analysis the time of the policy and a minute more, and says so when it gives up', async () => {
    let seconds = 0;
    const { calls } = await play(
      {
        policy: { analysisTimeoutSeconds: 500 },
        activities: {
          analyse: () => {
            seconds = activityInfo().startToCloseTimeoutMs / 1000;
            throw ApplicationFailure.nonRetryable('the analysis was given up after 120 s', 'AnalysisTimeout');
          },
        },
      },
      ({ resolve }) => resolve(resolved),
    );
    assert.equal(seconds, 560);
    const [first] = calls.saved;
    assert.ok(first);
    assert.equal(first.diagnosis, null);
    assert.match(first.gaps[0]?.reason ?? '', /given up after 120 s/);
  });

  it('looks at the time of the incident, whatever date a single alert carries', async () => {
    const starts: number[][] = [];
    const opening = (await lab.now()) - 30;
    const { record } = await play(
      {
        opening: [anAnomaly({ startedAt: opening })],
        activities: {
          planScope: ({ anomalies }) => {
            starts.push(anomalies.map(({ startedAt }) => startedAt));
            return Promise.reject(ApplicationFailure.nonRetryable('down'));
          },
        },
      },
      async ({ fire, handle }) => {
        await lab.sleep(20);
        await fire(anAnomaly({ fingerprint: 'of-1970', startedAt: 0 }));
        await lab.sleep(20);
        await handle.executeUpdate(messages.cancel, { args: [{ by: 'ana', reason: '' }] });
      },
    );
    assert.deepEqual(starts.at(-1), [opening, opening]);
    assert.equal(record.state, 'cancelled');

    const { record: ancient } = await play(
      {
        opening: [anAnomaly({ startedAt: 3 })],
        activities: {
          planScope: ({ anomalies }) => {
            starts.push(anomalies.map(({ startedAt }) => startedAt));
            return Promise.reject(ApplicationFailure.nonRetryable('down'));
          },
        },
        policy: { maxDurationSeconds: 60 },
      },
      () => Promise.resolve(),
    );
    assert.deepEqual(starts.at(-1), [ancient.timings.openedAt]);
  });

  it('goes on when the store is away for an hour, and saves what it could not save with the next revision', async () => {
    const start = await lab.now();
    const directory = await mkdtemp(join(tmpdir(), 'faultline-away-'));
    const folder = join(directory, 'store');
    await writeFile(folder, 'a file where the folder of the store belongs');
    const blobs = new FolderBlobs(folder);
    let isAway = true;
    const { record, calls } = await play(
      {
        activities: {
          saveRecord: async ({ record: { revision, revisionReason } }) => {
            if (isAway && (await lab.now()) >= start + 3600) {
              isAway = false;
              await rm(folder);
            }
            await blobs.put(`records/r${revision}`, Buffer.from(revisionReason));
            return { uri: `record/r${revision}`, reportPath: '/r', reportUrl: null, sinks: ['chat'] };
          },
        },
      },
      async ({ handle, resolve }) => {
        await lab.sleep(2 * 3600);
        assert.equal((await handle.query(messages.record)).state, 'following');
        await resolve(resolved);
      },
    );
    const [first, final, ...others] = await keysIn(blobs);
    assert.deepEqual(others, []);
    assert.equal(String(await blobs.get(first!)), 'first-result');
    assert.equal(String(await blobs.get(final!)), 'final');
    await rm(directory, { recursive: true });
    assert.equal(calls.published.length, 2);
    assert.equal(record.state, 'resolved');
    assert.ok(
      record.timeline.some(({ what }) =>
        /^Revision 1 could not be saved: .*store\.directory: cannot write/.test(what),
      ),
    );
  });

  it('ends with its record when even the final report cannot be saved within a day', async () => {
    const { record, calls } = await play(
      { activities: { saveRecord: () => Promise.reject(new Error('access denied')) } },
      ({ resolve }) => resolve(resolved),
    );
    assert.equal(record.state, 'resolved');
    assert.equal(calls.published.length, 0);
    assert.match(record.timeline.at(-1)?.what ?? '', /could not be saved: .*access denied/);
  });

  it('is not held up by a sink that stays down', async () => {
    const { record } = await play(
      {
        activities: {
          saveRecord: ({ record: { revision } }) =>
            Promise.resolve({
              uri: `r${revision}`,
              reportPath: '/r',
              reportUrl: null,
              sinks: ['dead', 'chat'],
            }),
          publish: ({ sink }) =>
            sink === 'dead'
              ? Promise.reject(new Error('503 from dead'))
              : Promise.resolve({ sink, revision: 1, at: 1, reference: null }),
        },
      },
      ({ resolve }) => resolve(resolved),
    );
    assert.deepEqual(
      record.publications.map(({ sink }) => sink),
      ['chat', 'chat'],
    );
    assert.ok(record.timeline.some((entry) => entry.what.startsWith('Summary not delivered to dead')));
  });

  it('takes what people say, and refuses malformed words by field', async () => {
    const refused = (update: Promise<unknown>, words: RegExp) =>
      assert.rejects(update, (error: WorkflowUpdateFailedError) => words.test(error.cause?.message ?? ''));
    const { record } = await play({}, async ({ handle, resolve }) => {
      await lab.sleep(10);
      const taken = await handle.executeUpdate(messages.acknowledge, { args: [{ by: 'ana' }] });
      assert.deepEqual(taken, { id: handle.workflowId, state: 'following' });
      await refused(handle.executeUpdate(messages.acknowledge, { args: [{ by: ' ' }] }), /^by: expected/);
      const wrong = {
        grade: 'wrong' as const,
        service: 'ledger',
        faultKind: 'disk' as const,
        note: 'full',
        by: 'ana',
      };
      await handle.executeUpdate(messages.giveFeedback, { args: [wrong] });
      await refused(
        handle.executeUpdate(messages.giveFeedback, { args: [{ ...wrong, grade: 'right' as const }] }),
        /^service and faultKind: expected none/,
      );
      await refused(
        handle.executeUpdate(messages.giveFeedback, { args: [{ ...wrong, note: 'x'.repeat(2_001) }] }),
        /^note: expected at most 2000 characters, got 2001/,
      );
      await resolve(resolved);
    });
    assert.equal(record.acknowledged?.by, 'ana');
    assert.equal(record.feedback?.service, 'ledger');
    assert.ok(record.timeline.some(({ what }) => what === 'Feedback: the diagnosis is wrong: ledger, disk'));
  });

  it('closes with a final report when somebody cancels it, also in the middle of an investigation', async () => {
    const { record, calls } = await play(
      { activities: { collectMetrics: () => Promise.reject(new Error('still down')) } },
      async ({ handle }) => {
        await lab.sleep(2);
        await handle.executeUpdate(messages.cancel, { args: [{ by: 'ana', reason: 'a drill' }] });
        await handle.result();
        await keepHistory(handle, 'incident-cancelled');
      },
    );
    assert.equal(record.state, 'cancelled');
    assert.equal(calls.published.length, 1);
    assert.ok(record.timeline.some((entry) => entry.what === 'Cancelled by ana: a drill'));
  });

  it('answers its progress while it runs', async () => {
    await play({}, async ({ handle, resolve }) => {
      await lab.sleep(10);
      const progress = await handle.query(messages.progress);
      assert.equal(progress.state, 'following');
      assert.ok(
        progress.steps.some((step) => step.name === 'Pull latency, errors and traffic of 3 services'),
      );
      assert.ok(progress.steps.every((step) => step.state === 'done'));
      await resolve(resolved);
    });
  });
});

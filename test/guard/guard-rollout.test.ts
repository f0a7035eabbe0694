import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { Activities } from '../../activities/contract.js';
import type { GuardLook, GuardRequest, GuardState } from '../../model/guard.js';
import type { guardRollout } from '../../workflows/guard/guard-rollout.js';
import type { keepChanges } from '../../workflows/keep-changes.js';
import { ApplicationFailure } from '@temporalio/common';
import { fakeActivities } from '../support/fake-activities.js';
import { keepHistory } from '../support/histories.js';
import { openLab, type Lab } from '../support/workflow-lab.js';

const COMMIT = { repository: 'shop/checkout', sha: 'a'.repeat(40) };

describe('guarding a rollout', function () {
  this.timeout(120_000);
  let lab: Lab;
  before(async () => {
    lab = await openLab();
  });

  /** Runs a guard whose looks find this, one after the other; the last stays. */
  async function guard(
    findings: GuardLook['finding'][],
    more: Partial<GuardRequest> = {},
    overrides: Partial<Activities> = {},
    history?: string,
  ): Promise<{ state: GuardState; asked: Parameters<Activities['planScope']>[0][]; told: string[] }> {
    const asked: Parameters<Activities['planScope']>[0][] = [];
    const told: string[] = [];
    let look = 0;
    const base = fakeActivities().activities;
    const { activities } = fakeActivities({
      planScope: (input) => {
        asked.push(input);
        return base.planScope(input);
      },
      judgeRollout: () => {
        const finding = findings[Math.min(look++, findings.length - 1)]!;
        return Promise.resolve({ finding, reason: `the service looks ${finding}` });
      },
      tellGuard: ({ to, state }) => Promise.resolve(void told.push(`${to} ${state.verdict ?? 'watching'}`)),
      ...overrides,
    });
    const state = await lab.run(activities, async (client, taskQueue) => {
      const since = await lab.now();
      const request: GuardRequest = {
        ...{
          environment: 'production',
          service: 'checkout',
          since,
          forSeconds: 900,
          changeId: null,
          commit: null,
        },
        ...{ by: 'ann', ...more },
      };
      const handle = await client.start<typeof guardRollout>('guardRollout', {
        ...{ taskQueue, workflowId: `guard-${randomUUID()}`, args: [request] },
      });
      const result = await handle.result();
      if (history !== undefined) await keepHistory(handle, history);
      return result;
    });
    return { state, asked, told };
  }

  it('looks at once and at intervals, and passes what stays healthy to the end', async () => {
    const { state, asked, told } = await guard(['cannot-tell', 'healthy'], {}, {}, 'guard-pass');
    assert.deepEqual([state.verdict, state.reason], ['pass', 'the service looks healthy']);
    assert.equal(state.looks.length, 13);
    const { since } = state.request;
    assert.ok(state.looks[0]!.at - since < 5);
    assert.ok(state.looks.at(-1)!.at >= since + 900 && state.looks.at(-1)!.at < since + 930);
    assert.deepEqual(told, ['webhook pass']);
    const began = asked.map(({ anomalies }) => anomalies[0]!.startedAt);
    assert.equal(began[0], since, 'the first looks begin where the rollout does');
    const last = asked.at(-1)!;
    assert.equal(last.anomalies[0]!.startedAt, last.now - 600, 'later ones follow it');
  });

  it('fails as soon as two looks in a row see harm, with the diagnosis, and tells the commit', async () => {
    const { state, told } = await guard(['healthy', 'failing'], { commit: COMMIT }, {}, 'guard-fail');
    assert.equal(state.verdict, 'fail');
    assert.equal(state.looks.length, 3);
    assert.equal(state.diagnosis?.verdict.service, 'payment');
    assert.deepEqual(told.sort(), ['github fail', 'github watching', 'webhook fail']);
  });

  it('cannot tell when nothing can be analysed, and says what was missing', async () => {
    const reason = 'connection refused';
    const { state } = await guard(
      ['healthy'],
      { forSeconds: 60 },
      {
        planScope: () => Promise.reject(ApplicationFailure.nonRetryable(reason, 'SourceUnavailable')),
      },
    );
    assert.equal(state.verdict, 'cannot-tell');
    assert.match(state.reason, /Nothing could be analysed: .*connection refused/);
  });

  it('says its word although nobody can be told', async () => {
    const { state } = await guard(
      ['confirmed'],
      {},
      {
        tellGuard: () => Promise.reject(ApplicationFailure.nonRetryable('refused with 401', 'SinkRefused')),
      },
    );
    assert.equal(state.verdict, 'fail');
    assert.deepEqual(state.untold, ['webhook: refused with 401']);
  });

  it('ends with "cannot tell" when it is cancelled, and tells so', async () => {
    const told: string[] = [];
    const { activities } = fakeActivities({
      tellGuard: ({ state }) => Promise.resolve(void told.push(String(state.verdict))),
    });
    const state = await lab.run(activities, async (client, taskQueue) => {
      const request: GuardRequest = {
        ...{ environment: 'production', service: 'checkout', since: await lab.now(), forSeconds: 900 },
        ...{ changeId: null, commit: null, by: 'ann' },
      };
      const handle = await client.start<typeof guardRollout>('guardRollout', {
        ...{ taskQueue, workflowId: `guard-${randomUUID()}`, args: [request] },
      });
      await lab.sleep(100);
      await handle.cancel();
      return handle.result();
    });
    assert.equal(state.verdict, 'cannot-tell');
    assert.deepEqual(told, ['cannot-tell']);
  });

  it('keeps changes in a run of their own, again and again while the store is away', async () => {
    const kept: string[][] = [];
    let attempts = 0;
    const { activities } = fakeActivities({
      keepChanges: ({ changes }) => {
        attempts += 1;
        if (attempts < 4) return Promise.reject(new Error('the store is away'));
        return Promise.resolve(void kept.push(changes.map(({ id }) => id)));
      },
    });
    await lab.run(activities, async (client, taskQueue) => {
      const change = {
        ...{
          id: 'c1',
          kind: 'deploy' as const,
          time: 1,
          service: 'checkout',
          title: 'checkout 2',
          details: '',
        },
        ...{ files: [], author: null, link: null, source: 'ci', environment: null },
      };
      const handle = await client.start<typeof keepChanges>('keepChanges', {
        ...{ taskQueue, workflowId: `changes-${randomUUID()}`, args: [{ changes: [change] }] },
      });
      await handle.result();
      await keepHistory(handle, 'changes-kept');
    });
    assert.deepEqual(kept, [['c1']]);
  });
});

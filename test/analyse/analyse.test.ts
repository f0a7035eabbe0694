import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { createAnalyse, type AnalysisPool } from '../../activities/analyse/analyse.js';
import { TaskTimeout, threadPool, type ThreadPool } from '../../activities/thread-pool.js';
import type { Diagnosis } from '../../model/diagnosis.js';
import { runActivity, scopeOf } from '../support/scopes.js';

const INPUT = { scope: scopeOf(['a'], []), evidence: [], changes: [], checks: [], gaps: [] };

describe('threads', () => {
  let pool: ThreadPool<{ ms: number }, number>;
  before(async () => {
    pool = threadPool(new URL('../support/sleeping-thread', import.meta.url), 1);
    // A thread takes its time to start; what is measured here begins after that.
    await pool.run({ ms: 0 });
  });
  after(() => pool.close());

  it('finish all that waits for the only one: waiting is no part of the limit', async () => {
    const tasks = Array.from({ length: 10 }, () => pool.run({ ms: 300 }, { timeoutMs: 2_000 }));
    assert.deepEqual(new Set(await Promise.all(tasks)), new Set([300]));
  });

  it('give up a task that takes longer than its limit, and go on with the next', async () => {
    const long = pool.run({ ms: 60_000 }, { timeoutMs: 100 });
    const next = pool.run({ ms: 1 });
    await assert.rejects(long, TaskTimeout);
    assert.equal(await next, 1);
  });

  it('forget a task that is cancelled while it waits', async () => {
    const busy = pool.run({ ms: 300 });
    const cancel = new AbortController();
    const waiting = pool.run({ ms: 60_000 }, { signal: cancel.signal });
    cancel.abort(new Error('cancelled by the test'));
    await assert.rejects(waiting, /cancelled by the test/);
    assert.equal(await busy, 300);
  });
});

describe('the analyse activity', () => {
  const activityOver = (pool: Pick<AnalysisPool, 'run'>) =>
    createAnalyse({
      pool: { ...pool, close: () => Promise.resolve() },
      place: { directory: '/nowhere', publicReports: false },
      timeoutSeconds: 2,
    }).analyse;

  it('heartbeats while it waits for a thread', async () => {
    const run = async (): Promise<Diagnosis> => {
      await sleep(5_500);
      return {} as Diagnosis;
    };
    const { result, heartbeats } = runActivity(activityOver({ run }), INPUT);
    await result;
    assert.equal(heartbeats.length, 1);
  });

  it('fails for good when the analysis itself takes too long', async () => {
    const run = () => Promise.reject(new TaskTimeout('given up after 2 s'));
    await assert.rejects(runActivity(activityOver({ run }), INPUT).result, (error) => {
      assert.ok(error instanceof ApplicationFailure);
      assert.deepEqual([error.type, error.nonRetryable], ['AnalysisTimeout', true]);
      assert.match(error.message, /after 2 s \(diagnosis\.timeoutSeconds\)/);
      return true;
    });
  });

  it('ends when it is cancelled', async () => {
    const run: AnalysisPool['run'] = (_task, options) =>
      new Promise((_resolve, reject) => {
        options?.signal?.addEventListener('abort', () => reject(options.signal!.reason as Error));
      });
    const running = runActivity(activityOver({ run }), INPUT);
    running.cancel();
    await assert.rejects(running.result, CancelledFailure);
  });
});

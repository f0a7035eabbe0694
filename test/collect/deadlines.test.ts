import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import type { FastifyReply } from 'fastify';
import { createRunChecks } from '../../activities/check/run-checks.js';
import type { Beat } from '../../activities/collect/attempt.js';
import type { CollectDeps } from '../../activities/collect/deps.js';
import { createCollectChanges } from '../../activities/collect/changes/collect-changes.js';
import { createCollectMetrics, type Progress } from '../../activities/collect/metrics/collect-metrics.js';
import { PrometheusSource } from '../../activities/collect/metrics/source/prometheus-source.js';
import { createPlanScope } from '../../activities/collect/scope/plan-scope.js';
import { createCorrelate } from '../../activities/correlate/index.js';
import { callsReader } from '../../activities/correlate/read-calls.js';
import { createRunWatch } from '../../activities/watch/run-watch.js';
import {
  alertOn,
  bindingOf,
  collectDeps,
  NO_LIMITS,
  runActivity,
  scopeOf,
  testConfig,
} from '../support/scopes.js';
import { sourceConfig, startStubPrometheus, type StubPrometheus } from '../support/stub-prometheus.js';
import { checksOf } from '../support/suspects.js';

const HTTP = bindingOf('otel-http/stable');
const METRICS = [
  'http_server_request_duration_seconds_count',
  'http_client_request_duration_seconds_count',
  'up',
];

/** What a source of two services answers, where `a` calls `b`. */
function answerTo(reply: FastifyReply, path: string, form: URLSearchParams): unknown {
  if (path.endsWith('/values')) return reply.send({ status: 'success', data: METRICS });
  const query = form.get('query') ?? '';
  const at = Number(form.get('time') ?? form.get('start'));
  const labels = query.includes('increase(http_client')
    ? [{ job: 'a', server_address: 'b' }]
    : query.includes('count_over_time')
      ? [{}]
      : [{ job: 'a' }, { job: 'b' }];
  const result = labels.map((metric) =>
    path.endsWith('query_range') ? { metric, values: [[at, '1']] } : { metric, value: [at, '10'] },
  );
  const resultType = path.endsWith('query_range') ? 'matrix' : 'vector';
  return reply.send({ status: 'success', data: { resultType, result } });
}

describe('activities that have too little time', () => {
  let stub: StubPrometheus;
  let source: PrometheusSource;
  let deps: CollectDeps;

  /** Every answer takes so long. */
  const slow = (ms: number): void => {
    stub.answer = async (reply, { path, form }) => {
      await sleep(ms);
      return answerTo(reply, path, form);
    };
  };

  beforeEach(async () => {
    stub = await startStubPrometheus();
    source = new PrometheusSource(sourceConfig(stub.url, { timeoutSeconds: 30 }));
    deps = await collectDeps(source, testConfig({ packs: { use: ['otel-http', 'targets'] } }));
  });
  afterEach(async () => {
    source.close();
    await stub.close();
  });

  const times = (startToCloseTimeoutMs: number) => ({ startToCloseTimeoutMs });
  const NO_TIME = /^there was no time left for it after \d s \(diagnosis\.sourceTimeoutSeconds\)$/;

  it('plan a scope from what they have read, and say what they have not', async () => {
    slow(600);
    const { planScope } = createPlanScope(deps);
    const input = { environment: 'test', anomalies: [alertOn('a', { startedAt: 10_000 })], now: 10_100 };
    const scope = await runActivity(planScope, input, times(2_500)).result;
    assert.ok(scope.packs.includes('otel-http/stable'), scope.packs.join());
    assert.deepEqual([scope.service, scope.services.includes('a')], ['a', true]);
    assert.match(scope.gaps.map(({ reason }) => reason).join('\n'), new RegExp(NO_TIME.source, 'm'));
    slow(0);
    const whole = await runActivity(planScope, input, times(20_000)).result;
    assert.deepEqual([whole.services, whole.gaps], [['a', 'b'], []]);
  });

  it('answer with the metrics that they have pulled', async () => {
    slow(600);
    const { collectMetrics } = createCollectMetrics(deps);
    const scope = scopeOf(['a', 'b'], [HTTP], { window: { start: 900_000, end: 900_600, stepSeconds: 15 } });
    const { evidence, gaps } = await runActivity(collectMetrics, { scope, family: 'golden' }, times(2_000))
      .result;
    const series = await deps.store.get(evidence.uri);
    assert.ok(series.length >= 8, `${series.length} series`);
    // The window of the incident is read before the days that it is compared with.
    assert.ok(series.some(({ earlier }) => earlier === undefined));
    assert.deepEqual(
      gaps.map(({ reason }) => NO_TIME.test(reason)),
      [true],
    );
    assert.match(gaps[0]!.what, /days before/);
  });

  it('answer with nothing but gaps when no query was answered', async () => {
    stub.answer = (reply) => {
      reply.hijack();
    };
    const scope = scopeOf(['a'], [HTTP]);
    const metrics = runActivity(
      createCollectMetrics(deps).collectMetrics,
      { scope, family: 'golden' },
      times(1_000),
    );
    const { evidence, gaps } = await metrics.result;
    assert.equal((await deps.store.get(evidence.uri)).length, 0);
    assert.match(gaps[0]!.reason, NO_TIME);
    const checks = runActivity(
      createRunChecks(deps).runChecks,
      { scope, ...checksOf('a', 'cpu') },
      times(1_000),
    );
    const ran = await checks.result;
    assert.ok(ran.checks.length > 0);
    for (const { outcome, statement } of ran.checks) {
      assert.equal(outcome, 'could-not-run');
      assert.match(statement, NO_TIME);
    }
    const withChanges = {
      ...deps,
      config: testConfig({ changes: [{ type: 'http', name: 'ci', url: stub.url }] }),
    };
    const { collectChanges } = createCollectChanges(withChanges);
    const changes = await runActivity(collectChanges, { scope }, times(1_000)).result;
    assert.deepEqual(changes.changes, []);
    assert.match(changes.gaps.find((gap) => gap.source === 'ci')!.reason, NO_TIME);
  });

  it('count their time from the first attempt on, and leave a later one a share of it', async () => {
    slow(100);
    const { collectMetrics } = createCollectMetrics(deps);
    const input = { scope: scopeOf(['a'], [HTTP]), family: 'golden' as const };
    const heartbeatDetails: Beat<Progress> = { startedAt: Date.now() - 60_000, checkpoint: null };
    const late = await runActivity(collectMetrics, input, { ...times(4_000), heartbeatDetails }).result;
    assert.ok((await deps.store.get(late.evidence.uri)).length > 0);
    await stub.close();
    const failing = runActivity(collectMetrics, input, { ...times(90_000), heartbeatDetails }).result;
    const last = runActivity(collectMetrics, input, { ...times(30_000), heartbeatDetails }).result;
    const nonRetryable = (expected: boolean) => (error: unknown) =>
      error instanceof ApplicationFailure && error.nonRetryable === expected;
    await assert.rejects(failing, nonRetryable(false));
    await assert.rejects(last, nonRetryable(true));
  });

  it('end as cancelled, not as out of time, when they are cancelled', async () => {
    slow(500);
    const { planScope } = createPlanScope(deps);
    const input = { environment: 'test', anomalies: [alertOn('a')], now: 1_600 };
    const { result, cancel } = runActivity(planScope, input);
    cancel();
    await assert.rejects(result, CancelledFailure);
  });

  it('place alerts by what is known, while a slow source is read on for the next round', async () => {
    slow(150);
    const { ask: read } = callsReader(deps, { waitMs: 100 });
    const first = await read(10_000, NO_LIMITS);
    assert.match(first.blind ?? '', /still being read after 0\.1 s/);
    let second = await read(10_000, NO_LIMITS);
    while (second.blind !== null) second = await read(10_000, NO_LIMITS);
    assert.deepEqual([...second.calls.calleesOf('a')], ['b']);
    const { correlate } = createCorrelate(deps);
    const answer = await runActivity(correlate, { at: 10_000, groups: [], incidents: [] }).result;
    assert.deepEqual(answer.targets, []);
  });

  it('judge a watch without the earlier days that there is no time for', async () => {
    slow(400);
    const method = { type: 'seasonal', days: [1, 2, 3, 4] };
    const watch = { name: 'w', of: { type: 'query', query: 'x' }, method };
    const { runWatch } = createRunWatch({
      ...deps,
      config: testConfig({ watches: [watch] }),
      raise: () => Promise.resolve(),
    });
    const input = { name: 'w', memory: { series: {} }, at: 1_000_000 };
    const round = await runActivity(runWatch, input, times(1_500)).result;
    assert.equal(round.watched, 2);
  });
});

describe('queries that wait for their turn', () => {
  it('have no clock running: 160 of them, 8 at a time, are all answered', async () => {
    const stub = await startStubPrometheus();
    const source = new PrometheusSource(sourceConfig(stub.url, { timeoutSeconds: 4 }));
    try {
      let [underWay, most] = [0, 0];
      stub.answer = async (reply, { path, form }) => {
        most = Math.max(most, ++underWay);
        await sleep(300);
        underWay--;
        return answerTo(reply, path, form);
      };
      const answers = await Promise.all(Array.from({ length: 160 }, (_, i) => source.instant('x', i)));
      assert.equal(answers.filter(({ series }) => series.length === 2).length, 160);
      assert.equal(most, 8);
    } finally {
      source.close();
      await stub.close();
    }
  });
});

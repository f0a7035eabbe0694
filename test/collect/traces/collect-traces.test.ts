import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApplicationFailure } from '@temporalio/common';
import { diagnose } from '../../../analysis/index.js';
import { collectTraces, createCollectTraces } from '../../../activities/collect/traces/collect-traces.js';
import { learnCalls, withCalls } from '../../../activities/collect/traces/learn-calls.js';
import { planScope } from '../../../activities/collect/scope/plan-scope.js';
import { ServiceNames } from '../../../activities/collect/scope/service-names.js';
import type { Config } from '../../../config/schema.js';
import type { CallEdge } from '../../../model/graph.js';
import type { Scope } from '../../../model/incident.js';
import { FakeSource } from '../../support/fake-source.js';
import { ALERTED_AT, killedPaymentRequests, killedPaymentScope } from '../../support/killed-payment.js';
import { playAnswers } from '../../support/recorded-answers.js';
import {
  alertOn,
  collectDeps,
  MemoryStore,
  NO_LIMITS,
  runActivity,
  testConfig,
} from '../../support/scopes.js';

const LATER = ALERTED_AT + 1000;
const ANSWERS = new URL('../../fixtures/jaeger/killed-payment.json.gz', import.meta.url);

describe('traces in a file', () => {
  let directory: string;
  let config: Config;

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'faultline-traces-'));
    const file = join(directory, 'spans.jsonl');
    await writeFile(
      file,
      killedPaymentRequests()
        .map((one) => JSON.stringify(one))
        .join('\n'),
    );
    const publicUrl = 'https://traces.example.com/{traceId}/view';
    config = testConfig({ traces: [{ type: 'otlp-file', name: 'file', file, publicUrl }] });
  });
  after(() => rm(directory, { recursive: true }));

  const read = async (more: Partial<Scope> = {}) => {
    const store = new MemoryStore();
    const scope = { ...killedPaymentScope(), ...more };
    const { evidence, gaps } = await collectTraces(
      { config, store },
      { scope, source: 'file' },
      NO_LIMITS,
      LATER,
    );
    return { spans: await store.getTable('spans', evidence.uri), gaps, scope };
  };

  it('tell without a metric which service was killed, with traces to look at', async () => {
    const { spans, scope } = await read();
    const { window, graph, service, symptom, anomalyTime: time } = scope;
    const told = { series: [], changes: [], checks: [], logs: null, conditions: null, gaps: [], spans };
    const { ranking, suspects, traces } = diagnose({
      anomaly: { service, symptom, time },
      window,
      graph,
      ...told,
    });
    assert.equal(ranking[0]?.service, 'paymentservice');
    const statements = suspects[0]!.evidence.map(({ statement }) => statement).join('\n');
    assert.match(statements, /spans of paymentservice failed with nothing below them failing/u);
    assert.equal(traces?.length, 3);
    assert.match(
      traces[0]!.statement,
      /^failed after [\d.]+ ms, at hipstershop\.PaymentService\/Charge of paymentservice$/u,
    );
    assert.equal(traces[0]!.request, 'POST /cart/checkout of frontend');
    assert.equal(traces[0]!.page, `https://traces.example.com/${traces[0]!.traceId}/view`);
  });

  it('are those of the nearest caller where the service writes none, which is a gap', async () => {
    const learntFrom = { source: 'test', seenAt: null };
    const services = ['postgres', 'checkoutservice', 'frontend'];
    const edges = [
      { caller: 'checkoutservice', callee: 'postgres', learntFrom },
      { caller: 'frontend', callee: 'checkoutservice', learntFrom },
    ];
    const graph = { services, edges, placements: [], external: [] };
    const { spans, gaps } = await read({ service: 'postgres', services, graph });
    assert.ok(spans.traceIds.length > 5, `${spans.traceIds.length} traces`);
    assert.deepEqual(
      gaps.filter(({ what }) => what.includes('postgres')),
      [
        {
          source: 'file',
          what: 'traces of postgres',
          reason: 'it writes no spans there; those of checkoutservice are read instead',
        },
      ],
    );
  });

  it('are a gap where the source knows nobody of the scope, or holds nothing of the time', async () => {
    const graph = { services: ['x'], edges: [], placements: [], external: [] };
    const nobody = await read({ service: 'x', services: ['x'], graph });
    assert.equal(nobody.spans.parent.length, 0);
    assert.match(nobody.gaps[0]!.reason, /^none of its \d+ services is x, or calls it or is called by it$/u);
    const never = await read({ window: { start: 1000, end: 2000, stepSeconds: 15 }, anomalyTime: 1500 });
    assert.match(never.gaps[0]!.reason, /holds no spans of this time/u);
  });

  it('are a gap where the file is not what it should be', async () => {
    for (const [content, reason] of [
      ['not json', /expected JSON, in the whole file or in each of its lines/u],
      [
        '{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":7}]}]}]}',
        /^a request of the file: resourceSpans\.0\.scopeSpans\.0/u,
      ],
    ] as const) {
      const file = join(directory, 'broken.jsonl');
      await writeFile(file, content);
      const broken = testConfig({ traces: [{ type: 'otlp-file', name: 'file', file }] });
      const request = { scope: killedPaymentScope(), source: 'file' };
      const { gaps } = await collectTraces(
        { config: broken, store: new MemoryStore() },
        request,
        NO_LIMITS,
        LATER,
      );
      assert.match(gaps[0]!.reason, reason);
    }
  });
});

describe('the activity that reads traces', () => {
  const config = testConfig({
    traces: [{ type: 'jaeger', name: 'jaeger', url: 'http://127.0.0.1:9', timeoutSeconds: 1 }],
  });
  const request = { scope: killedPaymentScope(), source: 'jaeger' };

  it('is tried again by Temporal while there is time, then answers a gap', async () => {
    const { collectTraces: activity } = createCollectTraces({ config, store: new MemoryStore() });
    const again = runActivity(activity, request, { attempt: 1 });
    await assert.rejects(again.result, (error: unknown) => {
      assert.ok(
        error instanceof ApplicationFailure && error.type === 'SourceUnavailable' && !error.nonRetryable,
      );
      return true;
    });
    const short = { startToCloseTimeoutMs: 1_000 };
    const { result } = runActivity(activity, request, short);
    assert.deepEqual((await result).gaps, [
      { source: 'jaeger', what: 'traces', reason: 'connection refused' },
    ]);
  });
});

describe('calls that traces tell', () => {
  const learntFrom = { source: 'pack p', seenAt: 1 };
  const graph = { services: ['frontend', 'cartservice'], edges: [], placements: [], external: [] };

  it('are those that Jaeger counted and those in a sample, with where and when they were learnt', async () => {
    const server = await playAnswers(ANSWERS);
    const { traces } = testConfig({ traces: [{ type: 'jaeger', name: 'jaeger', url: server.url }] });
    const names = new ServiceNames(['frontend', 'cart'], { cart: ['cartservice'] });
    const { calls } = await learnCalls(traces, { service: 'frontend', graph }, names, LATER, NO_LIMITS);
    await server.close();
    const pairs = calls.map(({ caller, callee }) => `${caller}>${callee}`);
    assert.ok(pairs.includes('frontend>checkoutservice') && pairs.includes('frontend>cart'), pairs.join());
    assert.ok(pairs.includes('cart>redis'), 'Jaeger counts no call of a service without spans');
    assert.ok(pairs.includes('checkoutservice>paymentservice'), 'nor one whose context was not handed on');
    assert.ok(calls.every(({ caller, callee }) => caller !== callee));
    assert.deepEqual(calls[0]!.learntFrom, { source: 'traces of jaeger', seenAt: LATER });
  });

  it('do not replace what is known otherwise', () => {
    const known = { ...graph, edges: [{ caller: 'frontend', callee: 'cartservice', learntFrom }] };
    const traced = (callee: string): CallEdge => ({
      caller: 'frontend',
      callee,
      learntFrom: { source: 'traces of x', seenAt: 2 },
    });
    const { services, edges } = withCalls(known, [traced('cartservice'), traced('ads')]);
    assert.deepEqual(services, ['ads', 'cartservice', 'frontend']);
    assert.deepEqual(
      edges.map(({ callee, learntFrom: { source } }) => [callee, source]),
      [
        ['cartservice', 'pack p'],
        ['ads', 'traces of x'],
      ],
    );
  });

  const plan = async (url: string): Promise<Scope> => {
    const config = testConfig({ traces: [{ type: 'jaeger', name: 'jaeger', url, timeoutSeconds: 1 }] });
    const deps = await collectDeps(new FakeSource({}), config);
    const anomalies = [alertOn('frontend', { startedAt: ALERTED_AT })];
    const limits = { ...NO_LIMITS, canRetry: () => true };
    return planScope(deps, { environment: 'test', anomalies, now: LATER - 60 }, limits);
  };

  it('widen the scope of an estate whose metrics know none', async () => {
    const server = await playAnswers(ANSWERS);
    const scope = await plan(server.url);
    await server.close();
    assert.ok(['checkoutservice', 'paymentservice', 'redis'].every((one) => scope.services.includes(one)));
    assert.ok(scope.graph.edges.every(({ learntFrom: { source } }) => source === 'traces of jaeger'));
    assert.deepEqual(
      scope.gaps.filter(({ source }) => source === 'jaeger'),
      [],
    );
  });

  it('are a gap where the source is away, although the plan could be tried again', async () => {
    const { services, gaps } = await plan('http://127.0.0.1:9');
    assert.deepEqual(services, ['frontend']);
    assert.deepEqual(
      gaps.filter(({ source }) => source === 'jaeger'),
      [{ source: 'jaeger', what: 'calls between services', reason: 'connection refused' }],
    );
  });
});

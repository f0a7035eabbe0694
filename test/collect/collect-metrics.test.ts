import assert from 'node:assert/strict';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import type { Beat } from '../../activities/collect/attempt.js';
import { createCollectMetrics, type Progress } from '../../activities/collect/metrics/collect-metrics.js';
import {
  BadCredentials,
  BadQuery,
  NotRecorded,
  QueryTimeout,
  SourceUnavailable,
} from '../../activities/collect/metrics/source/errors.js';
import type { MetricFamily } from '../../activities/contract.js';
import type { Gap } from '../../model/gap.js';
import type { Scope } from '../../model/incident.js';
import type { Series } from '../../model/series.js';
import { FakeSource, type FakeOptions, type FakeSeries } from '../support/fake-source.js';
import { bindingOf, collectDeps, runActivity, scopeOf, type MemoryStore } from '../support/scopes.js';

const HTTP = bindingOf('otel-http/stable');
const ASKED = { operation: 'range query', endpoint: 'http://x' };
const isLatency = (query: string): boolean => query.startsWith('histogram_quantile(0.95');

async function collect(
  options: FakeOptions,
  scope: Scope,
  family: MetricFamily,
  resumed?: (store: MemoryStore) => Progress,
): Promise<{ series: Series[]; gaps: Gap[]; summary: string; source: FakeSource }> {
  const source = new FakeSource(options);
  const deps = await collectDeps(source);
  const checkpoint = resumed?.(deps.store);
  const info = checkpoint ? { heartbeatDetails: { startedAt: Date.now(), checkpoint } } : {};
  const { evidence, gaps } = await runActivity(
    createCollectMetrics(deps).collectMetrics,
    { scope, family },
    info,
  ).result;
  return { series: await deps.store.get(evidence.uri), gaps, summary: evidence.summary, source };
}

describe('collecting metrics', () => {
  it('pulls each signal of all services in one query, and writes down the query that gives one series again', async () => {
    const { series, summary, source } = await collect(
      {
        answer: (query) =>
          isLatency(query)
            ? [
                [{ job: 'a' }, 0.1],
                [{ job: 'b' }, (time) => (time < 1300 ? NaN : 0.2)],
                [{ job: 'stranger' }, 9],
              ]
            : [],
      },
      scopeOf(['a', 'b'], [HTTP]),
      'golden',
    );
    assert.equal(summary, '2 series of latency, errors and traffic');
    assert.equal(source.asked.length, 6);
    assert.deepEqual(source.asked[0]?.window, { start: 1000, end: 1600, step: 15 });
    assert.match(source.asked[0].query, /job=~"a\|b"/);
    const [a, b] = series;
    const { times, values, ...meta } = a!;
    assert.deepEqual(meta, {
      id: 'a/latency-p95',
      subject: { kind: 'service', service: 'a' },
      signal: 'latency',
      name: 'latency p95',
      unit: 's',
      worse: 'up',
      perspective: 'server',
      query:
        'histogram_quantile(0.95, sum by (job, le) (rate(http_server_request_duration_seconds_bucket{job="a"}[60s])))',
      source: 'fake',
    });
    assert.deepEqual([times.length, values[0], b!.values[0], b!.values[40]], [41, 0.1, NaN, 0.2]);
  });

  it('reads edges between services of the scope, and adds up one callee under two names', async () => {
    const { series } = await collect(
      {
        answer: (query) =>
          query.startsWith('sum by (job, server_address) (rate(http_client_request_duration_seconds_count')
            ? [
                [{ job: 'a', server_address: 'b' }, 2],
                [{ job: 'a', server_address: 'b.shop.svc' }, 3],
                [{ job: 'a', server_address: 'elsewhere' }, 4],
                [{ job: 'a', server_address: 'a' }, 5],
              ]
            : [],
      },
      scopeOf(['a', 'b'], [HTTP]),
      'edges',
    );
    assert.deepEqual(
      series.map(({ id, subject, values, query }) => ({ id, subject, value: values[0], query })),
      [
        {
          id: 'a->b/client-request-rate',
          subject: { kind: 'edge', caller: 'a', callee: 'b' },
          value: 5,
          query:
            'sum by (job, server_address) (rate(http_client_request_duration_seconds_count{job="a", server_address="b", server_address!=""}[60s]))',
        },
      ],
    );
  });

  it('believes the first pack that knows a signal of a service, and never counts it twice', async () => {
    const packs = [
      HTTP,
      bindingOf('otel-http/old'),
      bindingOf('istio/sidecar', { service: 'destination_canonical_service' }),
    ];
    const { series } = await collect(
      {
        answer: (query): FakeSeries[] => {
          if (!isLatency(query)) return [];
          if (query.includes('istio'))
            return ['a', 'b', 'c'].map((name) => [{ destination_canonical_service: name }, 3]);
          return query.includes('milliseconds')
            ? [
                [{ job: 'a' }, 2],
                [{ job: 'b' }, 2],
              ]
            : [[{ job: 'a' }, 1]];
        },
      },
      scopeOf(['a', 'b', 'c'], packs),
      'golden',
    );
    assert.deepEqual(
      series.map(({ id, values }) => [id, values[0]]),
      [
        ['a/latency-p95', 1],
        ['b/latency-p95', 2],
        ['c/latency-p95', 3],
      ],
    );
  });

  it('pulls host metrics of the hosts that the services run on alone', async () => {
    const learntFrom = { source: 'test', seenAt: null };
    const graph = {
      services: ['a'],
      edges: [],
      external: [],
      placements: [{ service: 'a', host: 'n1', learntFrom }],
    };
    const answer = (query: string): FakeSeries[] =>
      query.startsWith('1 - avg')
        ? [
            [{ instance: 'n1:9100' }, 0.5],
            [{ instance: 'n2:9100' }, 0.5],
          ]
        : [];
    const { series } = await collect(
      { answer },
      scopeOf(['a'], [bindingOf('node-exporter')], { graph }),
      'hosts',
    );
    assert.deepEqual(
      series.map(({ id, subject }) => [id, subject]),
      [['host:n1/cpu', { kind: 'host', host: 'n1' }]],
    );
    const nobody = await collect({ answer }, scopeOf(['a'], [bindingOf('node-exporter')]), 'hosts');
    assert.deepEqual([nobody.series.length, nobody.source.asked.length], [0, 0]);
  });

  it('names services whose golden signals nobody measures', async () => {
    const { gaps } = await collect(
      { answer: (query) => (isLatency(query) ? [[{ job: 'a' }, 0.1]] : []) },
      scopeOf(['a', 'bank'], [HTTP]),
      'golden',
    );
    assert.deepEqual(gaps, [
      {
        source: 'fake',
        what: 'latency, errors and traffic of bank',
        reason: 'no metric pack in use finds a metric of them',
      },
    ]);
  });

  it('makes gaps of queries that fail beside others that answer, and of warnings', async () => {
    const { series, gaps } = await collect(
      {
        answer: (query) => {
          if (isLatency(query)) throw new QueryTimeout(ASKED, 'no answer within 30 s');
          if (query.includes('active_requests'))
            return { warnings: ['store-1 did not answer'], partial: true };
          return [[{ job: 'a' }, 1]];
        },
      },
      scopeOf(['a'], [HTTP]),
      'golden',
    );
    assert.ok(series.length > 0);
    assert.deepEqual(gaps, [
      { source: 'fake', what: 'latency p95 (otel-http/stable)', reason: 'no answer within 30 s' },
      {
        source: 'fake',
        what: 'part of requests in flight (otel-http/stable)',
        reason: 'store-1 did not answer',
      },
    ]);
  });

  describe('when every query fails', () => {
    const failing = (error: (query: string) => Error) =>
      collect(
        {
          answer: (query) => {
            throw error(query);
          },
        },
        scopeOf(['a'], [HTTP]),
        'golden',
      );
    const CASES: [name: string, error: (query: string) => Error, type: string, nonRetryable: boolean][] = [
      ['refused credentials', () => new BadCredentials(ASKED, '401'), 'BadCredentials', true],
      ['bad queries', () => new BadQuery(ASKED, '400'), 'BadQuery', true],
      [
        'a source that is down',
        () => new SourceUnavailable(ASKED, 'connection refused'),
        'SourceUnavailable',
        false,
      ],
      [
        'timeouts among bad queries',
        (query) => (isLatency(query) ? new QueryTimeout(ASKED, 'slow') : new BadQuery(ASKED, '400')),
        'QueryTimeout',
        false,
      ],
    ];
    for (const [name, error, type, nonRetryable] of CASES) {
      it(`fails as ${type} after ${name}`, async () => {
        await assert.rejects(failing(error), (thrown) => {
          assert.ok(thrown instanceof ApplicationFailure);
          assert.deepEqual([thrown.type, thrown.nonRetryable], [type, nonRetryable]);
          return true;
        });
      });
    }

    it('knocks once, not a dozen times, at a source that refuses it', async () => {
      const source = new FakeSource({
        answer: () => {
          throw new BadCredentials(ASKED, '401');
        },
      });
      const deps = await collectDeps(source);
      const scope = scopeOf(['a'], [HTTP, bindingOf('otel-http/old'), bindingOf('istio/sidecar')]);
      const { result } = runActivity(createCollectMetrics(deps).collectMetrics, { scope, family: 'golden' });
      await assert.rejects(result, ApplicationFailure);
      assert.ok(source.asked.length <= 4, `${source.asked.length} queries`);
    });
  });

  describe('when the source goes away in the middle', () => {
    const outage = () => {
      let asked = 0;
      const source = new FakeSource({
        answer: () => {
          if (++asked > 4) throw new SourceUnavailable(ASKED, 'connection refused');
          return [[{ job: 'a' }, 1]];
        },
      });
      return source;
    };
    const input = { scope: scopeOf(['a'], [HTTP]), family: 'golden' as const };

    it('fails so that a later attempt goes on with what was answered', async () => {
      const deps = await collectDeps(outage());
      const { result, heartbeats } = runActivity(createCollectMetrics(deps).collectMetrics, input);
      await assert.rejects(
        result,
        (error) => error instanceof ApplicationFailure && error.nonRetryable === false,
      );
      const { checkpoint } = heartbeats.at(-1) as Beat<Progress>;
      assert.equal(checkpoint?.done.length, 4);
      assert.equal((await deps.store.get(checkpoint.part!)).length, 4);
    });

    it('answers what it has when there is no time for another attempt, and says what is missing', async () => {
      const deps = await collectDeps(outage());
      const heartbeatDetails = { startedAt: Date.now() - 84_500, checkpoint: null };
      const { collectMetrics } = createCollectMetrics(deps);
      const { gaps, evidence } = await runActivity(collectMetrics, input, { heartbeatDetails }).result;
      assert.match(evidence.summary, /^4 series/);
      assert.deepEqual(gaps, [
        {
          source: 'fake',
          what: 'requests (otel-http/stable), requests in flight (otel-http/stable)',
          reason: 'connection refused',
        },
      ]);
    });
  });

  describe('from a recording', () => {
    const notRecorded = (): never => {
      throw new NotRecorded(ASKED, 'the recording was not asked it');
    };

    it('takes a query that is younger than the recording for one without series', async () => {
      const { series, gaps } = await collect(
        { answer: (query) => (isLatency(query) ? [[{ job: 'a' }, 0.1]] : notRecorded()) },
        scopeOf(['a'], [HTTP]),
        'golden',
      );
      assert.ok(series.length > 0);
      assert.deepEqual(gaps, []);
    });

    it('fails when it was asked nothing of all this', async () => {
      const deps = await collectDeps(new FakeSource({ answer: notRecorded }));
      const { collectMetrics } = createCollectMetrics(deps);
      await assert.rejects(
        runActivity(collectMetrics, { scope: scopeOf(['a'], [HTTP]), family: 'golden' }).result,
        /the recording was not asked it/,
      );
    });
  });

  it('goes on where an attempt before it was, without asking again what was answered', async () => {
    const scope = scopeOf(['a'], [HTTP]);
    const answer = (query: string): FakeSeries[] => [[{ job: 'a' }, isLatency(query) ? 0.1 : 0.5]];
    const whole = await collect({ answer }, scope, 'golden');
    const { series, gaps, source } = await collect({ answer }, scope, 'golden', (store) => {
      store.blobs.set('memory/part', [
        { ...whole.series[0]!, values: whole.series[0]!.values.map(() => 42) },
      ]);
      const gap = { source: 'fake', what: 'something', reason: 'seen before' };
      return {
        progress: '2 of 6',
        done: [
          [0, 1],
          [2, 0],
        ],
        part: 'memory/part',
        gaps: [gap],
      };
    });
    assert.equal(source.asked.length, 4);
    assert.equal(series.find(({ id }) => id === 'a/latency-p95')?.values[0], 42);
    assert.equal(series.length, whole.series.length - 1);
    assert.deepEqual(
      gaps.map(({ reason }) => reason),
      ['seen before'],
    );
  });

  it('pulls everything again when the part of an earlier attempt is gone', async () => {
    const { series, source } = await collect(
      { answer: () => [[{ job: 'a' }, 1]] },
      scopeOf(['a'], [HTTP]),
      'golden',
      () => ({ progress: '', done: [[0, 1]], part: 'memory/nowhere', gaps: [] }),
    );
    assert.deepEqual([source.asked.length, series.length], [6, 6]);
  });

  it('pulls resources of a big scope for those that moved most, and says so', async () => {
    const services = Array.from({ length: 100 }, (_, i) => `s${i}`);
    const { series, gaps } = await collect(
      {
        answer: (query) =>
          isLatency(query)
            ? services.map((job, i): FakeSeries => [{ job }, (time) => (i >= 41 && time > 1500 ? 1 : 0.1)])
            : query.includes('process_cpu')
              ? services
                  .filter((job) => new RegExp(`["|]${job}["|]`).test(query))
                  .map((job): FakeSeries => [{ job }, 1])
              : [],
      },
      scopeOf(services, [HTTP, bindingOf('process/prometheus')]),
      'resources',
    );
    const pulled = series.map(({ subject }) => (subject.kind === 'service' ? subject.service : ''));
    assert.equal(pulled.length, 60);
    for (const service of ['s0', ...services.slice(41)]) assert.ok(pulled.includes(service), service);
    assert.match(gaps[0]!.what, /^resource use of 40 services: s1, /);
  });

  it('ends when it is cancelled', async () => {
    let cancel = (): void => assert.fail('asked before it ran');
    const source = new FakeSource({
      answer: () => {
        cancel();
        return [];
      },
    });
    const { collectMetrics } = createCollectMetrics(await collectDeps(source));
    const running = runActivity(collectMetrics, { scope: scopeOf(['a'], [HTTP]), family: 'golden' });
    cancel = running.cancel;
    await assert.rejects(running.result, CancelledFailure);
    assert.ok(source.asked.length <= 4, 'it asked on');
  });

  it('asks for the same hour of earlier days, moved into the window, of golden signals only', async () => {
    const start = 30 * 86_400;
    const scope = { ...scopeOf(['a'], [HTTP]), window: { start, end: start + 600, stepSeconds: 15 } };
    const options: FakeOptions = { answer: (query) => (isLatency(query) ? [[{ job: 'a' }, 0.1]] : []) };
    const { series, source } = await collect(options, scope, 'golden');
    const windows = source.asked.filter(({ query }) => isLatency(query)).map(({ window }) => window?.start);
    assert.deepEqual(windows, [start, start - 86_400, start - 7 * 86_400]);
    const [now, yesterday] = series;
    assert.ok(now && yesterday);
    assert.equal(now.earlier, undefined);
    assert.deepEqual(yesterday.earlier, { of: now.id, bySeconds: 86_400 });
    assert.deepEqual(yesterday.times, now.times);

    const edges = await collect(options, scope, 'edges');
    assert.ok(edges.series.every(({ earlier }) => earlier === undefined));
  });

  it('says which earlier day could not be read, and goes on without it', async () => {
    const start = 30 * 86_400;
    const scope = { ...scopeOf(['a'], [HTTP]), window: { start, end: start + 600, stepSeconds: 15 } };
    // The window itself, then the day before, then the week before.
    let asked = 0;
    const { series, gaps } = await collect(
      {
        answer: (query) => {
          if (!isLatency(query)) return [];
          asked += 1;
          if (asked === 3) throw new QueryTimeout(ASKED, 'no answer within 30 s');
          return [[{ job: 'a' }, 0.1]];
        },
      },
      scope,
      'golden',
    );
    assert.deepEqual(
      series.map(({ earlier }) => earlier?.bySeconds),
      [undefined, 86_400],
    );
    assert.ok(gaps.some(({ what }) => what.endsWith('of 7 days before')));
  });
});

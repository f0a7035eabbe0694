import assert from 'node:assert/strict';
import type { Limits } from '../../activities/collect/attempt.js';
import { planScope } from '../../activities/collect/scope/plan-scope.js';
import { BadQuery, SourceUnavailable } from '../../activities/collect/metrics/source/errors.js';
import { scope as scopeSchema, type Scope } from '../../model/incident.js';
import type { Anomaly } from '../../model/anomaly.js';
import { FakeSource, type FakeOptions, type FakeSeries } from '../support/fake-source.js';
import { alertOn, collectDeps, NO_LIMITS, testConfig } from '../support/scopes.js';

const NAMES = ['http_server_request_duration_seconds_count', 'up'];
const asked = { operation: 'instant query', endpoint: 'http://x' };

/** An estate by its calls: `a>b c>d`, with the answers to what a plan asks of OpenTelemetry HTTP metrics. */
function estate(
  calls: string,
  more: (query: string) => FakeSeries[] | undefined = () => undefined,
): FakeOptions {
  const pairs = calls.split(' ').map((pair) => pair.split('>') as [string, string]);
  const services = [...new Set(pairs.flat())].filter((name) => !/[.:]/.test(name));
  return {
    names: NAMES,
    answer: (query) => {
      const special = more(query);
      if (special) return special;
      if (query.startsWith('count by')) return services.map((job): FakeSeries => [{ job }, 10]);
      if (query.includes('count_over_time(up')) return [[{}, 15]];
      if (query.includes('increase(http_client')) {
        return pairs.map(([job, server_address]): FakeSeries => [{ job, server_address }, 100]);
      }
      return [];
    },
  };
}

async function plan(
  options: FakeOptions,
  config: object = {},
  { anomalies = [alertOn('a')], limits = NO_LIMITS }: { anomalies?: Anomaly[]; limits?: Limits } = {},
): Promise<Scope> {
  const deps = await collectDeps(
    new FakeSource(options),
    testConfig({ diagnosis: { baselineSeconds: 900 }, ...config }),
  );
  const scope = await planScope(deps, { environment: 'test', anomalies, now: 1560 }, limits);
  return scopeSchema.parse(scope);
}

const edgesOf = (scope: Scope): string[] =>
  scope.graph.edges.map(({ caller, callee }) => `${caller}>${callee}`);

describe('planning a scope', () => {
  it('looks at what the service depends on, who depends on it, and who shares a dependency', async () => {
    const scope = await plan(estate('front>a a>b b>db other>db x>y'));
    assert.deepEqual(scope.services, ['a', 'b', 'db', 'front', 'other']);
    assert.deepEqual(edgesOf(scope), ['a>b', 'b>db', 'front>a', 'other>db']);
    assert.equal(scope.graph.edges[0]?.learntFrom.source, 'pack otel-http/stable');
    assert.deepEqual(scope.gaps, []);
  });

  it('chooses window, step and rate window by the configuration and the interval of samples', async () => {
    const scope = await plan(estate('a>b'), { diagnosis: { baselineSeconds: 600, afterSeconds: 120 } });
    assert.deepEqual(scope.window, { start: 900, end: 1560, stepSeconds: 15 });
    assert.equal(scope.anomalyTime, 1500);
    assert.equal(scope.reading?.rateWindowSeconds, 60);
    const fine = await plan(
      estate('a>b', (query) => (query.includes('count_over_time') ? [[{}, 2]] : undefined)),
      {
        diagnosis: { baselineSeconds: 600, afterSeconds: 30 },
      },
    );
    assert.deepEqual(
      [fine.window.end, fine.window.stepSeconds, fine.reading?.rateWindowSeconds],
      [1530, 5, 20],
    );
  });

  it('explains the gravest alert of the service that opened the incident, from the first that fires', async () => {
    const scope = await plan(
      estate('front>a a>b'),
      {},
      {
        anomalies: [
          alertOn('a', { symptom: 'latency', startedAt: 1500 }),
          alertOn('a', { symptom: 'errors', severity: 'critical', startedAt: 1520 }),
          alertOn('a', { symptom: 'traffic', severity: 'critical', startedAt: 700, status: 'resolved' }),
          alertOn('front', { symptom: 'saturation', severity: 'critical', startedAt: 1490 }),
        ],
      },
    );
    assert.deepEqual([scope.service, scope.symptom, scope.anomalyTime], ['a', 'errors', 1490]);
  });

  it('finds the service whatever the alert calls it, and callees whatever clients dial', async () => {
    const scope = await plan(estate('a>b.shop.svc:8080 b>a'), {}, { anomalies: [alertOn('prod/A')] });
    assert.equal(scope.service, 'a');
    assert.deepEqual(edgesOf(scope), ['a>b', 'b>a']);
  });

  it('takes callees without metrics by their host name, outside ours when it leads out, and reports bare addresses', async () => {
    const scope = await plan(estate('a>bank a>api.stripe.com:443 a>10.0.0.7:80'));
    assert.deepEqual(edgesOf(scope), ['a>api.stripe.com', 'a>bank']);
    assert.deepEqual(scope.graph.external, ['api.stripe.com']);
    assert.equal(scope.gaps.length, 1);
    assert.match(scope.gaps[0]!.what, /^callees known only by their address: 10\.0\.0\.7$/);
  });

  it('adds what the configuration knows: calls, hosts, and who is outside', async () => {
    const topology = {
      services: [
        { name: 'a', calls: ['queue'], host: 'node1' },
        { name: 'bank', external: true },
      ],
    };
    const scope = await plan(estate('a>bank'), { topology });
    assert.deepEqual(edgesOf(scope), ['a>bank', 'a>queue']);
    assert.deepEqual(scope.graph.external, ['bank']);
    assert.deepEqual(
      scope.graph.placements.map(({ service, host }) => [service, host]),
      [['a', 'node1']],
    );
  });

  it('keeps within maxServices those that moved most, and says whom it left out', async () => {
    const many = Array.from({ length: 30 }, (_, i) => `a>s${String(i).padStart(2, '0')}`).join(' ');
    const options = estate(many, (query) =>
      query.includes('histogram_quantile(0.95') && query.includes('server')
        ? Array.from({ length: 30 }, (_, i): FakeSeries => {
            const slow = i === 17 || i === 23;
            return [{ job: `s${String(i).padStart(2, '0')}` }, (time) => (slow && time > 1500 ? 2 : 0.1)];
          })
        : undefined,
    );
    const scope = await plan(options, { diagnosis: { baselineSeconds: 900, maxServices: 5 } });
    assert.equal(scope.services.length, 5);
    for (const service of ['a', 's17', 's23']) assert.ok(scope.services.includes(service), service);
    assert.match(scope.gaps[0]!.what, /^26 of 31 services within reach: s0\d, /);
    assert.match(scope.gaps[0]!.reason, /a diagnosis covers 5 services \(diagnosis\.maxServices\)/);
  });

  it('looks at everybody when nothing tells who calls whom, and says so', async () => {
    const scope = await plan({
      names: NAMES,
      answer: (query) =>
        query.startsWith('count by')
          ? [
              [{ job: 'a' }, 1],
              [{ job: 'z' }, 1],
            ]
          : [],
    });
    assert.deepEqual(scope.services, ['a', 'z']);
    assert.deepEqual(
      scope.gaps.map(({ what }) => what),
      ['who calls whom'],
    );
  });

  it('says that no pack knows the source', async () => {
    const scope = await plan({ names: [] });
    assert.deepEqual(scope.services, ['a']);
    assert.equal(scope.gaps[0]?.what, 'all metrics');
  });

  it('covers twenty services for one that nothing names, those that deviate most, and says so', async () => {
    const many = Array.from({ length: 60 }, (_, i) => `s${i}`);
    const options: FakeOptions = {
      names: NAMES,
      answer: (query) => {
        if (query.startsWith('count by')) return many.map((job): FakeSeries => [{ job }, 10]);
        if (!query.includes('histogram_quantile(0.95') || !query.includes('server')) return [];
        return many.map((job, i): FakeSeries => [{ job }, (time) => (i === 42 && time > 1500 ? 2 : 0.1)]);
      },
    };
    const bogus = await plan(options, {}, { anomalies: [alertOn('10.0.0.99:9100')] });
    assert.equal(bogus.services.length, 20);
    assert.ok(bogus.services.includes('s42') && bogus.services.includes('10.0.0.99:9100'));
    const reason = 'a diagnosis of 10.0.0.99:9100, which no metric names, covers 20 services';
    assert.ok(bogus.gaps.some((gap) => gap.reason.includes(reason)));
    assert.equal((await plan(options, {}, { anomalies: [alertOn('s1')] })).services.length, 60);
  });

  it('goes on without an edge query that fails, and without the source when no time is left for another attempt', async () => {
    const failing = (error: Error) =>
      plan(
        estate('a>b', (query) => {
          if (query.includes('increase(http_client')) throw error;
          return undefined;
        }),
      );
    const scope = await failing(new BadQuery(asked, '400 nonsense'));
    assert.deepEqual(scope.services, ['a', 'b']);
    assert.deepEqual(scope.gaps.map(({ reason }) => reason).slice(0, 1), ['400 nonsense']);
    const down: FakeOptions = {
      names: NAMES,
      answer: () => {
        throw new SourceUnavailable(asked, 'connection refused');
      },
    };
    const patient = { ...NO_LIMITS, canRetry: () => true };
    await assert.rejects(plan(down, {}, { limits: patient }), SourceUnavailable);
    const blind = await plan(down);
    assert.deepEqual(blind.services, ['a']);
    assert.ok(blind.gaps.some(({ reason }) => reason === 'connection refused'));
  });
});

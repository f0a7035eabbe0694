import assert from 'node:assert/strict';
import net from 'node:net';
import { ApplicationFailure } from '@temporalio/common';
import getPort from 'get-port';
import {
  BadCredentials,
  BadQuery,
  NotASource,
  PartialAnswer,
  QueryTimeout,
  QueryTooHeavy,
  SourceBusy,
  SourceError,
  SourceUnavailable,
} from '../../activities/collect/metrics/source/errors.js';
import { toFailure } from '../../activities/collect/metrics/source/failures.js';
import { PrometheusSource } from '../../activities/collect/metrics/source/prometheus-source.js';
import { sourceConfig, startStubPrometheus, type StubPrometheus } from '../support/stub-prometheus.js';

const matrix = (result: unknown[], more: object = {}): object => ({
  status: 'success',
  data: { resultType: 'matrix', result },
  ...more,
});

const VECTOR = { status: 'success', data: { resultType: 'vector', result: [] } };

describe('Prometheus source, on the wire', () => {
  let stub: StubPrometheus;
  const sources: PrometheusSource[] = [];

  beforeEach(async () => {
    stub = await startStubPrometheus();
  });

  afterEach(async () => {
    for (const source of sources.splice(0)) source.close();
    await stub.close();
  });

  const open = (more: Parameters<typeof sourceConfig>[1] = {}, url = stub.url): PrometheusSource => {
    const source = new PrometheusSource(sourceConfig(url, more));
    sources.push(source);
    return source;
  };

  const failureOf = async (work: Promise<unknown>): Promise<SourceError> => {
    const error: unknown = await work.then(
      () => null,
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof SourceError, `expected a SourceError, got ${String(error)}`);
    return error;
  };

  it('posts queries as forms under the prefix, with credentials, tenant and own headers', async () => {
    const source = open(
      { auth: { type: 'bearer', token: 'secret-token' }, tenant: 'a|b', headers: { 'X-Own': 'mine' } },
      `${stub.url}/prometheus/`,
    );
    await source.instant(' up\n', 1700000000.5);
    stub.answer = (reply) => reply.send(matrix([]));
    await source.range('up', { start: 100, end: 160, step: 15 }, { timeoutSeconds: 2.5 });
    const [instant, range] = stub.requests;
    assert.deepEqual(
      [instant!.method, instant!.path, Object.fromEntries(instant!.form)],
      ['POST', '/prometheus/api/v1/query', { query: 'up', time: '1700000000.5', timeout: '5s' }],
    );
    assert.deepEqual(
      [range!.path, Object.fromEntries(range!.form)],
      [
        '/prometheus/api/v1/query_range',
        { query: 'up', start: '100', end: '160', step: '15', timeout: '2.5s' },
      ],
    );
    const { authorization, 'x-scope-orgid': tenant, 'x-own': own, 'content-type': type } = range!.headers;
    assert.deepEqual([authorization, tenant, own], ['Bearer secret-token', 'a|b', 'mine']);
    assert.match(String(type), /^application\/x-www-form-urlencoded/);
  });

  it('sends basic credentials, from the configuration or the address', async () => {
    const expected = `Basic ${Buffer.from('me:p@ss').toString('base64')}`;
    await open({ auth: { type: 'basic', username: 'me', password: 'p@ss' } }).instant('up', 1);
    await open({}, stub.url.replace('http://', 'http://me:p%40ss@')).instant('up', 1);
    assert.deepEqual(
      stub.requests.map(({ headers }) => headers.authorization),
      [expected, expected],
    );
  });

  it('keeps its connection open between queries', async () => {
    const ports = new Set<number | undefined>();
    stub.answer = (reply) => {
      ports.add(reply.request.socket.remotePort);
      return reply.send(VECTOR);
    };
    const source = open();
    for (let i = 0; i < 3; i++) await source.instant('up', i);
    assert.equal(ports.size, 1);
  });

  it('lays samples on the grid of the window, NaN where there are none, one axis for all series', async () => {
    stub.answer = (reply) =>
      reply.send(
        matrix([
          {
            metric: { job: 'a', odd: 'x","values":[[9,"9"]]' },
            values: [
              [100, '1'],
              [130, '+Inf'],
              [145.2, '2.5e-3'],
            ],
          },
          {
            metric: { job: 'b' },
            values: [
              [115, 'NaN'],
              [1000, '7'],
            ],
          },
        ]),
      );
    const { series } = await open().range('x', { start: 100, end: 145, step: 15 });
    assert.deepEqual(
      series.map(({ labels, values }) => [labels, [...values]]),
      [
        [{ job: 'a', odd: 'x","values":[[9,"9"]]' }, [1, NaN, Infinity, 0.0025]],
        [{ job: 'b' }, [NaN, NaN, NaN, NaN]],
      ],
    );
    assert.deepEqual([...series[0]!.times], [100, 115, 130, 145]);
    assert.equal(series[0]!.times, series[1]!.times);
  });

  it('reads vectors and scalars', async () => {
    stub.answer = (reply) =>
      reply.send({
        status: 'success',
        data: { resultType: 'vector', result: [{ metric: { a: 'b' }, value: [5, '-Inf'] }] },
      });
    assert.deepEqual((await open().instant('x', 5)).series, [
      { labels: { a: 'b' }, times: Float64Array.of(5), values: Float64Array.of(-Infinity) },
    ]);
    stub.answer = (reply) =>
      reply.send({ status: 'success', data: { resultType: 'scalar', result: [5, '1.5'] } });
    assert.deepEqual((await open().instant('1.5', 5)).series[0]?.values, Float64Array.of(1.5));
  });

  it('keeps what the source says about its answer, and tells partial ones apart', async () => {
    const source = open();
    const window = { start: 0, end: 10, step: 10 };
    stub.answer = (reply) => reply.send(matrix([], { infos: ['PromQL info: not a counter'] }));
    assert.deepEqual(await source.range('x', window), {
      series: [],
      warnings: ['PromQL info: not a counter'],
      partial: false,
    });
    stub.answer = (reply) => reply.send(matrix([], { warnings: ['No StoreAPIs matched for this query'] }));
    const thanos = await source.range('x', window);
    assert.deepEqual([thanos.partial, thanos.warnings], [true, ['No StoreAPIs matched for this query']]);
    stub.answer = (reply) => reply.send(matrix([], { isPartial: true }));
    assert.equal((await source.range('x', window)).partial, true);
    const refused = await failureOf(source.range('x', window, { complete: true }));
    assert.ok(refused instanceof PartialAnswer);
    assert.equal(refused.reason, 'the store says that its answer is partial');
  });

  it('reads a range answer with white space between its tokens, and one whose keys are escaped', async () => {
    const window = { start: 1796030000, end: 1796030015, step: 15 };
    const ANSWERS = [
      '{"status": "success", "data": {"resultType": "matrix", "result": [{"metric": {"job": "payment"}, "values": [[1796030000, "1"], [1796030015, "2"]]}]}}',
      '{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"job":"payment"},"v\\u0061lues":[[1796030000,"1"],[1796030015,"2"]]}]}}',
    ];
    for (const answer of ANSWERS) {
      stub.answer = (reply) => reply.type('application/json').send(answer);
      const { series } = await open().range('x', window);
      assert.deepEqual(
        series.map(({ labels, values }) => [labels, [...values]]),
        [[{ job: 'payment' }, [1, 2]]],
      );
    }
  });

  describe('a server that takes no query by POST', () => {
    const REFUSALS: [name: string, answer: StubPrometheus['answer']][] = [
      ['refuses it', (reply) => reply.code(405).send('Method Not Allowed')],
      [
        'ignores its form',
        (reply) => reply.send({ status: 'success', data: { resultType: 'vector', result: null } }),
      ],
    ];
    for (const [name, refuse] of REFUSALS) {
      it(`is asked with GET from then on when it ${name}, and its health says so`, async () => {
        stub.answer = (reply, request) =>
          request.method === 'GET' && request.form.has('query') ? reply.send(VECTOR) : refuse(reply, request);
        const source = open();
        await source.instant('up', 5);
        await source.instant('up', 6);
        assert.deepEqual(
          stub.requests.map(({ method, form }) => [method, form.get('query'), form.get('time')]),
          [
            ['POST', 'up', '5'],
            ['GET', 'up', '5'],
            ['GET', 'up', '6'],
          ],
        );
      });
    }

    it('that takes none by GET either is no source', async () => {
      stub.answer = (reply) => reply.code(405).send('Method Not Allowed');
      const error = await failureOf(open().instant('up', 5));
      assert.ok(error instanceof NotASource);
      assert.match(error.reason, /it refuses POST and GET alike/);
    });
  });

  it('reads the types of metrics, and knows none where nothing holds them', async () => {
    const data = {
      a_total: [{ type: 'counter', help: '', unit: '' }],
      b: [{ type: 'gauge', help: '', unit: '' }],
    };
    stub.answer = (reply) => reply.send({ status: 'success', data });
    assert.deepEqual(
      [...(await open().metricTypes())],
      [
        ['a_total', 'counter'],
        ['b', 'gauge'],
      ],
    );
    stub.answer = (reply) => reply.code(404).send('not here');
    assert.equal((await open().metricTypes()).size, 0);
  });

  it('refuses an answer of more values than it may hold', async () => {
    const result = Array.from({ length: 2_000 }, (_, i) => ({
      metric: { job: `s${i}` },
      values: [[1, '1']],
    }));
    stub.answer = (reply) => reply.send(matrix(result));
    const error = await failureOf(open().range('x', { start: 1, end: 10_000, step: 1 }));
    assert.ok(error instanceof QueryTooHeavy);
    assert.match(error.reason, /2000 series of 10000 points/);
  });

  it('sends nothing to where it is redirected, and names the address', async () => {
    stub.answer = (reply, { path }) =>
      path.startsWith('/else')
        ? reply.send(VECTOR)
        : reply.code(307).header('location', `${stub.url}/else/api/v1/query?token=abc`).send('');
    const source = open({ headers: { 'X-API-Key': 'KEYSECRET' } });
    const error = await failureOf(source.instant('up', 5));
    assert.ok(error instanceof NotASource);
    assert.match(error.reason, /^307: it redirects to \S+\/else\/api\/v1\/query, and .* set metrics\.url /);
    assert.deepEqual(
      stub.requests.map(({ path }) => path),
      ['/api/v1/query'],
    );
  });

  it('says that native histograms were left out', async () => {
    stub.answer = (reply) =>
      reply.send(matrix([{ metric: {}, histograms: [[1, { count: '1', sum: '2' }]] }]));
    const { series, warnings } = await open().range('x', { start: 0, end: 1, step: 1 });
    assert.deepEqual([series.length, warnings.length], [0, 1]);
    assert.match(warnings[0]!, /native histograms/);
  });

  it('reads a window of more than 11,000 points in parts and lays them end to end', async () => {
    stub.answer = (reply, { form }) => {
      const [start, end] = [Number(form.get('start')), Number(form.get('end'))];
      assert.ok(end - start <= 11_000, 'a part that Prometheus would refuse');
      const late = start > 0 ? [{ metric: { job: 'late' }, values: [[end, '2']] }] : [];
      return reply.send(
        matrix([
          {
            metric: { job: 'a' },
            values: [
              [start, '0'],
              [end, '1'],
            ],
          },
          ...late,
        ]),
      );
    };
    const { series } = await open().range('x', { start: 0, end: 25_000, step: 1 });
    assert.equal(stub.requests.length, 3);
    const [a, late] = series;
    assert.equal(a!.values.length, 25_001);
    assert.deepEqual([a!.values[0], a!.values[10_999], a!.values[11_000], a!.values[25_000]], [0, 1, 0, 1]);
    assert.deepEqual([late!.values[0], late!.values[21_999]], [NaN, 2]);
  });

  it('asks the index for names, in addresses of bounded length', async () => {
    const candidates = Array.from({ length: 200 }, (_, i) => `a_rather_long_metric_name_number_${i}_total`);
    stub.answer = (reply) =>
      reply.send({ status: 'success', data: ['a_rather_long_metric_name_number_7_total'] });
    const names = await open().metricNames(candidates, { window: { start: 5, end: 9 } });
    assert.deepEqual([...names], ['a_rather_long_metric_name_number_7_total']);
    const asked = stub.requests.flatMap(({ form }) => /"(.*)"/.exec(form.get('match[]')!)![1]!.split('|'));
    // Requests go side by side and arrive in any order.
    assert.deepEqual(asked.sort(), candidates.sort());
    for (const { method, form } of stub.requests) {
      assert.equal(method, 'GET');
      assert.ok(form.toString().length < 6000);
      assert.deepEqual([form.get('start'), form.get('end')], ['5', '9']);
    }
  });

  describe('health', () => {
    const CASES: [name: string, data: object, expected: object][] = [
      [
        'Prometheus',
        { version: '2.42.0', goVersion: 'go1.19' },
        { product: 'Prometheus', version: '2.42.0' },
      ],
      ['Thanos', { version: '0.37.2', goVersion: 'go1.23' }, { product: 'Thanos', version: '0.37.2' }],
      [
        'Mimir',
        { application: 'Grafana Mimir', version: '2.14.0', goVersion: 'go1.22' },
        { product: 'Grafana Mimir', version: '2.14.0' },
      ],
      ['VictoriaMetrics', { version: '2.24.0' }, { product: 'Prometheus-compatible', version: '2.24.0' }],
    ];
    for (const [name, data, expected] of CASES) {
      it(`recognises ${name}`, async () => {
        stub.answer = (reply, { path }) =>
          reply.send(path.endsWith('/query') ? VECTOR : { status: 'success', data });
        assert.deepEqual(await open().health(), { ...expected, queryMethod: 'POST' });
      });
    }

    it('takes an answered query for health where there is no build information', async () => {
      stub.answer = (reply, { path }) =>
        path.endsWith('/query') ? reply.send(VECTOR) : reply.code(404).send('404 page not found');
      assert.deepEqual(await open().health(), {
        product: 'Prometheus-compatible',
        version: 'unknown',
        queryMethod: 'POST',
      });
    });
  });

  describe('errors', () => {
    const refusal = (errorType: string, error: string): object => ({ status: 'error', errorType, error });
    const CASES: [
      name: string,
      status: number,
      body: unknown,
      type: abstract new (...args: never[]) => SourceError,
      retryable: boolean,
    ][] = [
      [
        'a query that does not parse',
        400,
        refusal('bad_data', 'parse error: unexpected end'),
        BadQuery,
        false,
      ],
      [
        'a resolution beyond the limit',
        400,
        refusal('bad_data', 'exceeded maximum resolution of 11,000 points per timeseries'),
        QueryTooHeavy,
        false,
      ],
      ['missing credentials', 401, 'Unauthorized', BadCredentials, false],
      ['a forbidden tenant', 403, 'no', BadCredentials, false],
      ['an address that is none', 404, '<html>', NotASource, false],
      ['an answer of another API', 404, refusal('not_found', 'nothing here'), NotASource, false],
      ['a body too large', 413, 'too large', QueryTooHeavy, false],
      [
        'an execution error',
        422,
        refusal('execution', 'found duplicate series for the match group'),
        BadQuery,
        false,
      ],
      [
        'too many samples',
        422,
        refusal('execution', 'query processing would load too many samples into memory in query execution'),
        QueryTooHeavy,
        false,
      ],
      [
        'a limit of Mimir',
        422,
        refusal(
          'execution',
          'the query exceeded the maximum number of chunks (limit: 2 chunks) (err-mimir-max-chunks-per-query)',
        ),
        QueryTooHeavy,
        false,
      ],
      [
        'a long range at Mimir',
        400,
        refusal('bad_data', 'the query time range exceeds the limit (err-mimir-max-total-query-length)'),
        QueryTooHeavy,
        false,
      ],
      [
        'a limit of VictoriaMetrics',
        422,
        refusal(
          '422',
          'too many points for the given step; the limit is -search.maxPointsPerTimeseries=30000',
        ),
        QueryTooHeavy,
        false,
      ],
      [
        'a timeout of the engine',
        503,
        refusal('timeout', 'query timed out in expression evaluation'),
        QueryTimeout,
        true,
      ],
      [
        'a timeout told as 422',
        422,
        refusal('422', 'timeout exceeded during the query: 30.000 seconds'),
        QueryTimeout,
        true,
      ],
      ['too many requests', 429, 'slow down', SourceBusy, true],
      ['an internal error', 500, refusal('internal', 'remote read failed'), SourceUnavailable, true],
      ['a gateway without backend', 502, 'Bad Gateway', SourceUnavailable, true],
      ['a starting server', 503, 'Service Unavailable', SourceUnavailable, true],
      ['a gateway that waited in vain', 504, 'Gateway Timeout', QueryTimeout, true],
      ['a login page', 200, '<html>log in</html>', NotASource, false],
      ['other JSON', 200, { ok: true }, NotASource, false],
    ];
    for (const [name, status, body, type, retryable] of CASES) {
      it(`${retryable ? 'would try again' : 'would not try again'} after ${name} (${status})`, async () => {
        stub.answer = (reply) =>
          reply
            .code(status)
            .type(typeof body === 'string' ? 'text/plain' : 'application/json')
            .send(body);
        const error = await failureOf(open().instant('x', 1));
        assert.ok(error instanceof type, `expected ${type.name}, got ${error.name}: ${error.message}`);
        assert.match(error.message, new RegExp(`^instant query at ${stub.url}/api/v1/query: \\S`));
        const failure = toFailure(error);
        assert.ok(failure instanceof ApplicationFailure);
        assert.deepEqual(
          [failure.type, failure.nonRetryable, failure.message],
          [type.name, !retryable, error.message],
        );
      });
    }

    it('believes Retry-After, in seconds or as a date', async () => {
      stub.answer = (reply) => reply.code(429).header('Retry-After', '7').send('');
      const failure = toFailure(await failureOf(open().instant('x', 1)));
      assert.ok(failure instanceof ApplicationFailure);
      assert.equal(failure.nextRetryDelay, 7000);
      stub.answer = (reply) =>
        reply
          .code(429)
          .header('Retry-After', new Date(Date.now() + 60_000).toUTCString())
          .send('');
      const dated = await failureOf(open().instant('x', 1));
      assert.ok(dated instanceof SourceBusy && dated.retryAfterSeconds !== null);
      assert.ok(dated.retryAfterSeconds > 55 && dated.retryAfterSeconds <= 60);
    });

    it('never shows credentials, also when the source repeats them', async () => {
      stub.answer = (reply, { headers }) =>
        reply.code(401).send(`you sent ${headers.authorization}, ${String(headers['x-key'])}`);
      const source = open({
        auth: { type: 'bearer', token: 'tok-123456' },
        headers: { 'X-Key': 'key-654321' },
      });
      const error = await failureOf(source.instant('x', 1));
      assert.equal(error.reason, '401 you sent Bearer ***, ***');
      const inAddress = await failureOf(
        open({}, stub.url.replace('http://', 'http://me:hunter22@')).instant('x', 1),
      );
      assert.ok(!JSON.stringify([inAddress, inAddress.message, inAddress.stack]).includes('hunter22'));
    });

    it('gives up when no answer comes in time', async () => {
      stub.answer = (reply) => {
        reply.hijack();
      };
      const error = await failureOf(open({ timeoutSeconds: 0.1 }).instant('x', 1));
      assert.ok(error instanceof QueryTimeout);
      assert.equal(error.reason, 'no answer within 0.1 s');
    });

    it('ends at once when it is cancelled, with the reason of the one who did', async () => {
      const controller = new AbortController();
      const reason = new Error('cancelled by the test');
      const server: Promise<void> = new Promise((resolve) => {
        stub.answer = (reply) => {
          reply.hijack();
          reply.request.socket.once('close', resolve);
          controller.abort(reason);
        };
      });
      await assert.rejects(open().instant('x', 1, { signal: controller.signal }), reason);
      // The server sees the connection end: the query is not left running there.
      await server;
    });

    it('tells a refused, a reset and an unknown address apart, all worth another try', async () => {
      const port = await getPort({ host: '127.0.0.1' });
      const refused = await failureOf(open({}, `http://127.0.0.1:${port}`).instant('x', 1));
      const resetting = net.createServer((socket) => socket.once('data', () => socket.resetAndDestroy()));
      await new Promise<void>((resolve) => resetting.listen(port, '127.0.0.1', resolve));
      const reset = await failureOf(open({}, `http://127.0.0.1:${port}`).instant('x', 1));
      await new Promise((resolve) => resetting.close(resolve));
      const unknown = await failureOf(open({}, 'http://no-such-host.invalid').instant('x', 1));
      assert.deepEqual(
        [refused, reset].map(({ reason }) => reason),
        ['connection refused', 'the connection was reset'],
      );
      assert.match(unknown.reason, /^(no such host name|the host name could not be looked up)$/);
      for (const error of [refused, reset, unknown]) assert.ok(error instanceof SourceUnavailable);
    });
  });
});

import assert from 'node:assert/strict';
import Fastify, { type FastifyInstance } from 'fastify';
import { openTraceSource } from '../../../activities/collect/traces/open.js';
import type { TraceQuery, TraceSource } from '../../../activities/collect/traces/source.js';
import { NO_LIMITS, testConfig } from '../../support/scopes.js';

const START = 1_796_035_200;
const QUERY: TraceQuery = {
  service: 'front',
  operation: 'GET /cart',
  from: START,
  until: START + 60,
  which: 'any',
  most: 10,
};
const ID = '0af7651916cd43dd8448eb211c80319c';
const nanos = (seconds: number): string => `${seconds}000000000`;

/** Tempo and OpenSearch by their published formats: neither runs here. */
describe('a server of the published format of', () => {
  let app: FastifyInstance;
  let source: TraceSource;
  let seen: { url: string; headers: Record<string, unknown>; body: unknown }[];

  async function serve(
    type: string,
    answers: (url: URL, body: unknown) => unknown,
    more: object = {},
  ): Promise<void> {
    app = Fastify({ forceCloseConnections: true });
    seen = [];
    app.all('/*', (request, reply) => {
      seen.push({ url: request.url, headers: request.headers, body: request.body });
      const answer = answers(new URL(request.url, 'http://x'), request.body);
      return answer === null ? reply.code(404).send('') : reply.send(answer);
    });
    const url = await app.listen({ host: '127.0.0.1', port: 0 });
    source = openTraceSource(testConfig({ traces: [{ type, name: type, url, ...more }] }).traces[0]!);
  }
  afterEach(async () => {
    source.close();
    await app.close();
  });

  describe('Tempo', () => {
    const base64 = (hex: string): string => Buffer.from(hex, 'hex').toString('base64');
    const trace = {
      batches: [
        {
          resource: { attributes: [{ key: 'service.name', value: { stringValue: 'front' } }] },
          scopeSpans: [
            {
              spans: [
                {
                  traceId: base64(ID),
                  spanId: base64('00f067aa0ba902b7'),
                  name: 'GET /cart',
                  kind: 'SPAN_KIND_SERVER',
                  startTimeUnixNano: nanos(START),
                  endTimeUnixNano: nanos(START + 2),
                  status: { code: 'STATUS_CODE_ERROR', message: 'connection refused' },
                },
                {
                  traceId: base64(ID),
                  spanId: base64('53995c3f42cd8ad8'),
                  parentSpanId: base64('00f067aa0ba902b7'),
                  name: 'query',
                  kind: 'SPAN_KIND_CLIENT',
                  startTimeUnixNano: nanos(START),
                  endTimeUnixNano: nanos(START + 1),
                  attributes: [
                    { key: 'db.system', value: { stringValue: 'postgresql' } },
                    { key: 'db.statement', value: { stringValue: 'select secret' } },
                  ],
                },
              ],
            },
          ],
        },
      ],
    };
    const answers = (url: URL): unknown => {
      if (url.pathname === '/api/search') {
        return {
          traces: [{ traceID: ID.replace(/^0+/, ''), rootServiceName: 'front' }, { traceID: 'dead' }],
        };
      }
      if (url.pathname === '/api/v2/search/tag/resource.service.name/values') {
        return { tagValues: [{ type: 'string', value: 'front' }] };
      }
      return url.pathname === `/api/traces/${ID}` ? trace : null;
    };

    it('is searched by TraceQL, and each trace is read by its id', async () => {
      await serve('tempo', answers, { tenant: 'shop', publicUrl: 'https://grafana.example/e?t={traceId}' });
      const { traces } = await source.find({ ...QUERY, which: { slowerThan: 0.25 } }, NO_LIMITS);
      const q = new URL(seen[0]!.url, 'http://x').searchParams.get('q');
      assert.equal(
        q,
        '{ resource.service.name = "front" && name = "GET /cart" && duration >= 250000us } with (most_recent=true)',
      );
      assert.equal(seen[0]!.headers['x-scope-orgid'], 'shop');
      assert.equal(traces.length, 1, 'a trace that is gone is left out');
      const [root, query] = traces[0]!.spans;
      assert.deepEqual(
        [root!.traceId, root!.spanId, root!.parentId, root!.kind, root!.failed, root!.duration],
        [ID, '00f067aa0ba902b7', null, 'server', true, 2],
      );
      assert.deepEqual([query!.parentId, query!.kind, query!.failed], ['00f067aa0ba902b7', 'client', false]);
      assert.deepEqual(query!.attributes, { 'db.system': 'postgresql' }, 'statements are not kept');
      assert.equal(source.pageOf(ID), `https://grafana.example/e?t=${ID}`);
      assert.deepEqual(await source.services({ from: START, until: START + 60 }, NO_LIMITS), ['front']);
    });

    it('is asked for text, whatever a name holds', async () => {
      await serve('tempo', answers);
      await source.find({ ...QUERY, operation: 'GET "/x" } || { true', which: 'failing' }, NO_LIMITS);
      const q = new URL(seen[0]!.url, 'http://x').searchParams.get('q');
      assert.ok(q!.includes(String.raw`name = "GET \"/x\" } || { true" && status = error }`), q!);
    });
  });

  describe('Data Prepper in OpenSearch', () => {
    const flat = {
      traceId: ID,
      spanId: 'aa',
      parentSpanId: '',
      name: 'GET /cart',
      kind: 'SPAN_KIND_SERVER',
      serviceName: 'front',
      startTime: '2026-11-30T10:40:00.123456789Z',
      durationInNanos: 2_000_000_000,
      'status.code': 2,
      'span.attributes.http@status_code': 503,
      'resource.attributes.k8s@namespace@name': 'shop',
    };
    const nested = {
      ...flat,
      spanId: 'bb',
      parentSpanId: 'aa',
      kind: 'SPAN_KIND_CLIENT',
      'status.code': undefined,
      status: { code: 0 },
      'span.attributes.http@status_code': undefined,
      attributes: { 'peer@service': 'cart' },
    };
    let total = 2;
    const answers = (_url: URL, body: unknown): unknown => {
      const { collapse, aggs } = body as { collapse?: object; aggs?: object };
      if (aggs) return { aggregations: { services: { buckets: [{ key: 'front', doc_count: 9 }] } } };
      if (collapse) return { hits: { hits: [{ _source: { traceId: ID } }] } };
      return {
        hits: { total: { value: total }, hits: [{ _source: flat }, { _source: nested }, { _source: {} }] },
      };
    };

    it('is searched for the latest traces, then for their spans', async () => {
      total = 2;
      await serve('opensearch', answers);
      const { traces, bytes } = await source.find({ ...QUERY, which: 'failing' }, NO_LIMITS);
      assert.equal(seen[0]!.url, '/otel-v1-apm-span-*/_search');
      assert.deepEqual((seen[0]!.body as { query: object }).query, {
        bool: {
          filter: [
            { term: { serviceName: 'front' } },
            { range: { startTime: { gte: '2026-11-30T10:40:00.000Z', lte: '2026-11-30T10:41:00.000Z' } } },
            { term: { name: 'GET /cart' } },
            { term: { 'status.code': 2 } },
          ],
        },
      });
      assert.ok(bytes > 100, `${bytes} bytes`);
      const [root, call] = traces[0]!.spans;
      assert.equal(traces[0]!.spans.length, 2, 'what is no span is left out');
      assert.ok(Math.abs(root!.start - 1796035200.123457) < 1e-6, String(root!.start));
      assert.deepEqual(root!.resource, { 'service.name': 'front', 'k8s.namespace.name': 'shop' });
      assert.deepEqual([root!.failed, root!.parentId, root!.kind], [true, null, 'server']);
      assert.deepEqual([call!.failed, call!.parentId, call!.kind], [false, 'aa', 'client']);
      assert.deepEqual(call!.attributes, { 'peer.service': 'cart' });
      assert.deepEqual(await source.services({ from: START, until: START + 60 }, NO_LIMITS), ['front']);
    });

    it('is asked for less where the spans of its traces do not fit into one answer', async () => {
      total = 10_001;
      await serve('opensearch', answers);
      await assert.rejects(source.find(QUERY, NO_LIMITS), { name: 'QueryTooHeavy' });
    });
  });
});

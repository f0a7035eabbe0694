import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Limits } from '../../activities/collect/attempt.js';
import { queryFor, type Spans } from '../../activities/collect/metrics/packs/binding.js';
import { detectPacks } from '../../activities/collect/metrics/packs/detect.js';
import { BUILT_IN, loadPacks, parsePack } from '../../activities/collect/metrics/packs/load.js';
import { BadQuery, QueryTimeout, SourceUnavailable } from '../../activities/collect/metrics/source/errors.js';
import { readTopology } from '../../activities/collect/scope/topology.js';
import { ConfigError } from '../../config/load.js';
import type { Binding } from '../../model/reading.js';
import { FakeSource, type FakeSeries } from '../support/fake-source.js';
import { NO_LIMITS } from '../support/scopes.js';

const SPANS: Spans = { window: 60, lookback: 3600, before: 2400, since: 720 };
const WINDOW = { start: 0, end: 1000 };

const PACK = `
name: own
about: our own
detect: { all: [own_requests_total] }
labels: { service: [service, job] }
set: { base: 'own_requests_total{$selector}' }
signals:
  - { id: request-rate, name: requests, signal: traffic, of: service, unit: req/s, worse: either, perspective: server,
      family: golden, query: 'sum by ($service) (rate($base[$window]))' }
`;

describe('metric packs', () => {
  it('come with Faultline, each signal of a pack once, and the preferred names first', async () => {
    const packs = await loadPacks();
    const names = packs.map(({ name }) => name);
    for (const name of [
      'otel-rpc/stable',
      'process/otel',
      'runtime',
      'targets',
      'kubernetes',
      'node-exporter',
      'spanmetrics/tempo',
      'servicegraph',
      'istio/sidecar',
      'otel-db-pool/old',
    ]) {
      assert.ok(names.includes(name), `${name} is missing`);
    }
    assert.ok(names.indexOf('otel-http/stable') < names.indexOf('otel-http/old'));
    assert.ok(names.indexOf('otel-http/old') < names.indexOf('istio/sidecar'));
    for (const pack of packs) {
      const ids = pack.signals.map(({ id }) => id);
      assert.deepEqual([...new Set(ids)], ids, pack.name);
    }
  });

  it('take in a pack of the user beside them, and refuse a name that is taken', async () => {
    const directory = await mkdtemp(path.join(os.tmpdir(), 'faultline-packs-'));
    try {
      const file = path.join(directory, 'own.yml');
      await writeFile(file, PACK);
      assert.ok((await loadPacks([file])).some(({ name }) => name === 'own'));
      await writeFile(file, PACK.replace('name: own', 'name: linkerd'));
      await assert.rejects(
        loadPacks([file]),
        /own\.yml: name: the pack linkerd is already in .*linkerd\.yml; give it another name$/,
      );
      await assert.rejects(
        loadPacks([path.join(directory, 'none.yml')]),
        /none\.yml: the pack cannot be read: ENOENT.*; see packs\.files/,
      );
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  it('are explained by a README whose examples load and whose table names them all', async () => {
    const readme = await readFile(new URL('../../packs/README.md', import.meta.url), 'utf8');
    const examples = [...readme.matchAll(/```yaml\n(name:.*?)```/gs)].map(([, yaml = '']) => yaml);
    const names = examples.flatMap((yaml) => parsePack(yaml, 'README.md').map(({ name }) => name));
    assert.deepEqual(names, ['our-queues', 'our-rpc', 'our-gateway']);
    const files = new Set((await loadPacks()).map(({ name }) => name.split('/')[0]));
    const rows = [...readme.matchAll(/^\| ((?:`[a-z-]+`(?:, )?)+) \|/gm)].map((row) => row[1]!);
    const table = rows.flatMap((row) => [...row.matchAll(/`([a-z-]+)`/g)].map((name) => name[1]!));
    assert.deepEqual(table.sort(), [...files].sort());
    for (const variable of BUILT_IN) assert.ok(readme.includes(`\`$${variable}\``), variable);
  });

  it('may tell nothing but who calls whom, as the README shows', async () => {
    const readme = await readFile(new URL('../../packs/README.md', import.meta.url), 'utf8');
    const [, example = ''] = /```yaml\n(name: our-gateway.*?)```/s.exec(readme) ?? [];
    const packs = parsePack(example, 'README.md');
    const calls: FakeSeries[] = [
      [{ caller: 'checkout', callee: 'payment' }, 12],
      [{ caller: 'storefront', callee: 'checkout' }, 30],
    ];
    const source = new FakeSource({
      names: ['gateway_calls_total'],
      answer: (query) =>
        query.startsWith('sum by (caller, callee) (increase(gateway_calls_total{caller!=""}[3600s]))')
          ? calls
          : [],
    });
    const { bindings } = await detectPacks(source, packs, { ...NO_LIMITS, use: 'auto', window: WINDOW });
    const around = { source, packs, bindings, spans: SPANS, time: WINDOW.end, limits: NO_LIMITS };
    const { graph, gaps } = await readTopology(around, [], ['checkout'], { services: [], catalogs: [] });
    assert.deepEqual(
      graph.edges.map(({ caller, callee }) => `${caller} -> ${callee}`),
      ['checkout -> payment', 'storefront -> checkout'],
    );
    assert.deepEqual(gaps, []);
  });

  describe('validation', () => {
    const complaint = (change: (yaml: string) => string): string => {
      try {
        parsePack(change(PACK), 'own.yml');
      } catch (error) {
        assert.ok(error instanceof ConfigError, String(error));
        return error.message;
      }
      assert.fail('expected a ConfigError');
    };
    const CASES: [name: string, change: (yaml: string) => string, expected: RegExp][] = [
      [
        'an unknown key',
        (yaml) => yaml.replace('about:', 'abuot:'),
        /^own\.yml: about: is missing; expected a text\nown\.yml: abuot: there is no such setting; write 'about'$/,
      ],
      [
        'a wrong choice',
        (yaml) => yaml.replace('worse: either', 'worse: upp'),
        /^own\.yml: signals\[0\]\.worse: expected one of 'up', 'down', 'either', got 'upp'; write 'up'$/,
      ],
      [
        'a variable that nobody sets',
        (yaml) => yaml.replace('[$window]', '[$windw]'),
        /^own\.yml: signals\[0\]\.query: there is no variable \$windw; set it, or use one of \$selector, \$window/,
      ],
      [
        'a query that cannot be narrowed',
        (yaml) => yaml.replace('{$selector}', ''),
        /^own\.yml: signals\[0\]\.query: the query does not use \$selector; put \$selector between the braces/,
      ],
      [
        'an edge without its callee',
        (yaml) => yaml.replace('of: service', 'of: edge').replace('golden', 'edges'),
        /^own\.yml: signals\[0\]\.callee: expected the label of the callee where `of` is edge/,
      ],
      [
        'nothing to recognise it by',
        (yaml) => yaml.replace('[own_requests_total] }', '[] }'),
        /^own\.yml: detect: expected at least one metric under all or any/,
      ],
      [
        'a unit of time that is none',
        (yaml) => `${yaml}requests: [{ count: own_requests_total, duration: own_seconds, unit: $unit }]\n`,
        /^own\.yml: requests\[0\]\.unit: \$unit is no unit of time; write s, ms, us or ns$/,
      ],
      [
        'outcomes that tell no failure',
        (yaml) => `${yaml}requests: [{ count: own_requests_total, outcomes: {} }]\n`,
        /^own\.yml: requests\[0\]\.outcomes\.failed: expected matchers of what failed, or a counter of failures/,
      ],
      ['YAML that cannot be read', (yaml) => `${yaml}\n: :\n  - [`, /^own\.yml:\d+: not valid YAML/],
    ];
    for (const [name, change, expected] of CASES) {
      it(`says where and what is wrong with ${name}`, () => assert.match(complaint(change), expected));
    }
  });

  describe('queries', () => {
    const [pack] = parsePack(PACK, 'own.yml');
    const spec = pack!.signals[0]!;
    const binding: Binding = { pack: 'own', service: 'job', host: 'instance', namespaced: false };
    const query = (names: string[], more: Partial<Binding> = {}): string =>
      queryFor(spec, pack!, { ...binding, ...more }, names, SPANS);

    it('are narrowed to the services of the scope, in one matcher', () => {
      assert.equal(query(['a', 'b.c']), 'sum by (job) (rate(own_requests_total{job=~"a|b\\\\.c"}[60s]))');
      assert.equal(query(['a']), 'sum by (job) (rate(own_requests_total{job="a"}[60s]))');
      assert.equal(query([]), 'sum by (job) (rate(own_requests_total{job!=""}[60s]))');
    });

    it('find services under their namespace where the label holds it, and without where it does not', () => {
      assert.equal(
        query(['pay', 'ns/api'], { namespaced: true }),
        'sum by (job) (rate(own_requests_total{job=~"(?:[^/]+/)?(?:pay|ns/api)"}[60s]))',
      );
      assert.equal(query(['ns/api']), 'sum by (job) (rate(own_requests_total{job="api"}[60s]))');
    });

    it('read pods by the names of their workloads, and hosts with any port', async () => {
      const packs = await loadPacks();
      const of = (name: string) => packs.find((one) => one.name === name)!;
      const pods = queryFor(
        of('kubernetes').placements[0]!,
        of('kubernetes'),
        { ...binding, service: 'workload' },
        ['cart', 'pay'],
        SPANS,
      );
      assert.match(pods, /kube_pod_info\{pod=~"\(\?:cart\|pay\)-\.\+", node!=""\}/);
      const hosts = queryFor(of('node-exporter').signals[0]!, of('node-exporter'), binding, ['n1'], SPANS);
      assert.match(hosts, /node_cpu_seconds_total\{instance=~"\(\?:n1\)\(\?::\[0-9\]\+\)\?", mode="idle"\}/);
    });
  });

  describe('requests that a pack names', () => {
    const [pack] = parsePack(
      `
name: own
about: our own
detect: { all: [own_total] }
labels: { service: [{ label: job, pattern: '$name(?:-exporter)?' }] }
requests:
  - { name: Own RPC, count: own_total, duration: own_ms, unit: ms, outcomes: { failed: ['a="1"', 'b="2"'], told: ['a!=""'] } }
calls:
  - { count: sent_total, callee: [peer, { label: target, pattern: 'dns:$name' }] }
`,
      'own.yml',
    );
    const binding: Binding = {
      pack: 'own',
      service: 'job',
      pattern: '$name(?:-exporter)?',
      callees: ['target'],
      host: 'instance',
      namespaced: false,
    };
    const asked = (id: string, also: Record<string, string> = {}): string => {
      const spec = pack!.signals.find((one) => one.id === id);
      assert.ok(spec, `no ${id} among ${pack!.signals.map((one) => one.id).join(', ')}`);
      return queryFor(spec, pack!, binding, ['pay'], SPANS, also).replaceAll(/\s+/g, ' ');
    };
    const NAMED = (inner: string): string =>
      `label_replace(${inner}, "workload", "$1", "job", "([a-zA-Z].*?)(?:-exporter)?")`;
    const OF_PAY = 'job=~"(?:pay)(?:-exporter)?"';

    it('become latency, errors and traffic of each service, whose name a pattern reads', () => {
      assert.deepEqual(
        pack!.signals.map(({ id }) => id),
        [
          ...['own-rpc-latency-p95', 'own-rpc-latency-p50', 'own-rpc-latency-mean'],
          ...['own-rpc-error-ratio', 'own-rpc-request-rate', 'client-request-rate'],
        ],
      );
      const of = (suffix: string, more = ''): string => NAMED(`rate(own_${suffix}{${OF_PAY}${more}}[60s])`);
      assert.equal(
        asked('own-rpc-latency-mean'),
        `sum by (workload) (${of('ms_sum')}) / sum by (workload) (${of('ms_count')}) / 1000`,
      );
      const told = `sum by (workload) (${of('total', ', a!=""')})`;
      assert.equal(
        asked('own-rpc-error-ratio'),
        `(sum by (workload) (${of('total', ', a="1"')} or ${of('total', ', b="2"')}) or 0 * ${told}) / ${told}`,
      );
    });

    it('read callees by the labels that are there, and one alone where one is asked for', () => {
      const all =
        'sum by (workload, called_service) (label_replace(' +
        `${NAMED(`rate(sent_total{${OF_PAY}}[60s])`)}, "called_service", "$1", "target", "dns:([a-zA-Z].*?)"))`;
      assert.equal(asked('client-request-rate'), all);
      assert.equal(
        asked('client-request-rate', { called_service: 'bank' }),
        `(${all}) and on (called_service) label_replace(vector(1), "called_service", "bank", "", "")`,
      );
    });
  });

  describe('detection', () => {
    it('takes pods or hosts for names where one scrape job is all that labels give', async () => {
      const named = async (rows: FakeSeries[]) => {
        const { bindings, services } = await detect(['http_server_requests_seconds_count'], () => rows);
        return [bindings[0]?.service, services];
      };
      const at = (instance: string, more = {}): FakeSeries => [{ job: 'spring', instance, ...more }, 3];
      assert.deepEqual(await named([at('orders:8080'), at('payment-2:8080')]), [
        'instance',
        ['orders', 'payment'],
      ]);
      assert.deepEqual(await named([at('web-1:8080'), at('web-2:8080')]), ['job', ['spring']]);
      assert.deepEqual(await named([at('10.0.0.1:8080'), at('10.0.0.2:8080')]), ['job', ['spring']]);
      const pod = (name: string): FakeSeries => at('10.0.0.1:8080', { pod: name });
      assert.deepEqual(await named([pod('orders-7d9f8b6c5-x2x4z'), pod('cart-0')]), [
        'pod',
        ['cart', 'orders'],
      ]);
    });

    it('finds a pack by a pattern of names', async () => {
      const { bindings } = await detect(['service:http_requests:rate5m'], () => [[{ service: 'a' }, 1]]);
      assert.deepEqual(
        bindings.map(({ pack, service }) => [pack, service]),
        [['recording-rules', 'service']],
      );
    });

    const detect = async (
      names: string[],
      answer: (query: string) => FakeSeries[],
      use: 'auto' | string[] = 'auto',
      limits: Limits = NO_LIMITS,
    ) => {
      const source = new FakeSource({ names, answer });
      return detectPacks(source, await loadPacks(), { ...limits, use, window: WINDOW });
    };

    it('finds the packs whose metrics exist, several at once, the most believed first', async () => {
      const names = [
        'istio_requests_total',
        'http_server_request_duration_seconds_count',
        'http_server_duration_milliseconds_count',
        'up',
      ];
      const { bindings } = await detect(names, () => [[{ job: 'a' }, 1]]);
      assert.deepEqual(
        bindings.map(({ pack }) => pack),
        ['otel-http/stable', 'otel-http/old', 'targets', 'istio/sidecar', 'istio/waypoint', 'istio/source'],
      );
    });

    it('does not take a pack for there by half of what it needs', async () => {
      const { bindings } = await detect(['calls_total'], () => []);
      assert.deepEqual(bindings, []);
    });

    it('takes the first label that names nearly every series', async () => {
      const label = async (rows: FakeSeries[]): Promise<string | undefined> =>
        (await detect(['http_server_request_duration_seconds_count'], () => rows)).bindings[0]?.service;
      assert.equal(
        await label([
          [{ service_name: 'a', job: 'x' }, 9],
          [{ job: 'x' }, 1],
        ]),
        'service_name',
      );
      assert.equal(
        await label([
          [{ service_name: 'a', job: 'a' }, 5],
          [{ job: 'b' }, 5],
        ]),
        'job',
      );
      assert.equal(await label([]), 'service_name');
    });

    it('tells services from mere targets, and sees namespaces', async () => {
      const found = await detect(['up', 'http_server_request_duration_seconds_count'], (query) =>
        query.includes('(up)')
          ? [[{ job: 'node-exporter' }, 3]]
          : [
              [{ job: 'shop/cart' }, 2],
              [{ job: 'shop/pay' }, 2],
            ],
      );
      assert.deepEqual(found.services, ['shop/cart', 'shop/pay']);
      assert.deepEqual(
        found.bindings.map(({ namespaced }) => namespaced),
        [true, false],
      );
    });

    it('uses pinned packs whatever the source has, and reports a name that is none', async () => {
      const { bindings, gaps } = await detect([], () => [], ['otel-http', 'nonsense']);
      assert.deepEqual(
        bindings.map(({ pack }) => pack),
        ['otel-http/stable', 'otel-http/old'],
      );
      assert.deepEqual(gaps, [
        { source: 'fake', what: 'metric pack nonsense', reason: 'there is no pack of this name' },
      ]);
    });

    it('leaves out a pack whose query is not answered; an outage is for another attempt, while there is time', async () => {
      const asked = { operation: 'instant query', endpoint: 'http://x' };
      const failing = (error: Error, limits: Limits = NO_LIMITS) =>
        detect(
          ['up', 'response_total', 'response_latency_ms_count'],
          (query) => {
            if (query.includes('response_total')) throw error;
            return [[{ job: 'a' }, 1]];
          },
          'auto',
          limits,
        );
      const { bindings, gaps } = await failing(new BadQuery(asked, '400 no'));
      assert.deepEqual(
        bindings.map(({ pack }) => pack),
        ['targets'],
      );
      assert.deepEqual(gaps, [{ source: 'fake', what: 'metric pack linkerd', reason: '400 no' }]);
      const slow = await failing(new QueryTimeout(asked, 'no answer within 30 s'));
      assert.deepEqual([slow.bindings.length, slow.gaps[0]?.reason], [1, 'no answer within 30 s']);
      const outage = new SourceUnavailable(asked, 'connection refused');
      await assert.rejects(failing(outage, { ...NO_LIMITS, canRetry: () => true }), SourceUnavailable);
      assert.equal((await failing(outage)).gaps[0]?.reason, 'connection refused');
    });
  });
});

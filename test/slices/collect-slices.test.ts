import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { collectSlices, loadPacks, surveyEstate } from '../../activities/collect/index.js';
import { PrometheusSource } from '../../activities/collect/metrics/source/prometheus-source.js';
import { MOST_SLICES, MOST_VALUES } from '../../activities/collect/slices/collect-slices.js';
import { CountedRequests } from '../../activities/collect/slices/queries.js';
import { diagnose } from '../../analysis/index.js';
import type { Anomaly } from '../../model/anomaly.js';
import type { Diagnosis } from '../../model/diagnosis.js';
import type { Gap } from '../../model/gap.js';
import type { SliceDimension, SliceFinding, SliceTable } from '../../model/slices.js';
import { renderSurvey } from '../../workers/discover/render.js';
import { needs } from '../support/needs.js';
import { startWrittenPrometheus, type WrittenPrometheus } from '../support/prometheus.js';
import { readIncident } from '../support/read-incident.js';
import { alertOn, bindingOf, collectDeps, NO_LIMITS, testConfig } from '../support/scopes.js';
import { sourceConfig } from '../support/stub-prometheus.js';
import { COURSE, writtenRequests, type SlicedService } from './sliced-requests.js';

const ENDPOINTS = ['GET /cart', 'POST /cart', 'GET /orders'];
const SHAPE = { rate: 0.4, endpoints: ENDPOINTS, pods: 8 };

const SERVICES: SlicedService[] = [
  { ...SHAPE, name: 'by-version', isSlow: ({ version }) => version === '2.31' },
  { ...SHAPE, name: 'by-pod', isSlow: ({ pod }) => pod === 'pod-3' },
  { ...SHAPE, name: 'by-node', isSlow: ({ node }) => node === 'node-2' },
  { ...SHAPE, name: 'by-zone', isSlow: ({ zone }) => zone === 'zone-b' },
  { ...SHAPE, name: 'by-route', isFailing: ({ endpoint }) => endpoint === 'GET /cart' },
  { ...SHAPE, name: 'alike', isSlow: () => true },
  { ...SHAPE, name: 'calm' },
  { ...SHAPE, name: 'seldom', rate: 0.003, isSlow: ({ version }) => version === '2.31' },
  {
    ...{ name: 'many-routes', rate: 0.2, pods: 2 },
    endpoints: Array.from({ length: 30 }, (_, i) => `GET /route-${i}`),
    isFailing: ({ endpoint }) => endpoint === 'GET /route-29',
  },
  {
    ...{ name: 'raw-ids', rate: 0.01, pods: 2, isSlow: ({ pod }) => pod === 'pod-1' },
    endpoints: Array.from({ length: MOST_VALUES + 1 }, (_, i) => `GET /order/${i}`),
  },
];

const CONFIG = testConfig({ diagnosis: { baselineSeconds: 1500, afterSeconds: 240, compareDays: [] } });

describe('slices of a real Prometheus', function () {
  this.timeout(120_000);
  let directory: string;
  let prometheus: WrittenPrometheus | undefined;
  let source: PrometheusSource;
  const end = Math.floor(Date.now() / 1000);
  const onset = end - COURSE.afterSeconds;

  before(async function () {
    needs(this, 'prometheus');
    directory = await mkdtemp(join(tmpdir(), 'faultline-slices-'));
    prometheus = await startWrittenPrometheus(directory, writtenRequests(SERVICES, onset));
    source = new PrometheusSource(sourceConfig(prometheus.url));
  });

  after(async () => {
    if (!prometheus) return;
    source.close();
    await prometheus.stop();
    await rm(directory, { recursive: true });
  });

  interface Found {
    table: SliceTable;
    gaps: Gap[];
    diagnosis: Diagnosis;
    by: Partial<Record<SliceDimension, SliceFinding>>;
  }

  async function found(service: string, alert: Partial<Anomaly> = {}): Promise<Found> {
    const deps = await collectDeps(source, CONFIG);
    const anomalies = [alertOn(service, { startedAt: onset + 30, ...alert })];
    const { scope, input } = await readIncident(deps, 'test', anomalies, end);
    const { evidence, gaps } = await collectSlices(deps, { scope, service }, NO_LIMITS);
    const table = await deps.store.getTable('slices', evidence.uri);
    const diagnosis = diagnose({ ...input, slices: [table] });
    const by = Object.fromEntries((diagnosis.slices ?? []).map((one) => [one.dimension, one]));
    return { table, gaps, diagnosis, by };
  }

  /** What is bad of each dimension, or else how it was found. */
  const outcomes = ({ by }: Found) =>
    Object.fromEntries(
      Object.values(by).map(({ dimension, outcome, bad }) => [dimension, bad.join() || outcome]),
    );

  it('names the version that is slow, among instances that differ by nothing else', async () => {
    const one = await found('by-version');
    assert.deepEqual(outcomes(one), {
      version: '2.31',
      instance: 'by-version-pod-0,by-version-pod-6',
      node: 'mixed',
      zone: 'alike',
      endpoint: 'alike',
    });
    assert.match(
      one.by.version!.statement,
      /^Only version 2\.31 of by-version is slower \([23]\d(\.\d)? ms -> [56]\d\d ms by request\): it has 100 % of the added time and 2\d % of the requests\.$/,
    );
    assert.deepEqual(one.gaps, []);
  });

  it('gives queries to paste that show the same', async () => {
    const { by } = await found('by-version');
    const { series } = await source.instant(by.version!.query, end);
    const slow = series.filter(({ values }) => values[0]! > 0.3).map(({ labels }) => labels);
    assert.deepEqual([series.length, slow], [2, [{ service_version: '2.31' }]]);
  });

  it('names one pod of many, and neither its node, its zone nor its version', async () => {
    const { by } = await found('by-pod');
    assert.deepEqual(by.instance!.bad, ['by-pod-pod-3']);
    assert.ok(by.version!.outcome !== 'concentrated', by.version!.statement);
    assert.match(by.instance!.statement, /^Only instance by-pod-pod-3 of by-pod is slower /);
  });

  it('names the node of several pods by what kube-state-metrics says of them', async () => {
    const one = await found('by-node');
    assert.deepEqual(one.by.node!.bad, ['node-2']);
    assert.deepEqual(one.by.instance!.bad, ['by-node-pod-2', 'by-node-pod-6']);
    assert.equal(one.by.node!.label, 'node of kube_pod_info');
  });

  it('names the zone of several nodes', async () => {
    const { by } = await found('by-zone');
    assert.deepEqual([by.zone!.bad, by.node!.bad], [['zone-b'], ['node-2', 'node-3']]);
  });

  it('names the endpoint that fails, with its method', async () => {
    const one = await found('by-route', { symptom: 'errors' });
    assert.deepEqual(one.by.endpoint!.bad, ['GET /cart']);
    assert.match(
      one.by.endpoint!.statement,
      /^Only GET \/cart of by-route fails more \(.* of its requests\)/,
    );
    const { series } = await source.instant(one.by.endpoint!.query, end);
    assert.equal(series.filter(({ values }) => values[0]! > 0.3).length, 1);
    for (const place of ['version', 'instance', 'node', 'zone'] as const)
      assert.equal(one.by[place]!.outcome, 'alike', one.by[place]!.statement);
  });

  it('says that all suffer alike, of a calm service nothing, and of seldom requests that it cannot be told', async () => {
    const alike = outcomes(await found('alike'));
    assert.deepEqual(new Set(Object.values(alike)), new Set(['alike']));
    assert.deepEqual((await found('calm')).by, {});
    const seldom = await found('seldom');
    assert.deepEqual(new Set(Object.values(outcomes(seldom))), new Set(['unknown']));
    assert.match(
      seldom.by.version!.statement,
      /^Whether one version of seldom suffers cannot be told: \d+ requests/,
    );
  });

  it('reads so many slices at most, those with most loss among them, and the rest as one', async () => {
    const { table, by } = await found('many-routes', { symptom: 'errors' });
    const endpoints = table.dimensions.find(({ dimension }) => dimension === 'endpoint')!;
    const named = endpoints.slices.filter(({ value }) => value !== '');
    assert.ok(named.length <= MOST_SLICES, `${named.length} slices`);
    assert.equal(named.length + endpoints.further, 30);
    assert.deepEqual(by.endpoint!.bad, ['GET /route-29']);
    const requests = by.endpoint!.slices.find(({ value }) => value === 'GET /route-29')!.requestShare;
    assert.ok(requests > 0.02 && requests < 0.05, `a thirtieth of all requests, not ${requests}`);
  });

  it('reads no label of raw ids, and says so', async () => {
    const one = await found('raw-ids');
    assert.deepEqual(one.gaps, [
      {
        source: 'prom',
        what: 'endpoints of raw-ids by the label http_route',
        reason: `it has ${MOST_VALUES + 1} values; slices are read of at most ${MOST_VALUES}`,
      },
    ]);
    assert.equal(one.by.endpoint, undefined);
    assert.deepEqual(one.by.instance!.bad, ['raw-ids-pod-1']);
  });

  it('looks first at what the alert names, however seldom it is asked for', async () => {
    const labels = { http_route: '/route-3', alertname: 'Slow' };
    const { table } = await found('many-routes', { labels });
    const [first] = table.dimensions;
    assert.deepEqual([first!.dimension, first!.named], ['endpoint', 'GET /route-3']);
    assert.ok(first!.slices.some(({ value }) => value === 'GET /route-3'));
  });

  it('says in `faultline discover` by what the requests of each service can be told apart', async () => {
    const packs = await loadPacks();
    const survey = await surveyEstate({ source, packs, config: CONFIG }, end);
    const lines = renderSurvey(survey).split('\n');
    const lineOf = (service: string) =>
      lines.slice(lines.indexOf(service)).find((line) => line.includes('slices:'));
    assert.equal(
      lineOf('by-version'),
      '  slices: version (service_version, 2), instance (k8s_pod_name, 8), endpoint (http_route, 2); no label for node, zone',
    );
    assert.equal(
      lineOf('raw-ids'),
      '  slices: version (service_version, 2), instance (k8s_pod_name, 2); no label for node, zone, endpoint',
    );
  });

  it('asks native histograms for what it asks of classic ones', async () => {
    const packs = await loadPacks();
    const pack = packs.find(({ name }) => name === 'otel-http/stable/native')!;
    const spans = { window: 60, lookback: 600, before: 300, since: 300 };
    const binding = bindingOf(pack.name, { service: 'service_name' });
    const requests = new CountedRequests(pack, binding, pack.slices[0]!, 'payment', spans);
    const queries = [
      requests.examples(3),
      requests.valueCounts(['http_route']),
      requests.counts(['http_route'], 60, null),
    ];
    for (const query of queries) {
      assert.doesNotMatch(query, /_(count|sum|bucket)\{/);
      assert.deepEqual(
        (await source.instant(query, end)).series,
        [],
        'there are none here, and the query is valid',
      );
    }
    const selected = 'http_server_request_duration_seconds{service_name="payment", http_route!=""}';
    assert.ok(
      queries[2]!.includes(`sum by (http_route) (histogram_sum(increase(${selected}[60s])))`),
      queries[2],
    );
  });
});

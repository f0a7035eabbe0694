import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { collectMetrics } from '../../activities/collect/metrics/collect-metrics.js';
import { detectPacks } from '../../activities/collect/metrics/packs/detect.js';
import { PrometheusSource } from '../../activities/collect/metrics/source/prometheus-source.js';
import { areaFor, type Wanted } from '../../activities/collect/scope/area.js';
import {
  findLabels,
  type Estate,
  type PlacedService,
  type PlaceLabels,
} from '../../activities/collect/scope/estate.js';
import { planScope } from '../../activities/collect/scope/plan-scope.js';
import { spansFor } from '../../activities/collect/scope/window.js';
import type { Anomaly } from '../../model/anomaly.js';
import type { Scope } from '../../model/incident.js';
import type { Series } from '../../model/series.js';
import { needs } from '../support/needs.js';
import { writeOpenMetrics, type WrittenIncident } from '../support/open-metrics.js';
import { startWrittenPrometheus, type WrittenPrometheus } from '../support/prometheus.js';
import { alertOn, bindingOf, collectDeps, testConfig } from '../support/scopes.js';
import { sourceConfig } from '../support/stub-prometheus.js';

const ALERT = Math.floor(Date.now() / 1000) - 300;
const LOOK = { signal: new AbortController().signal };
const CONFIG = testConfig({ diagnosis: { baselineSeconds: 1200, afterSeconds: 120 } });

/** One estate of several in the same Prometheus; payment is slow in it by so many seconds. */
const estate = (labels: Record<string, string>, extraSeconds: number): WrittenIncident => ({
  start: ALERT - 1800,
  end: ALERT + 180,
  stepSeconds: 15,
  onset: ALERT - 60,
  faulty: 'payment',
  extraSeconds,
  labels,
});

describe('a Prometheus with several clusters and namespaces', function () {
  this.timeout(120_000);
  let directory = '';
  let prometheus: WrittenPrometheus;
  let source: PrometheusSource;

  before(async function () {
    this.timeout(300_000);
    needs(this, 'prometheus');
    directory = await mkdtemp(path.join(os.tmpdir(), 'faultline-clusters-'));
    prometheus = await startWrittenPrometheus(
      directory,
      writeOpenMetrics(
        estate({ cluster: 'eu-1', namespace: 'shop-prod' }, 2),
        estate({ cluster: 'us-1', namespace: 'shop-prod' }, 0),
        estate({ cluster: 'us-1', namespace: 'shop-staging' }, 2),
      ),
    );
    source = new PrometheusSource(sourceConfig(prometheus.url));
  });

  after(async () => {
    if (directory === '') return;
    source.close();
    await prometheus.stop();
    await rm(directory, { recursive: true });
  });

  async function lookAt(alert: Partial<Anomaly>, aliases: Record<string, string[]> = {}) {
    const deps = await collectDeps(source, { ...CONFIG, services: { aliases } });
    const anomalies = [alertOn('storefront', { startedAt: ALERT, ...alert })];
    const { environment } = anomalies[0]!;
    const scope = await planScope(deps, { environment, anomalies, now: ALERT + 100 }, LOOK);
    const { evidence } = await collectMetrics(deps, scope, 'golden', LOOK);
    return { scope, latency: slowest(await deps.store.get(evidence.uri)) };
  }

  /** The highest latency of payment after the onset, seconds. */
  function slowest(series: readonly Series[]): number {
    const payment = series.find(({ id }) => id === 'payment/latency-p95');
    assert.ok(payment);
    return Math.max(
      ...payment.values.filter((value, i) => payment.times[i]! > ALERT && !Number.isNaN(value)),
    );
  }

  const doubts = ({ gaps }: Scope) =>
    gaps
      .filter(({ what }) => /cluster|namespace|meant/.test(what))
      .map(({ what, reason }) => `${what}: ${reason}`);

  it('reads the cluster and namespace that the alert names, alone', async () => {
    const us = await lookAt({ cluster: 'us-1', namespace: 'shop-prod' });
    assert.ok(us.latency < 0.5, String(us.latency));
    assert.deepEqual(doubts(us.scope), []);
    assert.deepEqual(us.scope.services, [
      'catalog',
      'checkout',
      'ledger',
      'payment',
      'shipping',
      'storefront',
    ]);
    const otel = us.scope.reading?.packs.find(({ pack }) => pack === 'otel-http/stable');
    assert.deepEqual(otel?.where, ['cluster="us-1"', 'namespace!~"shop-staging"']);

    const eu = await lookAt({ cluster: 'eu-1', namespace: 'shop-prod' });
    assert.ok(eu.latency > 1, String(eu.latency));
    assert.ok((await lookAt({ cluster: 'us-1', namespace: 'shop-staging' })).latency > 1);
  });

  it('takes the environment for the cluster when it has the name of one', async () => {
    const { scope, latency } = await lookAt({ environment: 'eu-1' });
    assert.ok(latency > 1, String(latency));
    assert.deepEqual(doubts(scope), []);
  });

  it('says so when it cannot tell which cluster or namespace is meant', async () => {
    const { scope } = await lookAt({});
    assert.deepEqual(doubts(scope).sort(), [
      'in which cluster storefront has trouble: the alert names no cluster; metrics of eu-1, us-1 are read together',
      'in which namespace storefront has trouble: the alert names no namespace; metrics of shop-prod, shop-staging are read together',
    ]);
    const elsewhere = await lookAt({ cluster: 'us-9', namespace: 'shop-prod' });
    assert.match(doubts(elsewhere.scope)[0] ?? '', /no metric names the cluster us-9/);
  });

  it('knows a service by its alias in the configuration', async () => {
    const { scope } = await lookAt(
      { service: 'Web Shop', cluster: 'us-1', namespace: 'shop-prod' },
      { storefront: ['Web Shop'] },
    );
    assert.equal(scope.service, 'storefront');
    assert.deepEqual(doubts(scope), []);
  });

  it('tells which labels name cluster, namespace and instances', async () => {
    const { packs } = await collectDeps(source, CONFIG);
    const window = { start: ALERT - 1200, end: ALERT };
    const { bindings } = await detectPacks(source, packs, { ...LOOK, use: 'auto', window });
    const spans = spansFor(CONFIG.diagnosis, 60);
    const found = await findLabels({ source, packs, bindings, spans, time: ALERT, limits: LOOK });
    assert.deepEqual(found.gaps, []);
    assert.deepEqual(found.labels, [
      { role: 'cluster', label: 'cluster', values: 2 },
      { role: 'namespace', label: 'namespace', values: 2 },
      { role: 'pod', label: 'instance', values: 6 },
    ]);
  });
});

describe('the part of a source that a diagnosis reads', () => {
  const BINDING = bindingOf('otel-http/stable');
  type Row = [name: string, place: Partial<Omit<PlacedService, 'name'>>];
  const areaOf = (wanted: Partial<Wanted>, rows: Row[], labels: Partial<PlaceLabels>, binding = BINDING) => {
    const services = rows.map(([name, place]) => ({
      name,
      cluster: null,
      environment: null,
      namespace: null,
      ...place,
    }));
    const valuesOf = (key: 'cluster' | 'environment') => new Set(services.flatMap((one) => one[key] ?? []));
    const estate: Estate = {
      labels: new Map([[binding.pack, { cluster: null, environment: null, namespace: null, ...labels }]]),
      clusters: valuesOf('cluster'),
      environments: valuesOf('environment'),
      services,
      gaps: [],
    };
    const measured = [...new Set(services.map(({ name }) => name))];
    return areaFor(
      { service: 'web', environment: 'default', ...wanted },
      { bindings: [binding], services: measured },
      estate,
      { source: 'prometheus', aliases: {} },
    );
  };
  const ofNamespaces = (table: Record<string, string[]>): Row[] =>
    Object.entries(table).flatMap(([namespace, names]) => names.map((name): Row => [name, { namespace }]));

  it('keeps namespaces that the service may call, and leaves copies out', () => {
    const rows = ofNamespaces({
      shop: ['web', 'cart', 'db'],
      pay: ['gate', 'db', 'fraud'],
      dev: ['cart', 'db'],
    });
    const area = areaOf({ namespace: 'shop' }, rows, { namespace: 'namespace' });
    assert.deepEqual(area.bindings[0]?.where, ['namespace!~"dev"']);
    assert.deepEqual(area.together, ['db']);
    assert.deepEqual(area.gaps, []);
  });

  it('takes the only namespace that has the service, whatever the alert calls it', () => {
    const rows = ofNamespaces({ shop: ['web', 'cart'], dev: ['cart'] });
    for (const namespace of [undefined, 'otel']) {
      const area = areaOf({ namespace }, rows, { namespace: 'k8s_namespace_name' });
      assert.deepEqual(area.bindings[0]?.where, ['k8s_namespace_name!~"dev"']);
    }
  });

  it('keeps away from a copy whose namespace stands before the service', () => {
    const rows: Row[] = ['prod', 'staging'].map((namespace) => [`${namespace}/web`, { namespace }]);
    const area = areaOf({ namespace: 'prod' }, rows, {}, { ...BINDING, namespaced: true });
    assert.deepEqual(area.bindings[0]?.where, ['job!~"(?:staging)/.+"']);
    assert.deepEqual(area.services, ['prod/web']);
  });

  it('reads the environment of the alert where metrics have several', () => {
    const rows: Row[] = ['prod', 'staging'].map((environment) => ['web', { environment }]);
    const area = areaOf({ environment: 'staging' }, rows, { environment: 'env' });
    assert.deepEqual(area.bindings[0]?.where, ['env="staging"']);
    assert.match(
      areaOf({}, rows, { environment: 'env' }).gaps[0]?.reason ?? '',
      /names the environment default/,
    );
  });

  it('says which metrics carry no cluster', () => {
    const rows: Row[] = ['eu', 'us'].map((cluster) => ['web', { cluster }]);
    const area = areaOf({ cluster: 'eu' }, rows, {});
    assert.equal(area.bindings[0]?.where, undefined);
    assert.match(area.gaps[0]?.what ?? '', /which metrics are of the cluster eu \(otel-http\/stable\)/);
  });

  it('leaves out no more namespaces than a query bears, and says so', () => {
    const table = Object.fromEntries(Array.from({ length: 120 }, (_, i) => [`n${i}`, ['web']]));
    const area = areaOf({ namespace: 'n0' }, ofNamespaces(table), { namespace: 'namespace' });
    assert.equal(area.bindings[0]?.where?.[0]?.split('|').length, 100);
    assert.match(area.gaps[0]?.reason ?? '', /119 namespaces look like n0; 100 can be left out/);
  });

  it('is everything where there is one cluster and no namespace', () => {
    const area = areaOf({ cluster: 'eu' }, [['web', { cluster: 'us' }]], { cluster: 'cluster' });
    assert.deepEqual([area.bindings, area.gaps], [[BINDING], []]);
  });
});

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { collectMetrics } from '../../activities/collect/metrics/collect-metrics.js';
import { detectPacks } from '../../activities/collect/metrics/packs/detect.js';
import { PrometheusSource } from '../../activities/collect/metrics/source/prometheus-source.js';
import { findLabels } from '../../activities/collect/scope/estate.js';
import { planScope } from '../../activities/collect/scope/plan-scope.js';
import { spansFor } from '../../activities/collect/scope/window.js';
import type { Anomaly } from '../../model/anomaly.js';
import type { Scope } from '../../model/incident.js';
import type { Series } from '../../model/series.js';
import { needs } from '../support/needs.js';
import { writeOpenMetrics, type WrittenIncident } from '../support/open-metrics.js';
import { startWrittenPrometheus, type WrittenPrometheus } from '../support/prometheus.js';
import { alertOn, collectDeps, testConfig } from '../support/scopes.js';
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
    assert.deepEqual(found, [
      { role: 'cluster', label: 'cluster', values: 2 },
      { role: 'namespace', label: 'namespace', values: 2 },
      { role: 'pod', label: 'instance', values: 6 },
    ]);
  });
});

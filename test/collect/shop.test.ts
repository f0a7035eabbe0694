import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { runChecks } from '../../activities/check/run-checks.js';
import { collectChanges } from '../../activities/collect/changes/collect-changes.js';
import { collectMetrics } from '../../activities/collect/metrics/collect-metrics.js';
import { planScope } from '../../activities/collect/scope/plan-scope.js';
import { PrometheusSource } from '../../activities/collect/metrics/source/prometheus-source.js';
import { startShop, type Shop } from '../../examples/shop/index.js';
import type { Scope } from '../../model/incident.js';
import { needs } from '../support/needs.js';
import { alertOn, collectDeps, testConfig } from '../support/scopes.js';
import { sourceConfig } from '../support/stub-prometheus.js';
import { checksOf } from '../support/suspects.js';

const LOOK = { signal: new AbortController().signal };
/** Seconds of calm before anything is broken. */
const CALM = 45;
const CONFIG = testConfig({ diagnosis: { baselineSeconds: CALM, afterSeconds: 30 } });

describe('over the live shop', function () {
  this.timeout(150_000);
  let shop: Shop | undefined;
  let source: PrometheusSource;
  let runDir: string;
  let brokenAt: number;

  before(async function () {
    this.timeout(400_000);
    needs(this, 'prometheus', 'prometheus-alertmanager');
    runDir = await mkdtemp(path.join(os.tmpdir(), 'faultline-shop-'));
    shop = await startShop({ runDir });
    source = new PrometheusSource(sourceConfig(shop.prometheusUrl));
    await sleep(CALM * 1000);
    await shop.inject('payment-config');
    await shop.inject('recommendation-down');
    brokenAt = Date.now() / 1000;
    await sleep(25_000);
  });

  after(async () => {
    if (!shop) return;
    source.close();
    await shop.stop();
    await rm(runDir, { recursive: true, force: true });
  });

  const plan = async (): Promise<Scope> => {
    const anomalies = [alertOn('storefront', { startedAt: brokenAt })];
    return planScope(
      await collectDeps(source, CONFIG),
      { environment: 'test', anomalies, now: Date.now() / 1000 },
      LOOK,
    );
  };

  it('finds the true call graph and every service', async () => {
    const { graph, services, gaps, window } = await plan();
    const pair = ({ caller, callee }: { caller: string; callee: string }): string => `${caller}>${callee}`;
    assert.deepEqual(graph.edges.map(pair), shop!.edges.map(pair).sort());
    assert.deepEqual(services, [...shop!.services].sort());
    assert.deepEqual(gaps, []);
    assert.equal(window.stepSeconds, 2);
  });

  it('sees latency, errors, traffic, processes and pools of every service, and that nobody measures the bank', async () => {
    const deps = await collectDeps(source, CONFIG);
    const scope = await plan();
    const golden = await collectMetrics(deps, scope, 'golden', LOOK);
    const resources = await collectMetrics(deps, scope, 'resources', LOOK);
    const series = [
      ...(await deps.store.get(golden.evidence.uri)),
      ...(await deps.store.get(resources.evidence.uri)),
    ];
    const ids = new Set(series.map(({ id }) => id));
    const own = shop!.services.filter((service) => !shop!.external.includes(service));
    for (const service of own) {
      for (const signal of [
        'latency-p95',
        'error-ratio',
        'request-rate',
        'targets-up',
        'cpu',
        'memory',
        'heap',
        'event-loop-utilization',
      ]) {
        assert.ok(ids.has(`${service}/${signal}`), `no ${service}/${signal}`);
      }
    }
    assert.ok(ids.has('payment/pool-use'));
    assert.deepEqual(
      golden.gaps.map(({ what }) => what),
      ['latency, errors and traffic of bank'],
    );
    const errors = series.find(({ id }) => id === 'payment/error-ratio')!.values;
    assert.ok(
      errors.slice(0, 10).every((value) => !(value > 0)),
      'calm at first',
    );
    assert.ok(errors.at(-1)! > 0.5, `payment fails, its error ratio is ${errors.at(-1)}`);
    const up = series.find(({ id }) => id === 'recommendation/targets-up')!.values;
    assert.deepEqual([up[5], up.at(-1)], [1, 0]);
  });

  it('sees failing calls from the caller, also those that get no answer', async () => {
    const deps = await collectDeps(source, CONFIG);
    const { evidence } = await collectMetrics(deps, await plan(), 'edges', LOOK);
    const series = await deps.store.get(evidence.uri);
    for (const edge of ['payment->ledger', 'storefront->recommendation']) {
      const ratio = series.find(({ id }) => id === `${edge}/client-error-ratio`)?.values.at(-1);
      assert.ok(ratio !== undefined && ratio > 0.5, `${edge} fails, its error ratio is ${ratio}`);
    }
  });

  it('finds the guilty release in metrics alone, dated to a scrape or two', async () => {
    const { changes } = await collectChanges(await collectDeps(source, CONFIG), await plan(), LOOK);
    const release = changes.filter(({ service, kind }) => service === 'payment' && kind === 'deploy');
    assert.equal(release.length, 1);
    assert.match(release[0]!.title, /^payment changed from version 7\.0\.4 to 7\.0\.5$/);
    assert.ok(Math.abs(release[0]!.time - brokenAt) < 8, `${release[0]!.time - brokenAt} s off`);
  });

  it('finds by its checks who is down, and that others are not', async () => {
    const deps = await collectDeps(source, CONFIG);
    const scope = await plan();
    const failed = async (service: string): Promise<string[]> => {
      const { checks } = await runChecks(deps, { scope, ...checksOf(service, 'dependency-down') }, LOOK);
      return checks.filter(({ outcome }) => outcome === 'failed').map(({ check }) => check);
    };
    assert.deepEqual(await failed('recommendation'), ['targets-up']);
    assert.deepEqual(await failed('shipping'), []);
    assert.deepEqual(await failed('bank'), []);
  });
});

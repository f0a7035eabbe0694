import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runChecks } from '../../activities/check/run-checks.js';
import { collectChanges, collectMetrics, planScope } from '../../activities/collect/index.js';
import { PrometheusSource } from '../../activities/collect/metrics/source/prometheus-source.js';
import type { MetricFamily } from '../../activities/contract.js';
import { checksOf } from '../support/suspects.js';
import { recordHttp } from '../support/http-answers.js';
import { needs } from '../support/needs.js';
import { writeOpenMetrics, type WrittenIncident } from '../support/open-metrics.js';
import { startWrittenPrometheus } from '../support/prometheus.js';
import { alertOn, collectDeps, NO_LIMITS, testConfig } from '../support/scopes.js';
import { sourceConfig } from '../support/stub-prometheus.js';

/** Services of the first round; the second has twice as many. */
const SERVICES = Number(process.env['SERVICES'] ?? 240);
/** Services of one product, which call each other and nobody else. */
const PRODUCT = 6;
const END = 1_796_000_000;
const FAMILIES: MetricFamily[] = ['golden', 'edges', 'resources', 'hosts'];

/** Names and calls of the whole estate are read to find out who is near: bytes of one service. */
const BYTES_OF_SERVICE = 500;

interface Cost {
  services: number;
  queries: number;
  /** Bytes of all answers, and of those that tell names and calls. */
  bytes: number;
  planBytes: number;
  seconds: number;
}

/** What one diagnosis asks of a real Prometheus that holds so many services. */
async function costOf(services: number): Promise<Cost> {
  const incidents = Array.from({ length: services / PRODUCT }, (_, at): WrittenIncident => {
    const sick = at === 0 ? { faulty: 'payment', extraSeconds: 0.4 } : { faulty: 'nobody', extraSeconds: 0 };
    const when = { start: END - 480, end: END, stepSeconds: 30, onset: END - 150 };
    return { ...when, ...sick, prefix: `p${at}-` };
  });
  const directory = await mkdtemp(join(tmpdir(), 'faultline-cost-'));
  const prometheus = await startWrittenPrometheus(directory, writeOpenMetrics(...incidents));
  const proxy = await recordHttp(prometheus.url);
  const source = new PrometheusSource({ ...sourceConfig(proxy.url), timeoutSeconds: 300 });
  try {
    const config = testConfig({ diagnosis: { baselineSeconds: 300, afterSeconds: 120, stepSeconds: 30 } });
    const deps = await collectDeps(source, config);
    const began = performance.now();
    const anomalies = [alertOn('p0-storefront', { startedAt: END - 120 })];
    const scope = await planScope(deps, { environment: 'test', anomalies, now: END }, NO_LIMITS);
    const planBytes = proxy.bytes;
    for (const family of FAMILIES) await collectMetrics(deps, scope, family, NO_LIMITS);
    await collectChanges(deps, scope, NO_LIMITS);
    for (const service of ['p0-storefront', 'p0-checkout', 'p0-payment']) {
      await runChecks(deps, { scope, ...checksOf(service) }, NO_LIMITS);
    }
    const seconds = Math.round((performance.now() - began) / 100) / 10;
    assert.ok(scope.services.includes('p0-payment'), scope.services.join(', '));
    const cost = { services, queries: proxy.asked.length, bytes: proxy.bytes, planBytes, seconds };
    process.stderr.write(`${JSON.stringify(cost)}, ${scope.services.length} in scope\n`);
    return cost;
  } finally {
    source.close();
    await proxy.close();
    await prometheus.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

describe('the cost of metrics in a real Prometheus', function () {
  this.timeout(3_600_000);
  before(function () {
    needs(this, 'prometheus', 'promtool');
  });

  it(`is the same for ${SERVICES} services and for twice as many, but for their names and calls`, async () => {
    const once = await costOf(SERVICES);
    const twice = await costOf(2 * SERVICES);
    assert.equal(twice.queries, once.queries);
    const [restOnce, restTwice] = [once.bytes - once.planBytes, twice.bytes - twice.planBytes];
    assert.ok(restTwice < 1.1 * restOnce, `${restTwice} bytes after ${restOnce}`);
    const perService = (twice.planBytes - once.planBytes) / SERVICES;
    assert.ok(perService < BYTES_OF_SERVICE, `names and calls cost ${perService} bytes for each service`);
  });
});

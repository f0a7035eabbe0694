import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { collectChanges } from '../../activities/collect/changes/collect-changes.js';
import { collectMetrics } from '../../activities/collect/metrics/collect-metrics.js';
import { queryFor } from '../../activities/collect/metrics/packs/binding.js';
import { loadPacks } from '../../activities/collect/metrics/packs/load.js';
import { planScope } from '../../activities/collect/scope/plan-scope.js';
import { BadQuery, SourceUnavailable } from '../../activities/collect/metrics/source/errors.js';
import { PrometheusSource } from '../../activities/collect/metrics/source/prometheus-source.js';
import { RecordingSource } from '../../activities/collect/metrics/source/recording-source.js';
import { recordingOf } from '../../activities/collect/metrics/source/recording-writer.js';
import { unpackRecording } from '../../activities/collect/metrics/source/recording-format.js';
import { runChecks } from '../../activities/check/run-checks.js';
import type { MetricFamily } from '../../activities/contract.js';
import type { MetricsSource } from '../../activities/collect/metrics/source/source.js';
import type { Series } from '../../model/series.js';
import { needs } from '../support/needs.js';
import { writeOpenMetrics } from '../support/open-metrics.js';
import { startWrittenPrometheus, type WrittenPrometheus } from '../support/prometheus.js';
import { alertOn, bindingOf, collectDeps, testConfig } from '../support/scopes.js';
import { sourceConfig } from '../support/stub-prometheus.js';
import { checksOf } from '../support/suspects.js';

const ALERT = Math.floor(Date.now() / 1000) - 300;
const LOOK = { signal: new AbortController().signal };
const CONFIG = testConfig({ diagnosis: { baselineSeconds: 1200, afterSeconds: 120 } });
const FAMILIES: MetricFamily[] = ['golden', 'edges', 'resources', 'hosts'];

describe('over a real Prometheus', function () {
  this.timeout(120_000);
  let directory = '';
  let prometheus: WrittenPrometheus;
  let source: PrometheusSource;

  before(async function () {
    this.timeout(300_000);
    needs(this, 'prometheus');
    directory = await mkdtemp(path.join(os.tmpdir(), 'faultline-collect-'));
    prometheus = await startWrittenPrometheus(
      directory,
      writeOpenMetrics({
        start: ALERT - 1800,
        end: ALERT + 180,
        stepSeconds: 15,
        onset: ALERT - 60,
        faulty: 'payment',
        extraSeconds: 0.8,
      }),
    );
    source = new PrometheusSource(sourceConfig(prometheus.url));
  });

  after(async () => {
    if (directory === '') return;
    source.close();
    await prometheus.stop();
    await rm(directory, { recursive: true });
  });

  /** Everything that a diagnosis asks, by way of one source. */
  async function lookAt(through: MetricsSource, shift = 0) {
    const deps = await collectDeps(through, CONFIG);
    const anomalies = [alertOn('storefront', { startedAt: ALERT + shift })];
    const scope = await planScope(deps, { environment: 'test', anomalies, now: ALERT + 100 + shift }, LOOK);
    const series: Series[] = [];
    for (const family of FAMILIES) {
      const { evidence } = await collectMetrics(deps, scope, family, LOOK);
      series.push(...(await deps.store.get(evidence.uri)));
    }
    const { changes } = await collectChanges(deps, scope, LOOK);
    const { checks } = await runChecks(deps, { scope, ...checksOf('payment', 'cpu') }, LOOK);
    return { scope, series, changes, checks };
  }

  it('answers instant and range queries, names and health', async () => {
    assert.equal((await source.health()).product, 'Prometheus');
    const { series } = await source.instant('sum(up)', ALERT);
    assert.deepEqual([series.length, series[0]?.values[0]], [1, 6]);
    const range = await source.range('up{job="payment"}', { start: ALERT - 2700, end: ALERT, step: 15 });
    const { values } = range.series[0]!;
    assert.deepEqual([values.length, values[0], values.at(-1)], [181, NaN, 1]);
    const candidates = ['up', 'process_cpu_seconds_total', 'nowhere_total'];
    const window = { start: ALERT - 600, end: ALERT };
    assert.deepEqual(await source.metricNames(candidates, { window }), new Set(candidates.slice(0, 2)));
    const before = { start: ALERT - 90_000_000, end: ALERT - 80_000_000 };
    assert.deepEqual(await source.metricNames(candidates, { window: before }), new Set());
  });

  it('reads a window with more points than Prometheus gives at once', async () => {
    const window = { start: ALERT - 15_000, end: ALERT, step: 1 };
    const { series } = await source.range('sum(up)', window);
    assert.equal(series[0]?.values.length, 15_001);
    assert.equal(series[0].values.at(-1), 6);
  });

  it('tells a bad query from a server that is gone', async () => {
    await assert.rejects(source.instant('sum(', ALERT), (error) => {
      assert.ok(error instanceof BadQuery);
      assert.match(error.reason, /^400 .*parse error/);
      return true;
    });
    const manyToMany = 'up * on () up';
    await assert.rejects(
      source.instant(manyToMany, ALERT),
      (error) => error instanceof BadQuery && /^422 /.test(error.reason),
    );
    await prometheus.kill();
    await assert.rejects(source.instant('up', ALERT), SourceUnavailable);
    await prometheus.restart();
    assert.equal((await source.instant('sum(up)', ALERT)).series.length, 1);
  });

  it('understands every query of every pack', async () => {
    const spans = { window: 60, lookback: 1200, before: 1000, since: 300 };
    let count = 0;
    for (const pack of await loadPacks()) {
      const binding = bindingOf(pack.name, { service: pack.labels.service[0]?.label ?? 'job' });
      const specs = [...pack.signals, ...pack.edges, ...pack.placements, ...pack.changes, ...pack.checks];
      for (const spec of specs) {
        for (const names of [[], ['payment'], ['a.b', 'ns/c']]) {
          await source.instant(queryFor(spec, pack, binding, names, spans), ALERT);
          count++;
        }
      }
    }
    assert.ok(count > 300, `${count} queries`);
  });

  it('sees the whole incident: scope, graph, golden signals, resources and failing checks', async () => {
    const { scope, series, checks } = await lookAt(source);
    assert.deepEqual(scope.services, ['catalog', 'checkout', 'ledger', 'payment', 'shipping', 'storefront']);
    assert.deepEqual(
      scope.graph.edges.map(({ caller, callee }) => `${caller}>${callee}`),
      [
        'checkout>payment',
        'checkout>shipping',
        'payment>ledger',
        'storefront>catalog',
        'storefront>checkout',
      ],
    );
    assert.deepEqual(scope.gaps, []);
    const of = (id: string): Series => {
      const found = series.find((one) => one.id === id);
      assert.ok(found, `no ${id}`);
      return found;
    };
    const latency = of('payment/latency-p95').values;
    assert.ok(latency.at(-1)! > 20 * latency[20]!, 'the latency of payment rose');
    for (const id of [
      'ledger/request-rate',
      'checkout->payment/client-latency-p95',
      'payment/cpu',
      'payment/memory',
      'payment/targets-up',
    ])
      of(id);
    assert.ok(
      of('payment/error-ratio').values.every((value) => value === 0),
      'no errors, seen as zeros',
    );
    assert.deepEqual(
      checks.filter(({ outcome }) => outcome === 'failed').map(({ check }) => check),
      ['cpu-against-baseline'],
    );
  });

  it('keeps with each series the query that gives it, alone, again', async () => {
    const { scope, series } = await lookAt(source);
    const { start, end, stepSeconds: step } = scope.window;
    for (const one of series) {
      const again = await source.range(one.query, { start, end, step });
      assert.equal(again.series.length, 1, one.query);
      assert.deepEqual(again.series[0]!.values, one.values, one.id);
    }
  });

  it('sees the same in a recording, played at another time', async () => {
    const writer = recordingOf(source);
    const live = await lookAt(writer);
    const file = await writer.file({ about: 'test', alertTime: ALERT, changes: [] });
    const shift = 3_000_007;
    const played = await lookAt(
      new RecordingSource('prom', 'memory', await unpackRecording(file), ALERT + shift),
      shift,
    );
    assert.deepEqual(played.scope.graph.services, live.scope.graph.services);
    assert.equal(played.scope.window.end, live.scope.window.end + shift);
    assert.deepEqual(
      played.series.map(({ id }) => id),
      live.series.map(({ id }) => id),
    );
    played.series.forEach((one, i) => {
      one.values.forEach((value, row) => {
        const original = live.series[i]!.values[row]!;
        assert.ok(
          Number.isNaN(original)
            ? Number.isNaN(value)
            : Math.abs(value - original) <= 1e-6 * Math.abs(original),
          one.id,
        );
      });
    });
    assert.deepEqual(
      played.checks.map(({ check, outcome, statement }) => [check, outcome, statement]),
      live.checks.map(({ check, outcome, statement }) => [check, outcome, statement]),
    );
  });
});

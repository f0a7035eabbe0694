import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { parsePack } from '../../activities/collect/metrics/packs/load.js';
import { nativeVariant } from '../../activities/collect/metrics/packs/native.js';
import { PrometheusSource } from '../../activities/collect/metrics/source/prometheus-source.js';
import type { Series } from '../../model/series.js';
import { NATIVE_FLAGS, writeNative } from '../support/native-histograms.js';
import { needs } from '../support/needs.js';
import { writeOpenMetrics } from '../support/open-metrics.js';
import { startWrittenPrometheus, type WrittenPrometheus } from '../support/prometheus.js';
import { readIncident } from '../support/read-incident.js';
import { alertOn, collectDeps, testConfig } from '../support/scopes.js';
import { sourceConfig } from '../support/stub-prometheus.js';

const ALERT = Math.floor(Date.now() / 1000) - 300;
const INCIDENT = {
  start: ALERT - 1800,
  end: ALERT + 180,
  stepSeconds: 15,
  onset: ALERT - 60,
  faulty: 'payment',
  extraSeconds: 2,
};
const CONFIG = testConfig({ diagnosis: { baselineSeconds: 1200, afterSeconds: 120, compareDays: [] } });

describe('native histograms of a real Prometheus', function () {
  this.timeout(120_000);
  let directory = '';
  let prometheus: WrittenPrometheus;

  before(async function () {
    needs(this, 'prometheus');
    directory = await mkdtemp(path.join(os.tmpdir(), 'faultline-native-'));
    // Blocks of long ago: what is written remotely must be newer.
    const old = { ...INCIDENT, start: ALERT - 50_000, end: ALERT - 49_900, onset: ALERT };
    prometheus = await startWrittenPrometheus(
      directory,
      writeOpenMetrics({ ...old, only: ['ledger'] }),
      NATIVE_FLAGS,
    );
    await writeNative(prometheus.url, INCIDENT);
  });

  after(async () => {
    if (directory === '') return;
    await prometheus.stop();
    await rm(directory, { recursive: true });
  });

  it('give latency, traffic and calls where there are no classic ones', async () => {
    const source = new PrometheusSource(sourceConfig(prometheus.url));
    try {
      const deps = await collectDeps(source, CONFIG);
      const alert = alertOn('storefront', { startedAt: ALERT });
      const found = await readIncident(deps, 'test', [alert], ALERT + 100);
      assert.deepEqual(found.scope.packs.slice(0, 1), ['otel-http/stable/native']);
      const valuesOf = (id: string, isAfter: boolean): number[] => {
        const series = found.input.series.find((one: Series) => one.id === id);
        assert.ok(series, `expected the series ${id}`);
        return [...series.values].filter(
          (value, i) => !Number.isNaN(value) && series.times[i]! > ALERT === isAfter,
        );
      };
      const near = (id: string, isAfter: boolean, wanted: number, tolerance: number): void => {
        const values = valuesOf(id, isAfter);
        const seen = (isAfter ? values.at(-1) : values[0]) ?? NaN;
        assert.ok(Math.abs(seen - wanted) <= tolerance * wanted, `${id}: ${seen}, expected ${wanted}`);
      };
      // payment takes 15 ms itself and 7 ms in ledger; a bucket is 9 % wide.
      near('payment/latency-p50', false, 0.022, 0.1);
      near('payment/latency-p50', true, 2.022, 0.1);
      near('payment/latency-mean', true, 2.022, 0.01);
      near('payment/request-rate', true, 20, 0.05);
      near('checkout->payment/client-latency-mean', true, 2.023, 0.01);
      assert.deepEqual(
        found.scope.graph.edges.map(({ caller, callee }) => `${caller}>${callee}`),
        [
          'checkout>payment',
          'checkout>shipping',
          'payment>ledger',
          'storefront>catalog',
          'storefront>checkout',
        ],
      );
    } finally {
      source.close();
    }
  });
});

describe('a pack of histograms', () => {
  const packOf = (queries: string[], detect = '{ all: [a_seconds_count] }') => {
    const signals = queries.map((query, i) => ({
      ...{ id: `s${i}`, name: 's', signal: 'latency', of: 'service', unit: 's', worse: 'up' },
      ...{ perspective: 'server', family: 'golden', query },
    }));
    return parsePack(
      `name: a\nabout: a\ndetect: ${detect}\nsignals: ${JSON.stringify(signals)}\n`,
      'a.yml',
    )[0]!;
  };
  const nativeOf = (...queries: string[]) =>
    nativeVariant(packOf(queries))?.signals.map(({ query }) => query);
  const P95 = 'histogram_quantile(0.95, sum by (le, $service) (rate(a_seconds_bucket{$selector}[$window])))';
  const NATIVE_P95 = 'histogram_quantile(0.95, sum by ($service) (rate(a_seconds{$selector}[$window])))';

  it('is read likewise in native ones', () => {
    assert.deepEqual(
      nativeOf(
        P95,
        'sum by ($service) (rate(a_seconds_sum{$selector, code=~"5.{2}|\\"}"}[$window] offset $before))',
        'increase(a_seconds_count{$selector}[1h])',
      ),
      [
        NATIVE_P95,
        'sum by ($service) (histogram_sum(rate(a_seconds{$selector, code=~"5.{2}|\\"}"}[$window] offset $before)))',
        'histogram_count(increase(a_seconds{$selector}[1h]))',
      ],
    );
  });

  it('leaves counters as they are, and what reads one bucket out', () => {
    const counter = 'sum by ($service) (rate(a_requests_count{$selector}[$window]))';
    const one = 'rate(a_seconds_bucket{$selector, le="0.5"}[$window])';
    assert.deepEqual(nativeOf(P95, counter, one, 'a_seconds_sum{$selector}'), [NATIVE_P95, counter]);
  });

  it('is recognised by the histogram too, where a counter makes it known', () => {
    const native = nativeVariant(packOf([P95], '{ all: [a_requests_total] }'));
    assert.deepEqual([native?.detect.all, native?.native], [['a_requests_total', 'a_seconds'], 'a_seconds']);
    assert.equal(nativeVariant(packOf(['rate(a_requests_total{$selector}[$window])'])), null);
  });
});

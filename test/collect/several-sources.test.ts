import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { CollectDeps } from '../../activities/collect/deps.js';
import { openSource } from '../../activities/collect/metrics/source/open.js';
import type { MetricsSource } from '../../activities/collect/metrics/source/source.js';
import { surveyEstate } from '../../activities/collect/scope/survey.js';
import type { Config } from '../../config/schema.js';
import type { Anomaly } from '../../model/anomaly.js';
import type { Gap } from '../../model/gap.js';
import type { Series } from '../../model/series.js';
import { needs } from '../support/needs.js';
import { writeOpenMetrics, type WrittenIncident } from '../support/open-metrics.js';
import { startWrittenPrometheus, type WrittenPrometheus } from '../support/prometheus.js';
import { diagnoseRead, readIncident } from '../support/read-incident.js';
import { alertOn, collectDeps, testConfig } from '../support/scopes.js';

const ALERT = Math.floor(Date.now() / 1000) - 300;
const NOW = ALERT + 100;
const WEB = ['storefront', 'catalog', 'checkout'];
const PAY = ['payment', 'ledger', 'shipping'];

/** The estate as one Prometheus measures it: payment is slow in it by so many seconds. */
const written = (more: Partial<WrittenIncident>): WrittenIncident => ({
  start: ALERT - 1800,
  end: ALERT + 180,
  stepSeconds: 15,
  onset: ALERT - 60,
  faulty: 'payment',
  extraSeconds: 2,
  ...more,
});

type Servers = Record<string, WrittenPrometheus>;
type Place = { name: string; covers?: object; url?: string };

describe('several sources of metrics', function () {
  this.timeout(120_000);
  let directory = '';
  const servers: Servers = {};
  const open: MetricsSource[] = [];

  before(async function () {
    this.timeout(300_000);
    needs(this, 'prometheus');
    directory = await mkdtemp(path.join(os.tmpdir(), 'faultline-sources-'));
    const start = async (name: string, incident: WrittenIncident): Promise<void> => {
      servers[name] = await startWrittenPrometheus(path.join(directory, name), writeOpenMetrics(incident));
    };
    await start('web', written({ only: WEB }));
    await start('pay', written({ only: PAY }));
    await start('whole', written({}));
    await start('calm', written({ extraSeconds: 0 }));
    await start('coarse', written({ only: PAY, stepSeconds: 60 }));
  });

  after(async () => {
    for (const source of open) source.close();
    await Promise.all(Object.values(servers).map((server) => server.stop()));
    if (directory !== '') await rm(directory, { recursive: true });
  });

  function configOf(places: readonly Place[]): Config {
    const metrics = places.map(({ name, covers, url }) => ({
      type: 'prometheus',
      name,
      url: url ?? servers[name]!.url,
      ...(covers && { covers }),
    }));
    return testConfig({ metrics, diagnosis: { baselineSeconds: 1200, afterSeconds: 120, compareDays: [] } });
  }

  async function depsFor(places: readonly Place[]): Promise<CollectDeps> {
    const config = configOf(places);
    const source = await openSource(config.metrics);
    open.push(source);
    return collectDeps(source, config);
  }

  async function read(places: readonly Place[], alert: Partial<Anomaly> = {}) {
    const anomaly = alertOn('storefront', { startedAt: ALERT, ...alert });
    const found = await readIncident(await depsFor(places), anomaly.environment, [anomaly], NOW);
    return { ...found, series: found.input.series };
  }

  const seriesOf = (series: readonly Series[], id: string): Series => {
    const found = series.find((one) => one.id === id);
    assert.ok(found, `expected the series ${id}`);
    return found;
  };

  const highest = ({ times, values }: Series): number =>
    Math.max(...values.filter((value, i) => times[i]! > ALERT && !Number.isNaN(value)));

  const lines = (gaps: readonly Gap[]): string[] => gaps.map(({ what, reason }) => `${what}: ${reason}`);

  it('follows calls from one source to another, and says which one gave each series', async () => {
    const found = await read([{ name: 'web' }, { name: 'pay' }]);
    const { scope, series } = found;
    assert.deepEqual(scope.services, [...WEB, ...PAY].sort());
    assert.equal(seriesOf(series, 'storefront/latency-p95').source, 'web');
    assert.equal(seriesOf(series, 'payment/latency-p95').source, 'pay');
    assert.equal((await diagnoseRead(found)).verdict.service, 'payment');
  });

  it('diagnoses by the others when one is away, and says which', async () => {
    const pages = [{ name: 'web' }, { name: 'pay' }, { name: 'gone', url: 'http://127.0.0.1:1' }];
    const found = await read(pages);
    assert.match(
      lines(found.gaps).join('\n'),
      /^metrics of gone: they could not be read: connection refused/m,
    );
    assert.equal((await diagnoseRead(found)).verdict.service, 'payment');

    const alone = await read([{ name: 'web' }, { name: 'pay', url: 'http://127.0.0.1:1' }]);
    assert.ok(seriesOf(alone.series, 'storefront/latency-p95'));
    assert.match(lines(alone.gaps).join('\n'), /^metrics of pay: they could not be read/m);
  });

  it('fails, to be tried again, when all are away', async () => {
    const away = 'http://127.0.0.1:1';
    await assert.rejects(
      read([
        { name: 'a', url: away },
        { name: 'b', url: away },
      ]),
      { name: 'SourceUnavailable', retryable: true },
    );
  });

  it('asks the source that covers the cluster of the alert, alone', async () => {
    const places = [
      { name: 'whole', covers: { clusters: ['eu-*'] } },
      { name: 'calm', covers: { clusters: ['us-1'] } },
    ];
    const us = await read(places, { cluster: 'us-1' });
    const latency = seriesOf(us.series, 'payment/latency-p95');
    assert.equal(latency.source, 'calm');
    assert.ok(highest(latency) < 0.5, String(highest(latency)));
    const eu = await read(places, { environment: 'eu-2' });
    assert.ok(highest(seriesOf(eu.series, 'payment/latency-p95')) > 1);
  });

  it('reads services of one name in two clusters together when the alert names none, and says so', async () => {
    const places = [
      { name: 'calm', covers: { clusters: ['us-1'] } },
      { name: 'whole', covers: { clusters: ['eu-1'] } },
    ];
    const { series, gaps } = await read(places);
    assert.match(
      lines(gaps).join('\n'),
      /in which cluster storefront has trouble: the alert names no cluster/,
    );
    const latency = seriesOf(series, 'payment/latency-p95');
    assert.ok(highest(latency) > 1, String(highest(latency)));
    assert.equal(latency.source, 'calm, whole');
    const single = seriesOf((await read(places, { cluster: 'us-1' })).series, 'payment/request-rate');
    const both = highest(seriesOf(series, 'payment/request-rate'));
    assert.ok(both > 1.9 * highest(single), `${both} of both, ${highest(single)} of one`);
  });

  it('counts what replicas measure once', async () => {
    const covers = { clusters: ['eu-1'] };
    const twice = await read([
      { name: 'whole', covers },
      { name: 'replica', url: servers['whole']!.url, covers },
    ]);
    const once = await read([{ name: 'whole' }]);
    for (const id of ['payment/request-rate', 'payment/latency-p95']) {
      assert.deepEqual(seriesOf(twice.series, id).values, seriesOf(once.series, id).values);
    }
    assert.equal(twice.series.length, once.series.length);
    assert.deepEqual(twice.gaps.length, once.gaps.length, lines(twice.gaps).join('\n'));

    const unknown = await read([{ name: 'whole' }, { name: 'replica', url: servers['whole']!.url }]);
    assert.match(lines(unknown.gaps).join('\n'), /replicas or services of several clusters: neither a label/);
  });

  it('takes from a source the services that it covers', async () => {
    const covers = { services: ['store*', 'check*', 'catalog'] };
    const { series } = await read([{ name: 'calm', covers }, { name: 'pay' }]);
    const latency = seriesOf(series, 'payment/latency-p95');
    assert.equal(latency.source, 'pay');
    assert.ok(highest(latency) > 1);
  });

  it('reads sources of several scrape intervals on one grid, and says so', async () => {
    const { scope, series } = await read([{ name: 'web' }, { name: 'coarse' }]);
    assert.equal(scope.window.stepSeconds, 60);
    assert.match(lines(scope.gaps).join('\n'), /times finer than 60 s, though its samples are 15 s apart/);
    const rate = seriesOf(series, 'payment/request-rate').values;
    assert.ok(rate.filter(Number.isNaN).length <= 5, 'expected a rate at nearly every step');
  });

  it('says of a survey what each source is read by', async () => {
    const survey = await surveyEstate(await depsFor([{ name: 'web' }, { name: 'pay' }]), NOW);
    assert.deepEqual(
      survey.sources.map(({ name }) => name),
      ['web', 'pay'],
    );
    const payment = survey.services.find(({ name }) => name === 'payment');
    assert.deepEqual(payment?.calledBy, ['checkout']);
    assert.ok(payment.signals.every(({ source }) => source === 'pay'));
  });
});

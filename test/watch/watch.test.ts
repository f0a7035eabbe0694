import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { loadPacks, openSource, type MetricsSource } from '../../activities/collect/index.js';
import { backtest, scoreOf } from '../../activities/watch/backtest.js';
import { readWatched } from '../../activities/watch/read-watched.js';
import { createIncidents } from '../../client/temporal-incidents.js';
import { openTemporal } from '../../client/temporal.js';
import { listWatches, scheduleWatches } from '../../client/watch-schedules.js';
import { configSchema, type Config } from '../../config/schema.js';
import { startWorker } from '../../workers/worker.js';
import { faultline } from '../support/cli.js';
import { testServer, uniqueName, type TestServer } from '../support/dev-server.js';
import { needs } from '../support/needs.js';
import { writeOpenMetrics } from '../support/open-metrics.js';
import { startWrittenPrometheus, type WrittenPrometheus } from '../support/prometheus.js';
import { NO_LIMITS } from '../support/scopes.js';
import { workflowBundle } from '../support/workflow-lab.js';

const WATCHES = [
  {
    name: 'payment-slow',
    of: { type: 'signal', service: 'payment', signal: 'latency' },
    method: { type: 'threshold', above: 0.5 },
    severity: 'critical',
    everySeconds: 5,
    forSeconds: 0,
    clearSeconds: 0,
  },
  {
    name: 'payment-strange',
    of: { type: 'signal', service: 'payment', signal: 'latency' },
    method: { type: 'level' },
  },
  {
    name: 'nobody-slow',
    of: { type: 'signal', service: 'catalog', signal: 'latency' },
    method: { type: 'threshold', above: 0.5 },
  },
  {
    name: 'cpu',
    of: { type: 'query', query: 'sum by (job) (rate(process_cpu_seconds_total[1m]))' },
    method: { type: 'threshold', above: 0.8 },
  },
  {
    name: 'objective',
    of: {
      type: 'ratio',
      bad: 'sum by (job) (rate(http_server_request_duration_seconds_count[1m])) - sum by (job) (rate(http_server_request_duration_seconds_bucket{le="0.5"}[1m]))',
      total: 'sum by (job) (rate(http_server_request_duration_seconds_count[1m]))',
    },
    method: { type: 'burn-rate', objective: 0.99 },
  },
];

describe('watches over a real Prometheus', function () {
  this.timeout(120_000);
  let directory = '';
  let prometheus: WrittenPrometheus;
  let source: MetricsSource;
  let config: Config;
  // Set when the tests run, which may be long after this file was loaded.
  let now = 0;
  let onset = 0;

  before(async function () {
    needs(this, 'prometheus');
    now = Math.floor(Date.now() / 1000);
    onset = now - 600;
    directory = await mkdtemp(join(tmpdir(), 'faultline-watch-'));
    // Into the future, so that a watch that runs now has samples while the test lasts.
    prometheus = await startWrittenPrometheus(
      directory,
      writeOpenMetrics({
        start: now - 3 * 3600,
        end: now + 600,
        stepSeconds: 15,
        onset,
        faulty: 'payment',
        extraSeconds: 0.8,
      }),
    );
    config = configSchema.parse({
      environment: uniqueName('watched'),
      metrics: { type: 'prometheus', url: prometheus.url },
      store: { directory: join(directory, 'store') },
      record: { enabled: false },
      watches: WATCHES,
    });
    source = await openSource(config.metrics);
  });
  after(async () => {
    if (directory === '') return;
    source.close();
    await prometheus.stop();
    await rm(directory, { recursive: true });
  });

  async function tried(name: string, to = now) {
    const deps = { source, packs: await loadPacks([]), config };
    const watch = config.watches.find((one) => one.name === name)!;
    return backtest(deps, watch, { from: now - 5400, to }, NO_LIMITS);
  }

  it('find in the past when payment became slow, by a threshold and by what is strange for it', async () => {
    for (const name of ['payment-slow', 'payment-strange']) {
      const { episodes, series } = await tried(name);
      assert.equal(series, 1);
      assert.equal(episodes.length, 1, name);
      const [{ service, startedAt, raisedAt }] = episodes as [(typeof episodes)[0]];
      assert.equal(service, 'payment');
      assert.ok(Math.abs(startedAt - onset) <= 120, `${name} began ${startedAt - onset} s off`);
      assert.ok(raisedAt >= onset && raisedAt <= onset + 300, `${name} raised ${raisedAt - onset} s after`);
    }
  });

  it('find nothing where nothing was', async () => {
    assert.deepEqual((await tried('nobody-slow')).episodes, []);
    assert.deepEqual((await tried('payment-strange', onset - 60)).episodes, []);
  });

  it('watch every series of a query by itself, and name its service', async () => {
    const { episodes, series } = await tried('cpu');
    assert.equal(series, 6);
    assert.deepEqual(
      episodes.map(({ service }) => service),
      ['payment'],
    );
  });

  it('find whose error budget burns: payment and those who wait for it', async () => {
    const { episodes } = await tried('objective');
    assert.deepEqual([...new Set(episodes.map(({ service }) => service))].sort(), [
      'checkout',
      'payment',
      'storefront',
    ]);
  });

  it('refuse a query that gives more series than anybody means to watch', async () => {
    const watch = {
      ...config.watches[3]!,
      of: {
        type: 'query' as const,
        query: `{__name__=~".+"} or label_replace({__name__=~".+"}, "copy", "1", "", "")`,
      },
    };
    const window = { start: now - 60, end: now, step: 15 };
    await assert.rejects(
      readWatched({ source, packs: [], config }, watch, window, NO_LIMITS),
      /watch cpu: its query gives \d+ series, at most 200 can be watched/,
    );
  });

  it('are held against what is known of the past', async () => {
    const { episodes } = await tried('payment-slow');
    const known = [
      { what: 'the ledger upgrade', service: 'ledger', start: now - 4000, end: now - 3900 },
      { what: 'incident 17', service: 'payment', start: onset + 60, end: null },
    ];
    const score = scoreOf(episodes, known, now);
    assert.deepEqual(score.matched, ['incident 17']);
    assert.equal(score.precision, 1);
    assert.equal(score.recall, 0.5);
    assert.deepEqual(
      score.missed.map(({ what }) => what),
      ['the ledger upgrade'],
    );
  });

  it('say on the command line when they would have fired and how right they were', async () => {
    const file = join(directory, 'faultline.yml');
    const knownFile = join(directory, 'known.yml');
    await writeFile(
      file,
      JSON.stringify({ metrics: { type: 'prometheus', url: prometheus.url }, watches: WATCHES }),
    );
    await writeFile(knownFile, `- { what: card outage, service: payment, start: ${onset} }\n`);
    const args = ['watches', 'test', 'payment-slow', '--from', '90m', '--no-incidents', '--known', knownFile];
    const { code, out, err } = await faultline([...args, '--config', file], { now: () => now });
    assert.equal(code, 0, err);
    assert.match(out, /it would have fired once/);
    assert.match(out, /payment {2}known: card outage/);
    assert.match(out, /Precision: 100 % of what it raised was a known incident/);

    const wrong = await faultline(['watches', 'test', 'checkout-slow', '--config', file]);
    assert.equal(wrong.code, 2);
    assert.match(wrong.err, /watches: expected one named checkout-slow, the configuration has payment-slow/);
  });

  describe('on Temporal schedules', () => {
    let server: TestServer;
    const log = pino({ level: process.env['FAULTLINE_TEST_LOG'] ?? 'silent' }, pino.destination(2));

    before(async () => {
      server = await testServer();
    });

    it('raise an incident by themselves, once, and forget nothing between their runs', async () => {
      const only = { ...config, watches: config.watches.slice(0, 1) };
      const temporal = openTemporal({ server });
      const incidents = createIncidents(temporal);
      const worker = await startWorker({
        loaded: { config: only, file: null, directory, secrets: [] },
        log,
        temporal: server,
        workflows: { workflowBundle: await workflowBundle() },
      });
      const { environment } = only;
      try {
        const rows = async () =>
          (await incidents.list({ environment: [environment] }, { limit: 5 })).incidents;
        while ((await rows()).length === 0) await sleep(200);
        const [row] = await rows();
        const { anomalies } = await incidents.show(row!.id);
        assert.equal(anomalies[0]?.source, 'watch');
        assert.equal(anomalies[0].service, 'payment');
        assert.equal(anomalies[0].symptom, 'latency');
        assert.match(anomalies[0].title, /payment-slow: latency p95 of payment: it is .* above 500 ms/);

        // Two more looks at the same trouble are the same episode.
        const before = (await listWatches(temporal, environment))[0]!.lastRunAt!;
        while ((await listWatches(temporal, environment))[0]!.lastRunAt! < before + 10) await sleep(500);
        assert.equal((await rows()).length, 1);
        assert.equal((await incidents.show(row!.id)).anomalies.length, 1);
      } finally {
        await scheduleWatches(temporal, { environment, watches: [] });
        for (const id of [`triage/${environment}`]) {
          await server.client.workflow
            .getHandle(id)
            .terminate('end of the test')
            .catch(() => undefined);
        }
        await worker.stop();
        await incidents.close();
      }
    });

    it('follow the configuration: created, changed, removed, and left paused', async () => {
      const environment = uniqueName('schedules');
      const temporal = openTemporal({ server });
      const [a, b] = [
        { name: 'a', everySeconds: 3600 },
        { name: 'b', everySeconds: 3600 },
      ];
      // Schedules show in lists a moment later.
      const until = async (count: number, everySeconds: number) => {
        for (;;) {
          const list = await listWatches(temporal, environment);
          if (list.length === count && list[0]?.everySeconds === everySeconds) return list;
          await sleep(100);
        }
      };
      try {
        assert.deepEqual(await scheduleWatches(temporal, { environment, watches: [a, b] }), {
          created: ['a', 'b'],
          changed: [],
          removed: [],
        });
        await until(2, 3600);
        await server.client.schedule.getHandle(`watch/${environment}/a`).pause('we know');
        await sleep(200);
        const quicker = { ...a, everySeconds: 1800 };
        assert.deepEqual(await scheduleWatches(temporal, { environment, watches: [quicker] }), {
          created: [],
          changed: ['a'],
          removed: ['b'],
        });
        const [left] = await until(1, 1800);
        assert.equal(left?.paused, true);
      } finally {
        await scheduleWatches(temporal, { environment, watches: [] });
        await temporal.close();
      }
    });
  });
});

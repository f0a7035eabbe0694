import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Proposals } from '../../activities/collect/index.js';
import { parsePack } from '../../activities/collect/metrics/packs/load.js';
import { parseEstate } from '../../bench/estates/estate.js';
import { playEstate } from '../../bench/estates/play.js';
import type { Finding } from '../../workers/doctor.js';
import { faultline } from '../support/cli.js';
import { houseConfig, startHouse } from '../support/house.js';
import { needs } from '../support/needs.js';
import { startWrittenPrometheus, type WrittenPrometheus } from '../support/prometheus.js';
import { startSink } from '../support/sink.js';

const HOUSE = new URL('house/house.txt', import.meta.url);

/** Seconds in which a person waits for the proposals of a small source on a busy machine; it takes two. */
const MOST_SECONDS = 30;

/** Metrics of the estate that are no requests, or of which nobody can tell what they mean. */
const NEVER = [
  ...['import_batch_size', 'gc_pause_seconds', 'nightly_backup_duration_minutes', 'room_temperature_celsius'],
  ...[
    'shop_build_info',
    'orders_queue_max',
    'cache_lookups_total',
    'uploaded_bytes_total',
    'shop_error_rate',
  ],
  'slo:error_budget:remaining',
];

describe('faultline discover --propose', function () {
  this.timeout(180_000);
  let directory: string;
  let prometheus: WrittenPrometheus;
  let proposed: Proposals;
  let onset: number;
  const inDirectory = (name: string): string => join(directory, name);
  const run = (command: string) =>
    faultline(command.split(' '), { env: { FAULTLINE_CONFIG: inDirectory('faultline.yml') } });

  before(async function () {
    needs(this, 'prometheus');
    directory = await mkdtemp(join(tmpdir(), 'faultline-propose-'));
    const estate = parseEstate('house', await readFile(HOUSE, 'utf8'));
    const end = Math.floor(Date.now() / 1000);
    onset = end - 240;
    const course = { start: end - 2400, end, stepSeconds: 15, onset };
    prometheus = await startWrittenPrometheus(directory, playEstate(estate, course));
    await writeFile(
      inDirectory('faultline.yml'),
      `metrics: { type: prometheus, url: '${prometheus.url}' }\n`,
    );
    const before = Date.now();
    const { code, out, err } = await run('discover --propose --json');
    assert.equal(code, 0, err);
    assert.ok(Date.now() - before < MOST_SECONDS * 1000, `it took ${Date.now() - before} ms`);
    proposed = JSON.parse(out) as Proposals;
  });
  after(async () => {
    await prometheus.stop();
    await rm(directory, { recursive: true });
  });

  /** What is read by the pack of a metric, and with which confidence. */
  const proposalOf = (metric: string): unknown => {
    const found = proposed.proposals.find(({ metrics }) => metrics.includes(metric));
    return (
      found && [
        found.confidence,
        ...found.read.map(({ signal, services }) => `${signal} of ${services.join(' ')}`),
      ]
    );
  };
  const of = (letter: string) => (signal: string) =>
    `${signal} of ${['frontend', 'orders', 'payment'].map((name) => `${letter}-${name}`).join(' ')}`;
  const GOLDEN = ['latency', 'errors', 'traffic'];

  it('recognises a histogram in milliseconds by its bounds, and its outcomes by words', () => {
    assert.deepEqual(proposalOf('shop_request_time'), ['medium', ...GOLDEN.map(of('a'))]);
  });

  it('joins a summary with the counter of the same requests, and names services by a label of the house', () => {
    assert.deepEqual(proposalOf('legacy_response_time'), ['medium', ...GOLDEN.map(of('b'))]);
    assert.deepEqual(proposalOf('legacy_responses_total'), ['medium', ...GOLDEN.map(of('b'))]);
  });

  it('recognises ratios by recording rules', () => {
    assert.deepEqual(proposalOf('job:request_errors:ratio5m'), ['high', of('c')('errors')]);
  });

  it('recognises converted names of OpenTelemetry, and the callees of calls', () => {
    assert.deepEqual(proposalOf('checkout_request_duration_milliseconds'), ['high', ...GOLDEN.map(of('d'))]);
    const calls = proposed.proposals.find(({ name }) => name === 'house-checkout-client')?.calls;
    assert.deepEqual(calls, ['d-frontend -> d-orders', 'd-orders -> d-payment']);
  });

  it('recognises a counter without its ending, and what waits in a queue', () => {
    assert.deepEqual(proposalOf('statsd_api_calls'), ['medium', ...['errors', 'traffic'].map(of('e'))]);
    assert.deepEqual(proposalOf('statsd_orders_queue_depth'), ['high', of('e')('saturation')]);
  });

  it('offers nothing that is no request, and says why', () => {
    const offered = new Set(proposed.proposals.flatMap(({ metrics }) => metrics));
    assert.deepEqual(
      NEVER.filter((metric) => offered.has(metric)),
      [],
    );
    const why = new Map(proposed.leftOut.map((one) => [one.metric, one.why]));
    assert.equal(why.get('import_batch_size'), 'nothing in its name says that it measures time');
    assert.match(why.get('shop_error_rate') ?? '', /a ratio or failures per second/);
  });

  it('gives values in base units, which whoever knows the service can judge', () => {
    const example = proposed.proposals.find(({ name }) => name === 'house-shop')?.example ?? '';
    assert.match(example, /^a-frontend: latency p95 \d\.\d+ s, latency p50 \d{3} ms/);
    assert.match(example, /error ratio 2\d(\.\d)? %, requests 1[12](\.\d)? req\/s$/);
  });

  it('writes a file that is kept, after which doctor and a diagnosis read the services', async () => {
    const file = inDirectory('house.yml');
    const written = await run(`discover --propose --out ${file}`);
    assert.equal(written.code, 0, written.err);
    assert.match(written.out, /^7 metric packs in .*house\.yml\n/);
    assert.equal(parsePack(await readFile(file, 'utf8'), file).length, 7);
    assert.equal(
      (await run('discover --quiet')).out.includes('d-payment'),
      false,
      'nothing is used silently',
    );

    const settings = `metrics: { type: prometheus, url: '${prometheus.url}' }\npacks: { files: [house.yml] }\n`;
    await writeFile(inDirectory('faultline.yml'), settings);
    const doctor = JSON.parse((await run('doctor --only metrics --json')).out) as { findings: Finding[] };
    const packs = doctor.findings.find(({ subject }) => subject === 'packs');
    assert.equal(packs?.status, 'ok', packs?.seen);
    assert.match(packs.seen, /house-checkout.*latency of 12, errors of 15, traffic of 15 services/);

    const sink = await startSink();
    const options = { directory, prometheusUrl: prometheus.url, sinkUrl: sink.url };
    const loaded = houseConfig(options);
    loaded.config.packs.files = [file];
    loaded.config.diagnosis.baselineSeconds = 1800;
    const house = await startHouse({ ...options, loaded });
    try {
      const { workflowId: id } = await house.incidents.start({
        environment: house.environment,
        service: 'd-frontend',
        symptom: 'latency',
        severity: 'warning',
        since: onset + 45,
      });
      const record = await house.untilPublished(id);
      assert.equal(record.diagnosis?.verdict.service, 'd-payment');
    } finally {
      await house.stop();
      await sink.close();
    }
  });

  const MORE: [metric: string, what: unknown][] = [
    ['myapp_api_latency_seconds', ['medium', ...GOLDEN.map(of('f'))]],
    ['rpc_elapsed', ['high', ...GOLDEN.map(of('g'))]],
    ['soap_call_duration_ms', ['high', ...GOLDEN.map(of('h'))]],
    ['svc_response_time_ms_p99', ['high', of('i')('traffic'), of('i')('latency')]],
    ['svc_success_rate_percent', ['high', of('i')('errors')]],
    ['namespace_app:http_error_ratio:rate5m', ['high', of('j')('errors')]],
    ['gateway_upstream_latency_ms', ['low', ...GOLDEN.map(of('l'))]],
    ['Checkout_Requests_Total', ['medium', of('m')('errors'), of('m')('traffic')]],
    ['dep_call_millis', ['high']],
    ['request_duration_quantiles', ['medium', of('p')('latency')]],
    ['orders_processed_total', ['high', of('q')('errors'), of('q')('traffic')]],
    ['kafka_lag_records', ['high', of('s')('saturation')]],
    ['order_events_lag_seconds', ['high', of('s')('saturation')]],
    ['rest_server_requests_duration_milliseconds', ['high', ...GOLDEN.map(of('u'))]],
    ['http_request_size_bytes', undefined],
    ['db_pool_wait_seconds', undefined],
    ['cpu_temperature', undefined],
    ['user_age_years', undefined],
    ['retries_total', undefined],
    ['job:slo_latency_objective:ratio', undefined],
  ];

  it('recognises other styles, and leaves out what only looks like requests', async () => {
    const now = Math.floor(Date.now() / 1000);
    const text = await readFile(new URL('house/more.txt', import.meta.url), 'utf8');
    const course = { start: now - 2400, end: now, stepSeconds: 15, onset: now - 240 };
    const folder = inDirectory('more');
    const other = await startWrittenPrometheus(folder, playEstate(parseEstate('more', text), course));
    try {
      const env = { FAULTLINE__METRICS__TYPE: 'prometheus', FAULTLINE__METRICS__URL: other.url };
      proposed = JSON.parse((await faultline('discover --propose --json', { env })).out) as Proposals;
      assert.deepEqual(
        MORE.map(([metric]) => [metric, proposalOf(metric)]),
        MORE,
      );
    } finally {
      await other.stop();
    }
  });

  it('refuses --out without --propose', async () => {
    const { code, err } = await run('discover --out x.yml');
    assert.equal(code, 2);
    assert.match(err, /--out takes what --propose finds: give both/);
  });
});

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { FAULTS, startShop, type Fault, type Shop } from '../../examples/shop/index.js';
import { callEdges, specOf, TOPOLOGY } from '../../examples/shop/topology.js';
import { needs } from '../support/needs.js';
import { Scrape } from './scrape.js';

const SERVER = 'http_server_request_duration_seconds';
const CLIENT = 'http_client_request_duration_seconds';
const FAILED = /http_response_status_code="5/;

/** Two scrapes of one service, a moment apart. Null where nobody answered. */
interface Moment {
  before: Scrape | null;
  after: Scrape | null;
  seconds: number;
}

const grown = ({ before, after }: Moment, metric: string, ...labels: RegExp[]): number =>
  (after?.sum(metric, ...labels) ?? 0) - (before?.sum(metric, ...labels) ?? 0);
const meanSeconds = (moment: Moment, metric: string, ...labels: RegExp[]): number =>
  grown(moment, `${metric}_sum`, ...labels) / (grown(moment, `${metric}_count`, ...labels) || NaN);
const failedShare = (moment: Moment, metric: string, ...labels: RegExp[]): number =>
  grown(moment, `${metric}_count`, FAILED, ...labels) / (grown(moment, `${metric}_count`, ...labels) || NaN);

/** Milliseconds after which the most impatient caller hangs up, which ends the request for the service too. */
function patience(service: string): number {
  const guards = Object.values(TOPOLOGY).flatMap(({ dependencies }) => dependencies[service] ?? []);
  return Math.min(...guards.map(({ timeoutMs }) => timeoutMs));
}

interface Reading {
  /** Whose metrics tell. */
  service: string;
  value: (moment: Moment) => number;
  /** At least this much while the fault lasts. */
  broken: number;
  /** At most this much before and after it. */
  healthy: number;
}

/** Which number of which service moves for a fault, and how far. */
function readingOf({ service, injection }: Fault): Reading {
  const spec = specOf(service);
  // An external service shows only in what its caller sees.
  const seenBy = spec.external ? 'payment' : service;
  const metric = spec.external ? CLIENT : SERVER;
  const toBank = spec.external ? [new RegExp(`server_address="${service}"`)] : [];
  switch (injection) {
    case 'latency':
      return {
        service: seenBy,
        value: (moment) => meanSeconds(moment, metric, ...toBank),
        broken: (0.75 * Math.min(spec.slowMs, patience(service))) / 1000,
        healthy: (0.5 * Math.min(spec.slowMs, patience(service))) / 1000,
      };
    case 'errors':
    case 'release':
      return {
        service: seenBy,
        value: (moment) => failedShare(moment, metric, ...toBank),
        broken: 0.2,
        healthy: 0,
      };
    case 'cpu':
      return {
        service,
        value: (moment) => grown(moment, 'process_cpu_seconds_total') / moment.seconds,
        broken: 0.5,
        healthy: 0.3,
      };
    case 'leak':
      return {
        service,
        value: ({ after }) => (after?.sum('v8js_memory_heap_used_bytes') ?? NaN) / 1e6,
        broken: 70,
        healthy: 60,
      };
    case 'pool':
      return {
        service,
        value: ({ after }) => after?.sum('db_client_connection_pending_requests') ?? NaN,
        broken: 1,
        healthy: 0,
      };
    case 'down':
      return { service, value: ({ after }) => (after ? 0 : 1), broken: 1, healthy: 0 };
    case 'config':
      return {
        service,
        value: (moment) => failedShare(moment, SERVER) + meanSeconds(moment, SERVER),
        broken: 0.35,
        healthy: 0.3,
      };
    case 'lag':
      return {
        service,
        value: ({ after }) => after?.sum('shop_queue_messages') ?? NaN,
        broken: 5,
        healthy: 1,
      };
    case 'exception':
    case 'setting':
    case 'lock':
      return { service, value: (moment) => failedShare(moment, SERVER), broken: 0.2, healthy: 0 };
    // Who cannot be reached shows in what its callers see.
    case 'dns':
    case 'certificate':
    case 'image':
    case 'quota': {
      const caller = callEdges().find(({ callee }) => callee === service)!.caller;
      return { service: caller, value: (moment) => failedShare(moment, SERVER), broken: 0.2, healthy: 0 };
    }
    case 'overload':
      return {
        service,
        value: (moment) => grown(moment, `${SERVER}_count`) / moment.seconds,
        broken: 100,
        healthy: 70,
      };
  }
}

describe('the faults of the running shop', function () {
  this.timeout(60_000);
  // A fault that burns CPU needs a core to burn: on a busy machine it may not show at once.
  this.retries(1);
  let shop: Shop;
  let runDir: string;

  before(async function () {
    this.timeout(300_000);
    needs(this, 'initdb', 'openssl');
    runDir = await mkdtemp(path.join(os.tmpdir(), 'shop-faults-'));
    shop = await startShop({ runDir, monitoring: false, postgres: true });
  });
  after(async () => {
    await shop.stop();
    await rm(runDir, { recursive: true, force: true });
  });

  /** Watches until the reading is as it should be. @returns the last value, for the message. */
  async function until(reading: Reading, holds: (value: number) => boolean): Promise<void> {
    const url = shop.metricsUrls[reading.service]!;
    const deadline = Date.now() + 20_000;
    let last = NaN;
    let before = await Scrape.of(url);
    let since = performance.now();
    while (Date.now() < deadline) {
      await sleep(600);
      const after = await Scrape.of(url);
      const now = performance.now();
      last = reading.value({ before, after, seconds: (now - since) / 1000 });
      if (holds(last)) return;
      if (!Number.isNaN(last)) [before, since] = [after, now];
    }
    assert.fail(`${reading.service}: the reading stayed at ${last}`);
  }

  for (const fault of FAULTS) {
    it(`${fault.name} shows in the metrics and leaves them again`, async () => {
      const reading = readingOf(fault);
      const healthy = (value: number): boolean => value <= reading.healthy;
      await until(reading, healthy);
      await shop.inject(fault.name);
      await until(reading, (value) => value >= reading.broken);
      await shop.recover();
      await until(reading, healthy);
    });
  }

  it('shows a new version of a deployed service, and logs the change', async () => {
    const version = async (): Promise<string | undefined> =>
      (await Scrape.of(shop.metricsUrls['currency']!))?.label('target_info', 'service_version');
    assert.equal(await version(), '1.1.0');
    const decoy = await shop.deploy('currency');
    assert.equal(await version(), '1.1.1');
    const listed = (await (await fetch(shop.deploysUrl)).json()) as { id: string; service: string }[];
    assert.deepEqual(
      listed.filter(({ id }) => id === decoy.id).map(({ service }) => service),
      ['currency'],
    );
  });

  it('logs the guilty change of a bad configuration, and the roll back', () => {
    const titles = shop.deploys().map(({ title }) => title);
    const guilty = titles.indexOf('checkout 5.2.1: shorter payment deadline');
    const rolledBack = titles.indexOf('checkout 5.2.2: roll back');
    assert.ok(guilty > 0 && rolledBack > guilty, titles.join('; '));
  });

  it('names the callee in the metrics of the caller, and counts no scrape as a request', async () => {
    const storefront = await Scrape.of(shop.metricsUrls['storefront']!);
    assert.ok(storefront);
    assert.ok(storefront.sum(`${CLIENT}_count`, /server_address="catalog"/, /http_request_method="GET"/) > 0);
    assert.ok(storefront.sum(`${SERVER}_count`, /http_route="\/checkout"/, /error_type="50\d"/) > 0);
    const ledger = await Scrape.of(shop.metricsUrls['ledger']!);
    assert.ok(
      (ledger?.sum(`${SERVER}_count`, /url_scheme="https"/) ?? 0) > 0,
      'requests by TLS are not seen',
    );
    assert.equal(storefront.sum(`${SERVER}_count`), storefront.sum(`${SERVER}_count`, /http_route="\//));
  });
});

import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startShop, type Shop } from '../../examples/shop/index.js';

interface Line {
  time: number;
  level: string;
  service: string;
  message: string;
}

/** A request of OTLP JSON, as far as this test reads it. */
interface Export {
  resourceSpans: {
    resource: { attributes: { key: string; value: { stringValue?: string } }[] };
    scopeSpans: { spans: { traceId: string }[] }[];
  }[];
}

async function linesOf<T>(file: string): Promise<T[]> {
  const whole = (await readFile(file, 'utf8')).split('\n').slice(0, -1);
  return whole.map((line) => JSON.parse(line) as T);
}

/** Services by the traces in which they have spans. */
async function tracesOf(file: string): Promise<Map<string, Set<string>>> {
  const traces = new Map<string, Set<string>>();
  for (const { resource, scopeSpans } of (await linesOf<Export>(file)).flatMap((one) => one.resourceSpans)) {
    const service = resource.attributes.find(({ key }) => key === 'service.name')?.value.stringValue ?? '';
    for (const { traceId } of scopeSpans.flatMap(({ spans }) => spans)) {
      traces.set(traceId, (traces.get(traceId) ?? new Set()).add(service));
    }
  }
  return traces;
}

describe('what the shop writes and traces', function () {
  this.timeout(90_000);
  let runDir: string;
  let shop: Shop;
  before(async () => {
    runDir = await mkdtemp(path.join(os.tmpdir(), 'shop-evidence-'));
    shop = await startShop({ runDir, monitoring: false });
  });
  after(async () => {
    await shop.stop();
    await rm(runDir, { recursive: true, force: true });
  });

  it('is traces that go through several services', async () => {
    const through = (services: string[]) => async () =>
      [...(await tracesOf(shop.tracesFile)).values()].some((seen) => services.every((one) => seen.has(one)));
    for (const ways of [
      ['storefront', 'catalog', 'database'],
      ['storefront', 'checkout', 'payment', 'ledger'],
    ]) {
      while (!(await through(ways)())) await sleep(200);
    }
  });

  it('is lines that tell what failed inside a service, and what its callers saw of it', async () => {
    const ordinary = await linesOf<Line>(shop.logsFile);
    assert.ok(ordinary.every(({ message }) => !message.includes('TypeError')));
    await shop.inject('catalog-errors');
    const by = async (service: string, pattern: RegExp): Promise<boolean> =>
      (await linesOf<Line>(shop.logsFile)).some(
        (one) => one.service === service && pattern.test(one.message),
      );
    while (!(await by('catalog', /^TypeError: /))) await sleep(200);
    while (!(await by('storefront', /failed: catalog answered 500$/))) await sleep(200);
  });
});

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { serveHealth, type HealthOptions, type HealthServer } from '../../workers/health.js';

const log = pino({ level: 'silent' });

describe("the worker's health endpoint", () => {
  const endings: (() => unknown)[] = [];
  afterEach(async () => {
    for (const end of endings.splice(0)) await end();
  });

  async function serve(options: Partial<HealthOptions> = {}): Promise<HealthServer> {
    const health = await serveHealth({ host: '127.0.0.1', port: 0, checks: {}, log, ...options });
    endings.push(() => health.close());
    return health;
  }

  async function readiness({ url }: HealthServer): Promise<{ status: number; checks: unknown }> {
    const answer = await fetch(`${url}/readyz`);
    const { checks } = (await answer.json()) as { checks: unknown };
    return { status: answer.status, checks };
  }

  it('is alive although nothing else works, and says what does not', async () => {
    const health = await serve({
      checks: {
        temporal: () => Promise.reject(new Error('Temporal at localhost:7233 does not answer')),
        store: () => Promise.resolve(),
      },
    });
    assert.equal((await fetch(`${health.url}/healthz`)).status, 200);
    const checks = { temporal: 'Temporal at localhost:7233 does not answer', store: 'ok' };
    assert.deepEqual(await readiness(health), { status: 503, checks });
  });

  it('asks once for many probes within two seconds', async () => {
    let asked = 0;
    const health = await serve({
      checks: {
        temporal: () => {
          asked += 1;
          return Promise.resolve();
        },
      },
    });
    const all = await Promise.all(Array.from({ length: 20 }, () => readiness(health)));
    assert.ok(all.every(({ status }) => status === 200));
    assert.equal(asked, 1);
  });

  it('answers within its limit although a check hangs', async () => {
    const health = await serve({ checks: { store: () => new Promise<void>(() => undefined) } });
    assert.deepEqual(await readiness(health), { status: 503, checks: { store: 'no answer within 3 s' } });
  });

  it("adds the SDK's metrics to its own, and serves its own alone where those are gone", async () => {
    const sdk = createServer((_request, response) => response.end('temporal_worker_start 1\n'));
    sdk.listen(0, '127.0.0.1');
    await once(sdk, 'listening');
    const { port } = sdk.address() as AddressInfo;
    const health = await serve({ sdkMetricsUrl: `http://127.0.0.1:${port}/metrics` });
    const metrics = async (): Promise<string> => (await fetch(`${health.url}/metrics`)).text();
    const both = await metrics();
    assert.match(both, /^faultline_build_info\{version="[\d.]+"\} 1$/m);
    assert.match(both, /^process_cpu_seconds_total /m);
    assert.match(both, /^temporal_worker_start 1$/m);

    sdk.closeAllConnections();
    sdk.close();
    await once(sdk, 'close');
    const own = await metrics();
    assert.match(own, /^faultline_build_info/m);
    assert.doesNotMatch(own, /temporal_worker_start/);
  });
});

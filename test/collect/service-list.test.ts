import assert from 'node:assert/strict';
import { listServices, loadPacks, matchingService } from '../../activities/collect/index.js';
import { BadQuery, SourceUnavailable } from '../../activities/collect/metrics/source/errors.js';
import { configSchema } from '../../config/schema.js';
import { FakeSource, type FakeSeries } from '../support/fake-source.js';

const config = configSchema.parse({ metrics: { type: 'prometheus', url: 'http://unused' } });
const ASKED = { operation: 'query', endpoint: 'http://unused' };

describe('the services that have metrics', () => {
  async function listed(answer: (query: string) => FakeSeries[]) {
    const source = new FakeSource({ names: ['http_server_request_duration_seconds_count', 'up'], answer });
    return listServices({ source, packs: await loadPacks(), config }, 1_800_000_000);
  }

  it('are named with what is measured of each, in one query for each signal', async () => {
    const services = await listed((query) => {
      const jobs = query.includes('http_server_request_duration') ? ['shop/cart', 'shop/payment'] : [];
      const all = query.includes('(up{') ? ['node'] : jobs;
      return all.map((job): FakeSeries => [{ job, service_name: job }, 1]);
    });
    assert.deepEqual(
      services.map(({ name }) => name),
      ['cart', 'node', 'payment'],
    );
    const cart = services.find(({ name }) => name === 'cart')!;
    for (const signal of ['latency', 'errors', 'traffic'] as const) assert.ok(cart.signals.includes(signal));
    assert.deepEqual(services.find(({ name }) => name === 'node')?.signals, ['availability']);
    assert.equal(matchingService(services, 'payment-service'), 'payment');
    assert.equal(matchingService(services, 'nosuch'), null);
  });

  it('are those of the queries that are answered; an outage is an error', async () => {
    const refusing = await listed((query) => {
      if (/histogram_quantile|_sum\{/.test(query)) throw new BadQuery(ASKED, 'refused');
      return query.includes('http_server') ? [[{ job: 'cart', service_name: 'cart' }, 1]] : [];
    });
    assert.deepEqual(
      refusing.map(({ name, signals }) => [name, signals.includes('latency')]),
      [['cart', false]],
    );
    const recording = listed((query) => {
      if (query.includes('count by')) return [[{ job: 'cart', service_name: 'cart' }, 1]];
      throw new BadQuery(ASKED, 'not recorded');
    });
    await assert.rejects(recording, BadQuery);
    const away = listed(() => {
      throw new SourceUnavailable(ASKED, 'connection refused');
    });
    await assert.rejects(away, SourceUnavailable);
  });
});

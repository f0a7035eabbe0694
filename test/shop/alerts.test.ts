import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Fastify, { type FastifyInstance } from 'fastify';
import { startShop, type Shop } from '../../examples/shop/index.js';
import { needs } from '../support/needs.js';

interface Post {
  status: string;
  token: string | undefined;
  alerts: { status: string; labels: Record<string, string>; annotations: Record<string, string> }[];
}

describe('the alerts of the shop', function () {
  this.timeout(150_000);
  // The live shop and its Prometheus share the machine's cores with the suite: on a busy one an alert comes late.
  this.retries(1);
  const posts: Post[] = [];
  let receiver: FastifyInstance;
  let shop: Shop | undefined;
  let runDir: string;

  before(async function () {
    this.timeout(300_000);
    needs(this, 'prometheus', 'prometheus-alertmanager');
    receiver = Fastify();
    receiver.post('/alerts', (request) => {
      posts.push({ ...(request.body as Post), token: request.headers.authorization });
      return {};
    });
    const address = await receiver.listen({ host: '127.0.0.1', port: 0 });
    runDir = await mkdtemp(path.join(os.tmpdir(), 'shop-alerts-'));
    shop = await startShop({
      runDir,
      webhookUrl: `${address}/alerts`,
      webhookToken: 'a-token-of-the-test',
    });
  });
  after(async () => {
    if (!shop) return;
    await shop.stop();
    await receiver.close();
    await rm(runDir, { recursive: true, force: true });
  });

  async function untilPosted(wanted: (post: Post) => boolean): Promise<Post> {
    const deadline = Date.now() + 70_000;
    while (Date.now() < deadline) {
      const post = posts.find(wanted);
      if (post) return post;
      await sleep(200);
    }
    return assert.fail(`no such post among ${JSON.stringify(posts)}`);
  }

  it('reach the webhook when the payment turns slow, and again when it has recovered', async () => {
    assert.ok(shop);
    await sleep(15_000);
    assert.deepEqual(posts, [], 'a healthy shop raises no alert');
    await shop.inject('payment-latency');
    // The symptoms of one fault may fire one after the other, each in a post of its own.
    const firing = await untilPosted(
      ({ status, alerts }) =>
        status === 'firing' && alerts.some(({ labels }) => labels['alertname'] === 'CheckoutLatencyHigh'),
    );
    assert.equal(firing.token, 'Bearer a-token-of-the-test');
    assert.deepEqual([...new Set(firing.alerts.map(({ labels }) => labels['service']))], ['storefront']);
    const checkout = firing.alerts.find(({ labels }) => labels['alertname'] === 'CheckoutLatencyHigh');
    assert.ok(checkout);
    assert.equal(checkout.labels['severity'], 'warning');
    assert.match(checkout.annotations['summary'] ?? '', /checkout/);
    await shop.recover();
    const resolved = await untilPosted((post) => post.status === 'resolved');
    assert.ok(resolved.alerts.every(({ status }) => status === 'resolved'));
  });
});

import assert from 'node:assert/strict';
import { readKubernetesChanges } from '../../../activities/collect/kubernetes/changes/index.js';
import { readKubernetesPlacements } from '../../../activities/collect/kubernetes/placements.js';
import type { Change } from '../../../model/change.js';
import type { Gap } from '../../../model/gap.js';
import { PLANTED } from '../../support/kubernetes-scenario.js';
import { clusterAt, recordings, scopeAt } from '../../support/kubernetes-scope.js';
import { KubernetesServer } from '../../support/kubernetes-server.js';
import { NO_LIMITS } from '../../support/scopes.js';

for (const { what, now: NOW, objects } of recordings()) {
  describe(`the changes of a cluster, ${what}`, () => {
    let server: KubernetesServer;
    let read: { changes: Change[]; gaps: Gap[] };
    const request = (from: number) => ({ scope: scopeAt(NOW), aliases: {}, window: { from, to: NOW + 60 } });

    before(async () => {
      server = await KubernetesServer.start(objects, NOW + 2);
      read = await readKubernetesChanges(clusterAt(server.url), request(NOW - 600), NO_LIMITS);
    });
    after(() => server.close());

    const titlesOf = (service: string): string[] =>
      read.changes.filter((one) => one.service === service).map(({ title }) => title);

    it('has rollouts with the image before and after', () => {
      const deploys = read.changes.filter(({ service, kind }) => service === 'payment' && kind === 'deploy');
      assert.ok(
        deploys.some(
          ({ title }) =>
            title ===
            'Rollout of shop/payment: registry.example/payment:1.2.2 -> registry.example/payment:1.2.3',
        ),
      );
      assert.ok(titlesOf('db').includes('Rollout of shop/db: postgres:15 -> postgres:16'));
      assert.ok(deploys.every(({ time, source }) => Math.abs(time - NOW) < 30 && source === 'cluster'));
    });

    it('has config maps and secrets that were written, for the services that use them, without their values', () => {
      assert.ok(titlesOf('payment').includes('ConfigMap shop/payment-config created'));
      assert.ok(titlesOf('cart').includes('Secret shop/cart-key created'));
      const shown = JSON.stringify(read);
      for (const secret of PLANTED) assert.ok(!shown.includes(secret), secret);
    });

    it('asks for no more than the metadata of config maps and secrets', () => {
      const asked = server.requests.filter(({ path }) => /configmaps|secrets/.test(path));
      assert.equal(asked.length, 2);
      for (const { accept } of asked) assert.match(accept, /as=PartialObjectMetadataList/);
    });

    it('has scalings, by the scale that was written and by events, and limits of autoscalers', () => {
      assert.ok(titlesOf('users').includes('Deployment shop/users scaled to 0 replicas'));
      assert.ok(titlesOf('ads').includes('Deployment shop/ads scaled from 2 to 5 replicas'));
      assert.ok(titlesOf('front').includes('Autoscaler shop/front written: at most 4 replicas'));
    });

    it('has services and network policies that were written', () => {
      assert.ok(titlesOf('ledger').includes('NetworkPolicy shop/ledger-only-audit written'));
      assert.ok(titlesOf('gateway').includes('Service shop/gateway written'));
    });

    it('misses nothing, and has nothing from outside the window', async () => {
      assert.deepEqual(read.gaps, []);
      const before = { ...request(NOW - 600), window: { from: NOW - 600, to: NOW - 60 } };
      const earlier = await readKubernetesChanges(clusterAt(server.url), before, NO_LIMITS);
      assert.deepEqual(earlier.changes, []);
    });

    it('knows on which nodes the services run', async () => {
      const scope = { scope: scopeAt(NOW), aliases: {} };
      const { placements } = await readKubernetesPlacements(clusterAt(server.url), scope, NO_LIMITS);
      assert.deepEqual(
        placements.map(({ service, host }) => [service, host]),
        [
          ['payment', 'node-2'],
          ['stock', 'node-1'],
        ],
      );
      assert.deepEqual(placements[0]!.learntFrom, { source: 'kubernetes cluster', seenAt: NOW + 2 });
    });
  });
}

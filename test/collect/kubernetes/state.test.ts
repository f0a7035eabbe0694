import assert from 'node:assert/strict';
import { readKubernetesState } from '../../../activities/collect/kubernetes/conditions/index.js';
import type { Condition } from '../../../model/condition.js';
import type { Gap } from '../../../model/gap.js';
import { PLANTED, TROUBLES } from '../../support/kubernetes-scenario.js';
import { clusterAt, recordings, scopeAt } from '../../support/kubernetes-scope.js';
import { KubernetesServer } from '../../support/kubernetes-server.js';
import { NO_LIMITS } from '../../support/scopes.js';

for (const { what, now: NOW, objects } of recordings()) {
  describe(`the state of a cluster, ${what}`, () => {
    let server: KubernetesServer;
    let read: { conditions: Condition[]; gaps: Gap[] };

    before(async () => {
      server = await KubernetesServer.start(objects, NOW + 2);
      read = await readKubernetesState(
        clusterAt(server.url),
        { scope: scopeAt(NOW), aliases: {} },
        NO_LIMITS,
      );
    });
    after(() => server.close());

    for (const [service, kind] of TROUBLES) {
      it(`tells ${kind} of ${service}`, () => {
        const found = read.conditions.filter((one) => one.service === service).map((one) => one.kind);
        assert.ok(found.includes(kind), `got ${found.join(', ') || 'nothing'}`);
      });
    }

    it('tells nothing else of any service', () => {
      const expected = new Set(TROUBLES.map((pair) => pair.join(' ')));
      const others = read.conditions.filter(
        ({ service, kind }) => service !== null && !expected.has(`${service} ${kind}`),
      );
      assert.deepEqual(others, []);
    });

    it('tells of the nodes on which the services run', () => {
      const ofNodes = read.conditions
        .filter(({ host }) => host !== null)
        .map(({ kind, host }) => [host, kind]);
      assert.deepEqual(ofNodes.sort(), [
        ['node-1', 'node-pressure'],
        ['node-2', 'node-not-ready'],
      ]);
    });

    it('misses nothing', () => {
      assert.deepEqual(read.gaps, []);
    });

    it('tells since when, by the times of the objects, and that it lasts', () => {
      const of = (service: string, kind: string): Condition =>
        read.conditions.find((one) => one.service === service && one.kind === kind)!;
      // The first of its events came before the pod was seen as not ready.
      assert.equal(of('payment', 'crash-loop').since, NOW - 125);
      assert.equal(of('search', 'unschedulable').since, NOW - 120);
      assert.equal(of('cart', 'out-of-memory').since, NOW - 100);
      assert.equal(of('stock', 'no-endpoints').since, NOW - 119);
      // It began before its deadline, ten minutes where none is written.
      assert.ok([NOW - 60, NOW - 660].includes(of('shipping', 'rollout-stuck').since));
      assert.ok(Math.abs(of('users', 'scaled-to-zero').since - NOW) < 30);
      assert.equal(of('search', 'unschedulable').until, null);
    });

    it('tells the exit code, the restarts, and the words of the platform', () => {
      const of = (service: string): string => read.conditions.find((one) => one.service === service)!.message;
      assert.match(of('payment'), /container app ended with exit code 1 \(Error\), restarted 4 times/);
      assert.match(of('cart'), /exit code 137: out of memory/);
      assert.match(of('orders'), /exceeded quota: compute, requested: limits\.memory=1Gi/);
      assert.match(of('search'), /0\/2 nodes are available: 2 Insufficient memory/);
      assert.match(of('ledger'), /ledger-only-audit allows no connection from front/);
    });

    it('reads the copy of the service in another namespace no further than its name', () => {
      assert.ok(!read.conditions.some(({ object }) => object.includes('shop-staging')));
      assert.ok(!server.requests.some(({ path }) => path.includes('/shop-staging/')));
    });

    it('shows no secret, and asks for the whole of no secret and no config map', () => {
      const shown = JSON.stringify(read);
      for (const secret of PLANTED) assert.ok(!shown.includes(secret), secret);
      assert.ok(!server.requests.some(({ path }) => /secrets|configmaps/.test(path)));
    });
  });
}

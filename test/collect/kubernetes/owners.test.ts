import assert from 'node:assert/strict';
import { KubernetesApi } from '../../../activities/collect/kubernetes/api.js';
import { findHomes, type Homes } from '../../../activities/collect/kubernetes/namespaces.js';
import type { Metadata } from '../../../activities/collect/kubernetes/objects.js';
import { Owners } from '../../../activities/collect/kubernetes/owners.js';
import { openTransport } from '../../../activities/collect/kubernetes/transport.js';
import { ServiceNames } from '../../../activities/collect/scope/service-names.js';
import type { Gap } from '../../../model/gap.js';
import type { Binding } from '../../../model/reading.js';
import { clusterAt } from '../../support/kubernetes-scope.js';
import { KubernetesServer, type Objects } from '../../support/kubernetes-server.js';
import { NO_LIMITS } from '../../support/scopes.js';

function object(name: string, more: Partial<Metadata> = {}): Metadata {
  return {
    ...{ name, namespace: 'shop', resourceVersion: '1', creationTimestamp: 0 },
    ...{ labels: {}, annotations: {}, ownerReferences: [], managedFields: [] },
    ...more,
  };
}

const ownedBy = (kind: string, name: string): Partial<Metadata> => ({
  ownerReferences: [{ kind, name, controller: true }],
});

describe('whose an object of Kubernetes is', () => {
  const owners = new Owners(new ServiceNames(['payment', 'report', 'ledger', 'shop/cart', 'other/cart']));

  it('the end of its chain of owners says', () => {
    owners.add('ReplicaSet', object('odd-name', ownedBy('Deployment', 'payment')));
    const pod = object('odd-name-abcde', ownedBy('ReplicaSet', 'odd-name'));
    assert.deepEqual(owners.rootOf('Pod', pod), { kind: 'Deployment', namespace: 'shop', name: 'payment' });
    assert.equal(owners.serviceOf('Pod', pod), 'payment');
  });

  it('the name of an owner says that was not read', () => {
    const pod = object('x', ownedBy('ReplicaSet', 'payment-7d9f8b6c5f'));
    assert.equal(owners.serviceOf('Pod', pod), 'payment');
    assert.equal(owners.serviceOf('Pod', object('y', ownedBy('Job', 'report-29401500'))), 'report');
  });

  it('its labels say, where its owners are called otherwise', () => {
    const labels = { 'app.kubernetes.io/name': 'ledger' };
    assert.equal(
      owners.serviceOf('Pod', object('z', { ...ownedBy('StatefulSet', 'books'), labels })),
      'ledger',
    );
    const annotations = { 'resource.opentelemetry.io/service.name': 'payment' };
    assert.equal(owners.serviceOf('Deployment', object('p1', { annotations, labels })), 'payment');
  });

  it('its namespace says, where two have the name', () => {
    assert.equal(owners.serviceOf('Deployment', object('cart')), 'shop/cart');
    assert.equal(owners.serviceOf('Deployment', object('cart', { namespace: 'other' })), 'other/cart');
  });

  it('nobody says of what belongs to none of the services', () => {
    assert.equal(owners.serviceOf('Deployment', object('unrelated')), null);
  });
});

describe('the namespaces of a diagnosis', () => {
  const servers: KubernetesServer[] = [];
  after(() => Promise.all(servers.map((server) => server.close())));

  const deployed = (places: Record<string, string[]>): Objects =>
    Object.fromEntries(
      Object.entries(places).map(([namespace, names]) => [
        `/apis/apps/v1/namespaces/${namespace}/deployments`,
        names.map((name) => ({ metadata: { name, namespace } })),
      ]),
    );

  async function homesIn(objects: Objects, where?: string): Promise<Homes & { gaps: Gap[] }> {
    const server = await KubernetesServer.start(objects, 0);
    servers.push(server);
    const config = clusterAt(server.url);
    const api = new KubernetesApi(config, await openTransport(config), NO_LIMITS);
    const services = ['front', 'orders', 'mail'];
    const binding: Binding = {
      pack: 'p',
      service: 'job',
      host: 'instance',
      namespaced: false,
      where: where ? [where] : [],
    };
    const scope = { service: 'front', services, reading: { packs: [binding], rateWindowSeconds: 60 } };
    return { ...(await findHomes(api, config, scope, new ServiceNames(services))), gaps: api.gaps };
  }

  it('are those that have its services; copies and strangers are left alone', async () => {
    const homes = await homesIn(
      deployed({
        shop: ['front', 'orders'],
        'shop-staging': ['front'],
        post: ['mail'],
        elsewhere: ['unrelated'],
      }),
    );
    assert.deepEqual(homes.namespaces, ['shop', 'post']);
    assert.ok(homes.isHome('front', 'shop') && !homes.isHome('front', 'shop-staging'));
    assert.deepEqual(homes.gaps, []);
  });

  it('are not those that the metrics leave out as copies', async () => {
    const objects = deployed({
      'shop-prod': ['front', 'orders', 'mail'],
      'shop-staging': ['front', 'orders'],
    });
    assert.deepEqual((await homesIn(objects)).namespaces, ['shop-prod']);
    assert.deepEqual((await homesIn(objects, 'namespace!~"shop-prod"')).namespaces, ['shop-staging']);
    assert.deepEqual((await homesIn(objects, 'job!~"(?:shop-prod)/.+"')).namespaces, ['shop-staging']);
  });

  it('that cannot be told apart are a gap', async () => {
    const { gaps } = await homesIn(deployed({ blue: ['front'], green: ['front'] }));
    assert.equal(gaps[0]!.what, 'which front is meant');
    assert.match(gaps[0]!.reason, /namespaces blue and green have it; blue is read/);
  });

  it('are ten at most, and more are a gap', async () => {
    const many = Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`n${i}`, [`s${i}`]]));
    const server = await KubernetesServer.start(deployed(many), 0);
    servers.push(server);
    const config = clusterAt(server.url);
    const api = new KubernetesApi(config, await openTransport(config), NO_LIMITS);
    const services = Object.values(many).flat();
    const homes = await findHomes(api, config, { service: 's0', services }, new ServiceNames(services));
    assert.equal(homes.namespaces.length, 10);
    assert.match(api.gaps[0]!.reason, /a diagnosis reads 10 namespaces/);
  });

  it('of a cluster with more workloads than are listed are found by name', async () => {
    const strangers = Array.from({ length: 2_100 }, (_, i) => `a-stranger-${i}`);
    const homes = await homesIn(deployed({ aaa: strangers, shop: ['front'] }));
    assert.deepEqual(homes.namespaces, ['shop']);
    assert.match(homes.gaps[0]!.what, /part of deployments/);
  });
});

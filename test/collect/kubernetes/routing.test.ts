import assert from 'node:assert/strict';
import type { Objects } from '../../../activities/collect/kubernetes/cluster.js';
import type { Found } from '../../../activities/collect/kubernetes/conditions/found.js';
import { policyConditions } from '../../../activities/collect/kubernetes/conditions/policies.js';
import { serviceConditions } from '../../../activities/collect/kubernetes/conditions/services.js';
import {
  endpointSlice,
  networkPolicy,
  pod,
  service,
  workload,
} from '../../../activities/collect/kubernetes/objects.js';
import { Owners } from '../../../activities/collect/kubernetes/owners.js';
import { ServiceNames } from '../../../activities/collect/scope/service-names.js';

const owners = new Owners(new ServiceNames(['front', 'stock']));
const labelsOf = (app: string): Record<string, string> => ({ app });
const whole = <T>(items: T[]): { items: T[]; isWhole: boolean } => ({ items, isWhole: true });

const podOf = (app: string, ports: object[] = [{ name: 'http', containerPort: 80 }], namespace = 'shop') =>
  pod.parse({
    metadata: { name: `${app}-1`, namespace, labels: labelsOf(app) },
    spec: { containers: [{ name: 'app', ports }] },
    status: { phase: 'Running' },
  });

describe('what network policies deny', () => {
  const denied = (policies: object[], pods = [podOf('front'), podOf('stock')]): string[] => {
    const items = policies.map((spec, i) =>
      networkPolicy.parse({
        metadata: { name: `p${i}`, namespace: 'shop', creationTimestamp: '2026-11-30T10:00:00Z' },
        spec,
      }),
    );
    const objects = { networkPolicies: whole(items), pods: whole(pods) };
    return policyConditions(objects, [{ caller: 'front', callee: 'stock' }], owners).map(
      ({ service: of, message }) => `${of}: ${message}`,
    );
  };
  const onStock = { podSelector: { matchLabels: labelsOf('stock') } };
  const from = (...peers: object[]): object => ({
    ...onStock,
    policyTypes: ['Ingress'],
    ingress: [{ from: peers }],
  });

  it('is everything, without a rule', () => {
    assert.deepEqual(denied([{ ...onStock, policyTypes: ['Ingress'] }]), [
      'stock: network policy p0 lets its pods not accept any connection',
    ]);
    assert.deepEqual(denied([{ podSelector: { matchLabels: labelsOf('front') }, policyTypes: ['Egress'] }]), [
      'front: network policy p0 lets its pods not open any connection',
    ]);
  });

  it('is a known caller that no rule of any policy admits', () => {
    const audit = { podSelector: { matchLabels: labelsOf('audit') } };
    assert.deepEqual(denied([from(audit)]), ['stock: network policy p0 allows no connection from front']);
    assert.deepEqual(denied([from(audit), from({ podSelector: { matchLabels: labelsOf('front') } })]), []);
  });

  it('is a known callee that no rule admits', () => {
    const only = { to: [{ podSelector: { matchLabels: labelsOf('mail') } }] };
    const policy = {
      podSelector: { matchLabels: labelsOf('front') },
      policyTypes: ['Egress'],
      egress: [only],
    };
    assert.deepEqual(denied([policy]), ['front: network policy p0 allows no connection to stock']);
  });

  it('is nothing where it cannot be told for certain', () => {
    assert.deepEqual(denied([from({ ipBlock: { cidr: '10.0.0.0/8' } })]), []);
    assert.deepEqual(denied([from({ namespaceSelector: { matchLabels: { team: 'a' } } })]), []);
    assert.deepEqual(denied([from()]), []);
    assert.deepEqual(
      denied([{ podSelector: { matchLabels: labelsOf('other') }, policyTypes: ['Ingress'] }]),
      [],
    );
  });

  it('goes by the name of a namespace, and by expressions', () => {
    const named = (name: string): object => ({
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': name } },
    });
    assert.equal(denied([from(named('shop'))]).length, 0);
    assert.equal(denied([from(named('other'))]).length, 1);
    const expression = (operator: string): object => ({
      podSelector: { matchExpressions: [{ key: 'app', operator, values: ['front'] }] },
    });
    assert.equal(denied([from(expression('In'))]).length, 0);
    assert.equal(denied([from(expression('NotIn'))]).length, 1);
    // A selector of pods alone means the policy's own namespace.
    const elsewhere = [podOf('front', [], 'other'), podOf('stock')];
    assert.equal(denied([from({ podSelector: { matchLabels: labelsOf('front') } })], elsewhere).length, 1);
  });
});

describe('services that lead nowhere', () => {
  const told = ({
    spec = { selector: labelsOf('stock'), ports: [{ port: 80, targetPort: 'http' }] },
    pods = [podOf('stock')],
    ready = [true],
    deployed = ['stock'],
    isWhole = true,
  }: {
    spec?: object;
    pods?: ReturnType<typeof podOf>[];
    ready?: boolean[];
    deployed?: string[];
    isWhole?: boolean;
  }): Found[] => {
    const slice = {
      metadata: { name: 'stock-1', namespace: 'shop', labels: { 'kubernetes.io/service-name': 'stock' } },
      endpoints: ready.map((one) => ({ addresses: ['10.0.0.1'], conditions: { ready: one } })),
    };
    const deployments = deployed.map((app) =>
      workload.parse({
        metadata: { name: app, namespace: 'shop' },
        spec: { template: { metadata: { labels: labelsOf(app) }, spec: { containers: [] } } },
      }),
    );
    const objects: Objects<
      'services' | 'endpointSlices' | 'pods' | 'deployments' | 'statefulSets' | 'daemonSets'
    > = {
      services: whole([service.parse({ metadata: { name: 'stock', namespace: 'shop' }, spec })]),
      endpointSlices: whole([endpointSlice.parse(slice)]),
      pods: { items: pods, isWhole },
      deployments: whole(deployments),
      statefulSets: whole([]),
      daemonSets: whole([]),
    };
    return serviceConditions(objects, owners);
  };
  const kindsOf = (given: Parameters<typeof told>[0]): string[] => told(given).map(({ kind }) => kind);

  it('have no endpoint that is ready', () => {
    assert.deepEqual(kindsOf({ ready: [false, false] }), ['no-endpoints']);
    assert.deepEqual(kindsOf({ ready: [false, true] }), []);
    assert.deepEqual(kindsOf({ ready: [] }), ['no-endpoints']);
  });

  it('mean a port by a name that no container has', () => {
    const wrong = { selector: labelsOf('stock'), ports: [{ port: 80, targetPort: 'htpp' }] };
    assert.match(told({ spec: wrong })[0]!.message, /target port htpp is a name that no container/);
    const number = { selector: labelsOf('stock'), ports: [{ port: 80, targetPort: 8080 }] };
    assert.deepEqual(kindsOf({ spec: number }), []);
  });

  it('select nothing: neither pods nor a workload that would make them', () => {
    assert.deepEqual(kindsOf({ pods: [], deployed: ['other'] }), ['selects-nothing']);
    // A workload that was scaled away is another matter, and told as such.
    assert.deepEqual(kindsOf({ pods: [], ready: [] }), ['no-endpoints']);
  });

  it('are none of those without a selector, nor any where a list is not whole', () => {
    assert.deepEqual(kindsOf({ spec: { type: 'ExternalName' }, pods: [], deployed: [] }), []);
    assert.deepEqual(kindsOf({ pods: [], deployed: ['other'], isWhole: false }), []);
  });
});

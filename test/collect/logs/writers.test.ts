import assert from 'node:assert/strict';
import { joined, patternFor, writerOf } from '../../../activities/collect/logs/writers.js';
import { MAX_VALUES } from '../../../activities/collect/logs/limits.js';
import type { Labels } from '../../../activities/collect/logs/source.js';
import { ServiceNames } from '../../../activities/collect/scope/service-names.js';

const names = new ServiceNames(['payment', 'cart', 'blue/web', 'red/web'], { cart: ['Basket'] });

/** Labels as collectors write them, who wrote the line, and the field that selects its lines. */
const WRITERS: [what: string, labels: Labels, service: string | null, field?: string, within?: string][] = [
  ['OpenTelemetry', { 'service.name': 'payment', 'service.namespace': 'shop' }, 'payment', 'service.name'],
  [
    'OpenTelemetry in Loki',
    { service_name: 'payment', k8s_namespace_name: 'shop' },
    'payment',
    'service_name',
    'k8s_namespace_name',
  ],
  ['ECS', { 'service.name': 'payment', 'container.name': 'app' }, 'payment', 'service.name'],
  [
    'Vector in Kubernetes',
    {
      'kubernetes.pod_name': 'payment-7d9f8b6c5-x2x4z',
      'kubernetes.container_name': 'main',
      'kubernetes.pod_namespace': 'shop',
    },
    'payment',
    'kubernetes.pod_name',
    'kubernetes.pod_namespace',
  ],
  [
    'Fluent Bit in Kubernetes',
    { 'kubernetes.labels.app': 'payment', 'kubernetes.pod_name': 'x-7d9f8b6c5-x2x4z' },
    'payment',
    'kubernetes.labels.app',
  ],
  ['Promtail', { app: 'payment', pod: 'x-0', namespace: 'shop' }, 'payment', 'app', 'namespace'],
  ['Filebeat', { 'kubernetes.deployment.name': 'payment' }, 'payment', 'kubernetes.deployment.name'],
  ['syslog', { appname: 'payment', hostname: 'node-1' }, 'payment', 'appname'],
  ['another spelling', { app: 'payment-service' }, 'payment', 'app'],
  ['an alias', { app: 'Basket' }, 'cart', 'app'],
  ['one of two namespaces', { app: 'web', namespace: 'red' }, 'red/web', 'app', 'namespace'],
  ['no namespace where two have it', { app: 'web' }, null],
  ['a stranger', { app: 'mailer' }, null],
  ['a host alone', { host: 'payment' }, null],
  ['nothing', {}, null],
];

describe('the writer of a line', () => {
  for (const [what, labels, service, field, within] of WRITERS) {
    it(`is ${service ?? 'nobody'} by ${what}`, () => {
      const writer = writerOf(labels, names);
      assert.equal(writer?.service ?? null, service);
      if (service === null) return;
      assert.equal(writer!.selector.field, field);
      assert.deepEqual(writer!.selector.values, [labels[field!]]);
      assert.equal(writer!.selector.within?.field, within);
    });
  }

  it('is looked for by names as others may write them', () => {
    const pattern = new RegExp(
      patternFor(['shop/order-history', 'paymentservice', 'a.b'], ['Basket (old)']),
      'iu',
    );
    for (const text of ['order_history', 'Order History', 'payment', 'my-payment-0', 'a.b', 'basket (old)']) {
      assert.match(text, pattern);
    }
    for (const text of ['history', 'acb', 'shop']) assert.doesNotMatch(text, pattern);
  });

  it('is one of so many that a filter takes, and those beyond it are counted', () => {
    const selectors = Array.from({ length: MAX_VALUES + 7 }, (_, at) => ({
      field: 'pod',
      values: [`payment-${at}`],
      within: null,
    }));
    const { selectors: one, left } = joined([...selectors, ...selectors.slice(0, 3)]);
    assert.equal(one.length, 1);
    assert.equal(one[0]!.values.length, MAX_VALUES);
    assert.equal(left, 7);
  });
});

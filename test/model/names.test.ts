import assert from 'node:assert/strict';
import fc from 'fast-check';
import { AliasTable } from '../../model/identity/aliases.js';
import { nameInCloudId } from '../../model/identity/cloud.js';
import { isSameName, namesApart, plainestName, readName } from '../../model/identity/names.js';
import { workloadOfClaim, workloadOfPod } from '../../model/identity/workload.js';

describe('names of services', () => {
  const SPELLINGS = [
    'payment',
    'payment-service',
    'payment_service',
    'payment-svc',
    'shop/payment',
    'payment:8080',
    'http://payment:8080/charge',
    'payment.shop.svc',
    'payment.shop.svc.cluster.local:8080',
    'outbound|8080||payment.shop.svc.cluster.local',
    'Payment',
    'PAYMENT',
    'Payment API',
    'Payment Service',
    'PaymentService',
  ];
  for (const spelling of SPELLINGS) {
    it(`take '${spelling}' for payment`, () => assert.ok(isSameName(readName(spelling).name, 'payment')));
  }

  const OTHERS: [string, string][] = [
    ['payment', 'payment-db'],
    ['payment', 'payment-api'],
    ['payment', 'payments'],
    ['payment', 'payment-v2'],
    ['payment', 'payment-worker'],
    ['orders', 'orders-worker'],
    ['web', 'web-server'],
    ['micro', 'microservice'],
    ['redis', 'redis-exporter'],
    ['payment', 'payment.example.com'],
    ['checkout', 'checkout-web'],
  ];
  for (const [a, b] of OTHERS) {
    it(`keep ${a} and ${b} apart`, () => assert.ok(!isSameName(readName(a).name, readName(b).name)));
  }

  it('keep apart whatever has another word behind it than those that mean no other service', () => {
    const word = fc.stringMatching(/^[a-z]{2,9}$/);
    const ending = word.filter((one) => !['service', 'svc', 'headless'].includes(one));
    fc.assert(
      fc.property(word, ending, (name, other) => {
        fc.pre(!['service', 'svc', 'headless'].includes(name));
        assert.ok(!isSameName(name, `${name}-${other}`));
        assert.ok(!isSameName(`${name}-${other}`, `${other}-${name}-x`));
      }),
    );
  });

  it('mean the same in whatever way one is written', () => {
    const word = fc.stringMatching(/^[a-z]{2,8}(-[a-z]{4,6})?$/);
    const writings: ((name: string) => string)[] = [
      (name) => name.replaceAll('-', '_'),
      (name) => name.toUpperCase(),
      (name) => `${name}-service`,
      (name) => `shop/${name}`,
      (name) => `${name}:8080`,
      (name) => `https://${name}:8443/path?x=1`,
      (name) => `${name}.shop.svc.cluster.local:80`,
      (name) => `${name[0]!.toUpperCase()}${name.slice(1).replaceAll('-', ' ')} API`,
    ];
    fc.assert(
      fc.property(word, fc.constantFrom(...writings), fc.constantFrom(...writings), (name, a, b) => {
        assert.ok(isSameName(readName(a(name)).name, readName(b(name)).name));
      }),
    );
  });

  it('keep two apart that look alike when both are known', () => {
    const apart = new Set(namesApart(['mail-service', 'mail', 'cart']));
    assert.deepEqual([...apart].sort(), ['mail', 'mail-service']);
    assert.ok(!isSameName('mail', 'mail-service', apart));
    assert.ok(isSameName('mail', 'Mail', apart));
  });

  it('prefer the plainest way to write one', () => {
    assert.equal(plainestName(['payment-service', 'Payment', 'payment']), 'payment');
    assert.equal(plainestName(['Payment API', 'payment-service']), 'Payment API');
    assert.equal(plainestName(['payment-service']), 'payment-service');
  });

  it('come from aliases first, whatever their letter case', () => {
    const table = new AliasTable({ payment: ['Payments Platform', 'pay'] });
    assert.deepEqual(
      ['payments platform', 'pay:8080', 'shop/pay', 'payment', 'cart'].map((text) => table.nameFor(text)),
      ['payment', 'payment', 'payment', 'payment', null],
    );
  });

  const PODS: [pod: string, workload: string][] = [
    ['payment-7d9f8b6c5-x2x4z', 'payment'],
    ['payment-6d5f8b7c9d-abcde', 'payment'],
    ['payment-6f9d-a1b2c', 'payment'],
    ['postgres-0', 'postgres'],
    ['kps-node-exporter-t6wzx', 'kps-node-exporter'],
    ['report-28391040-x2x4z', 'report'],
    ['payment-db-0', 'payment-db'],
    ['payment', 'payment'],
    ['0', '0'],
  ];
  for (const [pod, workload] of PODS) {
    it(`read the pod ${pod} as one of ${workload}`, () => assert.equal(workloadOfPod(pod), workload));
  }

  it('read the workload off a claim of a StatefulSet', () => {
    assert.deepEqual(
      [
        'data-postgres-0',
        'redis-data-redis-master-0',
        'prometheus-kps-db-prometheus-kps-0',
        'orders-orders-12',
        'www-web-1',
        'uploads',
      ].map(workloadOfClaim),
      ['postgres', 'redis-master', 'prometheus-kps', 'orders', 'web', 'uploads'],
    );
  });

  const IDS: [id: string, name: string | null][] = [
    ['arn:aws:rds:eu-west-1:123456789012:db:orders-db', 'orders-db'],
    ['arn:aws:lambda:eu-west-1:123456789012:function:checkout:PROD', 'checkout'],
    ['arn:aws:ecs:eu-west-1:123456789012:service/main/checkout', 'checkout'],
    ['arn:aws:sqs:eu-west-1:123456789012:orders-queue', 'orders-queue'],
    ['arn:aws:dynamodb:eu-west-1:123456789012:table/carts/index/by-user', 'carts'],
    ['arn:aws:elasticloadbalancing:eu-west-1:1:loadbalancer/app/shop/50dc6c495c0c9188', 'shop'],
    ['app/shop/50dc6c495c0c9188', 'shop'],
    ['targetgroup/payment-tg/73e2d6bc24d8a067', 'payment-tg'],
    ['/subscriptions/1/resourceGroups/rg/providers/Microsoft.Web/sites/checkout', 'checkout'],
    ['//run.googleapis.com/projects/p/locations/eu/services/checkout', 'checkout'],
    ['shop/payment', null],
  ];
  for (const [id, name] of IDS) {
    it(`find ${name ?? 'none'} in ${id}`, () => assert.equal(nameInCloudId(id), name));
  }
});

import assert from 'node:assert/strict';
import { displayNames, ServiceNames } from '../../activities/collect/scope/service-names.js';
import { hostOf, isOutside } from '../../model/identity/names.js';

describe('service names', () => {
  const names = new ServiceNames([
    'payment',
    'shop/cart',
    'ledger-service',
    'a/api',
    'b/api',
    'user_profile',
  ]);
  const CASES: [raw: string, service: string | null, why: string][] = [
    ['payment', 'payment', 'stands as it is'],
    ['shop/cart', 'shop/cart', 'stands as it is, with its namespace'],
    ['payment:8080', 'payment', 'has a port'],
    ['http://payment:8080/charge?x=1', 'payment', 'is an address'],
    ['shop/payment', 'payment', 'has a namespace that the service does without'],
    ['cart', 'shop/cart', 'is in just one namespace'],
    ['api', null, 'is in two namespaces'],
    ['b/api', 'b/api', 'says which namespace'],
    ['other/cart', null, 'is in another namespace'],
    ['payment.shop', 'payment', 'is an address inside the cluster'],
    ['payment.shop.svc', 'payment', 'is an address inside the cluster'],
    ['payment.shop.svc.cluster.local:8080', 'payment', 'is a full address inside the cluster'],
    ['payment.service.consul', 'payment', "is Consul's name"],
    ['payment.example.com', null, 'leads out, whatever its first label is'],
    ['Payment', 'payment', 'differs in letter case'],
    ['payment-service', 'payment', 'has an ending that means no other service'],
    ['ledger', 'ledger-service', 'lacks such an ending'],
    ['user-profile-svc', 'user_profile', 'differs in punctuation and ending'],
    ['10.1.2.3:8080', null, 'is an IP address'],
    ['[::1]:8080', null, 'is an IPv6 address'],
    ['', null, 'is empty'],
  ];
  for (const [raw, service, why] of CASES) {
    it(`reads '${raw}' as ${service ?? 'nobody'}, since it ${why}`, () =>
      assert.equal(names.resolve(raw), service));
  }

  it('does not guess when an ending fits two', () => {
    const twins = new ServiceNames(['mail-server', 'mail-service']);
    assert.equal(twins.resolve('mail'), null);
    assert.equal(twins.resolve('mail-service'), 'mail-service');
  });

  it('goes by the aliases of the configuration first, in either direction', () => {
    const aliases = { payment: ['pay-core', 'Payments Platform'], ledger: [] };
    const ofMetrics = new ServiceNames(['pay-core', 'pay', 'ledger'], aliases);
    assert.deepEqual(
      ['payment', 'payments platform', 'pay-core:80', 'pay', 'ledger-svc'].map((raw) =>
        ofMetrics.resolve(raw),
      ),
      ['pay-core', 'pay-core', 'pay-core', 'pay', 'ledger'],
    );
  });

  it('takes the namespace of an alert to tell one of two', () => {
    const twins = new ServiceNames(['prod/api', 'staging/api', 'web']);
    assert.equal(twins.resolveIn('api', ['prod']), 'prod/api');
    assert.equal(twins.resolveIn('api', ['prod', 'staging']), null);
    assert.equal(twins.resolveIn('web', ['prod']), 'web');
  });

  it('shows names without their namespace unless two have it', () => {
    assert.deepEqual(
      [...displayNames(['shop/payment', 'a/api', 'b/api', 'cart'])],
      [
        ['shop/payment', 'payment'],
        ['a/api', 'a/api'],
        ['b/api', 'b/api'],
        ['cart', 'cart'],
      ],
    );
  });

  it('knows which addresses lead out', () => {
    assert.deepEqual(
      [
        'api.stripe.com:443',
        'https://api.stripe.com/v1',
        'payment',
        'payment.shop.svc',
        'db.internal',
        '10.0.0.1',
        'a.b',
      ].filter(isOutside),
      ['api.stripe.com:443', 'https://api.stripe.com/v1'],
    );
  });

  it('takes scheme, path and port off an address', () => {
    assert.deepEqual(
      ['http://a.b:80/c', 'a:1', 'ns/a', '[fe80::1]:9100', 'fe80::1', '10.0.0.1:9100'].map(hostOf),
      ['a.b', 'a', 'ns/a', 'fe80::1', 'fe80::1', '10.0.0.1'],
    );
  });
});

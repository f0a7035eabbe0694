import assert from 'node:assert/strict';
import { chooseChecks } from '../../analysis/checks/choose.js';
import type { Candidate, Hypothesis } from '../../analysis/checks/reliability.js';
import type { FaultKind } from '../../model/diagnosis.js';

const BUDGET = { most: 20, seconds: 1000 };

interface Named extends Candidate {
  id: string;
}

function check(id: string, service: string, tells: FaultKind[], more: Partial<Candidate> = {}): Named {
  return { id, service, tells, isGeneral: tells.length === 0, by: 'probe', seconds: 5, ...more };
}

const believe = (service: string, kind: FaultKind, belief: number): Hypothesis => ({ service, kind, belief });
const ids = (chosen: Named[]): string[] => chosen.map(({ id }) => id);

describe('the choice of checks', () => {
  const beliefs = [
    believe('orders', 'pool-saturation', 0.45),
    believe('payment', 'memory', 0.4),
    believe('payment', 'cpu', 0.02),
    believe('cart', 'disk', 0.01),
  ];

  it('takes first what separates the leading hypotheses, and leaves what tells next to nothing', () => {
    const chosen = chooseChecks(
      [
        check('cart-disk', 'cart', ['disk']),
        check('payment-cpu', 'payment', ['cpu']),
        check('payment-memory', 'payment', ['memory']),
        check('orders-pool', 'orders', ['pool-saturation']),
        check('stranger', 'elsewhere', ['disk']),
      ],
      beliefs,
      BUDGET,
    );
    assert.deepEqual(ids(chosen).slice(0, 2).sort(), ['orders-pool', 'payment-memory']);
    assert.ok(!ids(chosen).includes('stranger'), 'one of a service that nobody suspects');
  });

  it('prefers another question to the same one again', () => {
    const again = ['a', 'b', 'c'].map((id) => check(id, 'orders', ['pool-saturation']));
    const chosen = chooseChecks([...again, check('payment-memory', 'payment', ['memory'])], beliefs, BUDGET);
    assert.equal(ids(chosen)[1], 'payment-memory');
  });

  it('prefers a look at the suspect to a metric', () => {
    const metric = check('metric', 'orders', ['pool-saturation'], { by: 'query' });
    const probe = check('probe', 'orders', ['pool-saturation']);
    assert.equal(ids(chooseChecks([metric, probe], beliefs, BUDGET))[0], 'probe');
  });

  it('keeps to the number and to the time, and passes over what no longer fits', () => {
    const checks = [
      check('long', 'orders', ['pool-saturation'], { seconds: 25 }),
      check('short', 'payment', ['memory'], { seconds: 10 }),
      check('other', 'payment', ['cpu'], { seconds: 10 }),
    ];
    assert.deepEqual(ids(chooseChecks(checks, beliefs, { most: 1, seconds: 1000 })), ['long']);
    assert.deepEqual(ids(chooseChecks(checks, beliefs, { most: 20, seconds: 20 })), ['short', 'other']);
    assert.deepEqual(chooseChecks(checks, beliefs, { most: 20, seconds: 5 }), []);
  });

  it('runs nothing where one hypothesis is certain or nobody is suspected', () => {
    const checks = [check('orders-pool', 'orders', ['pool-saturation'])];
    assert.deepEqual(chooseChecks(checks, [believe('orders', 'pool-saturation', 1)], BUDGET), []);
    assert.deepEqual(chooseChecks(checks, [], BUDGET), []);
  });

  it('chooses among two hundred within a second, whatever their order', () => {
    const services = ['a', 'b', 'c'];
    const kinds: FaultKind[] = ['cpu', 'memory', 'disk', 'network', 'pool-saturation', 'quota'];
    const suspects = services.flatMap((service) =>
      kinds.map((kind, i) => believe(service, kind, 0.05 - i / 200)),
    );
    const checks = Array.from({ length: 200 }, (_, i) =>
      check(`c${i}`, services[i % 3]!, [kinds[i % kinds.length]!], { seconds: 1 + (i % 7) / 100 }),
    );
    const started = performance.now();
    const chosen = chooseChecks(checks, suspects, { most: 50, seconds: 1000 });
    assert.ok(performance.now() - started < 1000, `${performance.now() - started} ms`);
    assert.ok(chosen.length <= 50 && chosen.length > 5, `${chosen.length} chosen`);
    const kindsOf = (some: Named[]) => some.map(({ service, tells }) => `${service} ${tells[0]}`).slice(0, 5);
    assert.deepEqual(
      kindsOf(chooseChecks([...checks].reverse(), suspects, BUDGET)).sort(),
      kindsOf(chosen).sort(),
    );
  });
});

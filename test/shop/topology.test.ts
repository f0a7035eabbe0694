import assert from 'node:assert/strict';
import { change } from '../../model/change.js';
import { DeployLog } from '../../examples/shop/control/deploy-log.js';
import { badConfigOf, FAULTS, parseFault } from '../../examples/shop/fault-catalog.js';
import { JOURNEYS, pickJourney, seededRandom } from '../../examples/shop/load/journeys.js';
import { callEdges, EDGE, goodSettings, specOf, TOPOLOGY } from '../../examples/shop/topology.js';

/** Longest chain of calls below each service. @throws on a circle. */
function depths(): Map<string, number> {
  const known = new Map<string, number>();
  const visit = (service: string, above: string[]): number => {
    assert.ok(!above.includes(service), `circle: ${[...above, service].join(' -> ')}`);
    const callees = callEdges().filter(({ caller }) => caller === service);
    const depth = Math.max(0, ...callees.map(({ callee }) => 1 + visit(callee, [...above, service])));
    known.set(service, depth);
    return depth;
  };
  for (const service of Object.keys(TOPOLOGY)) visit(service, []);
  return known;
}

describe('the topology of the shop', () => {
  it('has no circle, and four calls one below the other', () => {
    assert.equal(depths().get(EDGE), 4);
  });

  it('shares the database between services', () => {
    const callers = callEdges()
      .filter(({ callee }) => callee === 'database')
      .map(({ caller }) => caller);
    assert.deepEqual(callers.sort(), ['cart', 'catalog', 'ledger']);
  });

  it('guards every call, and calls only what is there', () => {
    for (const [service, spec] of Object.entries(TOPOLOGY)) {
      const called = callEdges()
        .filter(({ caller }) => caller === service)
        .map(({ callee }) => callee);
      assert.deepEqual(
        Object.keys(spec.dependencies).sort(),
        called.sort(),
        `${service}: guards and calls differ`,
      );
      for (const { to, operation } of Object.values(spec.operations).flatMap((o) => o.stages.flat())) {
        assert.ok(specOf(to).operations[operation], `${service} calls ${to}.${operation}`);
      }
    }
  });
});

describe('the faults of the shop', () => {
  it('cover every injection and at least ten names, each but once', () => {
    assert.ok(FAULTS.length >= 10);
    assert.equal(new Set(FAULTS.map(({ name }) => name)).size, FAULTS.length);
    assert.equal(new Set(FAULTS.map(({ injection }) => injection)).size, 17);
  });

  it('blame the provider when the external service is at fault', () => {
    assert.equal(parseFault('bank-latency').kind, 'external-provider');
    assert.equal(parseFault('payment-latency').kind, 'unknown');
  });

  it('say what was expected when a name makes no sense', () => {
    assert.throws(() => parseFault('payment'), /expected <service>-<latency\|errors/);
    assert.throws(() => parseFault('pricing-latency'), /service: expected one of storefront/);
    assert.throws(() => parseFault('currency-pool'), /currency-pool: expected a service that calls others/);
    assert.throws(() => parseFault('bank-config'), /bank is external, expected latency, errors or down/);
  });

  it('change a setting with every bad configuration', () => {
    for (const [service, spec] of Object.entries(TOPOLOGY)) {
      const good = goodSettings(spec);
      assert.notDeepEqual(badConfigOf(service, spec).apply(good), good, service);
    }
  });
});

describe('the deploy log of the shop', () => {
  it('begins with innocent changes and speaks the shape of the model', () => {
    const now = 1_790_000_000;
    const log = new DeployLog(now);
    log.add({ service: 'cart', kind: 'config', title: 'cart: smaller pool' }, now + 5);
    const all = log.all().map((entry) => change.parse(entry));
    assert.ok(all.filter(({ time }) => time < now).length >= 3);
    assert.equal(all.at(-1)?.time, now + 5);
    assert.equal(new Set(all.map(({ id }) => id)).size, all.length);
  });
});

describe('the journeys of the customers', () => {
  it('follow the agreed mix', () => {
    const random = seededRandom(7);
    const lengths = [2, 2, 3];
    assert.deepEqual(
      JOURNEYS.map(({ steps }) => steps.length),
      lengths,
    );
    const counts = new Map<string, number>();
    for (let i = 0; i < 20_000; i++) {
      const steps = pickJourney(random);
      const name = JOURNEYS.find((journey) => journey.steps === steps)?.name ?? 'none';
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    for (const { name, share } of JOURNEYS) {
      assert.ok(
        Math.abs((counts.get(name) ?? 0) / 20_000 - share) < 0.02,
        `${name}: ${counts.get(name) ?? 0}`,
      );
    }
  });

  it('repeat themselves for the same seed only', () => {
    const draw = (seed: number): number[] => {
      const random = seededRandom(seed);
      return Array.from({ length: 5 }, random);
    };
    assert.deepEqual(draw(3), draw(3));
    assert.notDeepEqual(draw(3), draw(4));
  });
});

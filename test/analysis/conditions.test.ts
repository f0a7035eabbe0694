import assert from 'node:assert/strict';
import { diagnose } from '../../analysis/index.js';
import type { Change } from '../../model/change.js';
import { conditionKind, type Condition, type ConditionKind } from '../../model/condition.js';
import type { Diagnosis, FaultKind } from '../../model/diagnosis.js';
import type { Series } from '../../model/series.js';
import { ALERT, calls, inputOf, of } from '../support/small-system.js';

const CALLS: [string, string][] = [
  ['front', 'orders'],
  ['orders', 'stock'],
  ['front', 'mail'],
];

/** Only the front is measured: that something fails below it, and nothing of what. */
const FAILING = [of('front', 'errors', 0.001, 0.5), of('front', 'traffic', 50, 50)];

function conditionOf(kind: ConditionKind, more: Partial<Condition> = {}): Condition {
  return {
    ...{ kind, service: 'stock', host: null, object: 'pod shop/stock-1', since: ALERT - 30, until: null },
    ...{ message: 'in the words of the platform', count: 1, source: 'cluster', link: null },
    ...more,
  };
}

function diagnosed(
  conditions: Condition[] | null,
  series: Series[] = FAILING,
  changes: Change[] = [],
): Diagnosis {
  const input = inputOf('errors', CALLS, series);
  const placements = [{ service: 'stock', host: 'node-1', learntFrom: { source: 'test', seenAt: null } }];
  return diagnose({ ...input, graph: { ...input.graph, placements }, conditions, changes });
}

/** What the states of a service weigh in the ranking. */
function weightOf({ suspects }: Diagnosis, service: string): number {
  const evidence = suspects.find((suspect) => suspect.service === service)?.evidence ?? [];
  return evidence.reduce((sum, { kind, weight }) => sum + (kind === 'state' ? weight : 0), 0);
}

const FAULTS: Record<ConditionKind, FaultKind> = {
  'crash-loop': 'start-failure',
  'out-of-memory': 'memory',
  'image-pull': 'start-failure',
  'start-failed': 'start-failure',
  'probe-failing': 'probe',
  unschedulable: 'scheduling',
  evicted: 'host',
  'not-ready': 'dependency-down',
  'node-not-ready': 'host',
  'node-pressure': 'host',
  'quota-exceeded': 'quota',
  'at-scale-limit': 'quota',
  'scaled-to-zero': 'configuration',
  'rollout-stuck': 'start-failure',
  'no-endpoints': 'routing',
  'selects-nothing': 'routing',
  'traffic-denied': 'routing',
  'job-failed': 'start-failure',
  'volume-failed': 'disk',
  'certificate-expired': 'certificate',
  'provider-outage': 'external-provider',
};

describe('what a platform says of services', () => {
  for (const kind of ['quota-exceeded', 'image-pull', 'unschedulable'] as const) {
    it(`${kind} is why a service is down whose metrics end`, () => {
      const gone = [...FAILING, of('stock', 'cpu', 0.2, null), of('stock', 'memory', 2e8, null)];
      assert.equal(diagnosed([], gone).suspects[0]?.faultKind, 'dependency-down');
      assert.equal(diagnosed([conditionOf(kind)], gone).suspects[0]?.faultKind, FAULTS[kind]);
    });
  }

  it('metrics alone name neither the service nor the fault', () => {
    const { verdict } = diagnosed(null);
    assert.notEqual(verdict.service, 'stock');
    assert.equal(verdict.faultKind, diagnosed([]).verdict.faultKind);
    assert.ok(!Object.values(FAULTS).some((kind) => kind !== 'configuration' && kind === verdict.faultKind));
  });

  for (const kind of conditionKind.options) {
    it(`${kind} names the service and is ${FAULTS[kind]}`, () => {
      const ofNode = kind.startsWith('node-') ? { service: null, host: 'node-1', object: 'node node-1' } : {};
      const { suspects } = diagnosed([conditionOf(kind, ofNode)]);
      const stock = suspects.find(({ service }) => service === 'stock');
      assert.equal(stock?.faultKind, FAULTS[kind]);
      assert.ok(stock.evidence.some((one) => one.kind === 'state' && one.stance === 'for' && one.weight > 0));
    });
  }

  const SURE: ConditionKind[] = [
    ...(['crash-loop', 'out-of-memory', 'image-pull', 'start-failed', 'unschedulable'] as const),
    ...(['quota-exceeded', 'scaled-to-zero', 'traffic-denied', 'selects-nothing', 'no-endpoints'] as const),
    ...(['certificate-expired', 'volume-failed', 'provider-outage', 'probe-failing'] as const),
  ];
  for (const kind of SURE) {
    it(`${kind} decides where metrics cannot`, () => {
      const { verdict } = diagnosed([conditionOf(kind)]);
      assert.equal(verdict.service, 'stock');
      assert.equal(verdict.faultKind, FAULTS[kind]);
      assert.notEqual(verdict.level, 'inconclusive');
    });
  }

  it('also where not even the alert is to be seen in metrics', () => {
    const { verdict } = diagnosed([conditionOf('image-pull')], []);
    assert.equal(verdict.service, 'stock');
    assert.equal(verdict.faultKind, 'start-failure');
  });

  it('of an old state of another service says next to nothing', () => {
    const decoy = conditionOf('crash-loop', {
      service: 'mail',
      object: 'pod shop/mail-1',
      since: ALERT - 7 * 86_400,
    });
    const both = diagnosed([decoy, conditionOf('image-pull')]);
    assert.equal(both.verdict.service, 'stock');
    const series = [
      ...FAILING,
      of('stock', 'errors', 0.001, 0.5),
      calls('orders', 'stock', 'errors', 0.001, 0.5),
    ];
    assert.equal(diagnosed(null, series).verdict.service, diagnosed([decoy], series).verdict.service);
    assert.ok(weightOf(diagnosed([decoy]), 'mail') < 0.5);
  });

  it('of a service that no call links to the alert says less', () => {
    const stranger = { service: 'batch', object: 'pod jobs/batch-1' };
    const linked = diagnosed([conditionOf('crash-loop')]);
    const apart = diagnosed([conditionOf('crash-loop', stranger)]);
    assert.ok(weightOf(apart, 'batch') < 0.5 * weightOf(linked, 'stock'));
    assert.notEqual(apart.verdict.service, 'batch');
  });

  it('of a service whose work shows no harm says less: the old instances serve on', () => {
    const serving = [...FAILING, of('stock', 'errors', 0.001, 0.001), of('stock', 'traffic', 50, 50)];
    const harmless = weightOf(diagnosed([conditionOf('image-pull')], serving), 'stock');
    assert.ok(harmless < 0.5 * weightOf(diagnosed([conditionOf('image-pull')]), 'stock'));
  });

  it('is worth less the longer before or after the onset it began, and nothing once it was over', () => {
    const began = (since: number, until: number | null = null): number =>
      weightOf(diagnosed([conditionOf('crash-loop', { since, until })]), 'stock');
    const near = began(ALERT - 60);
    assert.ok(near > began(ALERT - 1500) && began(ALERT - 1500) > began(ALERT - 6000));
    assert.ok(near > began(ALERT + 250) && began(ALERT + 250) > began(ALERT + 1500));
    assert.ok(began(ALERT - 1700, ALERT - 1600) < 0.2);
  });

  it('names what others follow from: pods that cannot start leave no endpoint and a rollout that is stuck', () => {
    const follows = (['no-endpoints', 'rollout-stuck', 'not-ready'] as const).map((kind) =>
      conditionOf(kind, { since: ALERT - 10, object: `${kind} of shop/stock` }),
    );
    const { verdict, suspects } = diagnosed([
      ...follows,
      conditionOf('quota-exceeded', { since: ALERT - 20 }),
    ]);
    assert.equal(verdict.faultKind, 'quota');
    assert.equal(suspects[0]!.evidence.filter(({ kind }) => kind === 'state').length, 1);
  });

  it('of a service explains the probes and the crashes of who needs it', () => {
    const below = conditionOf('selects-nothing', { object: 'service shop/stock', since: ALERT - 60 });
    for (const kind of ['probe-failing', 'not-ready', 'crash-loop'] as const) {
      const above = conditionOf(kind, { service: 'orders', object: 'pod shop/orders-1', since: ALERT - 30 });
      const { verdict } = diagnosed([above, below]);
      assert.deepEqual([verdict.service, verdict.faultKind], ['stock', 'routing'], kind);
    }
    const first = conditionOf('crash-loop', {
      service: 'orders',
      object: 'pod shop/orders-1',
      since: ALERT - 90,
    });
    const { suspects } = diagnosed([first, conditionOf('probe-failing', { since: ALERT - 20 })]);
    const against = suspects
      .find(({ service }) => service === 'orders')!
      .evidence.filter(({ stance }) => stance === 'against');
    assert.deepEqual(against, []);
  });

  it('confirms nothing when it began after the onset', () => {
    const late = conditionOf('crash-loop', { since: ALERT + 240 });
    const series = [
      ...FAILING,
      of('stock', 'errors', 0.001, 0.5),
      calls('orders', 'stock', 'errors', 0.001, 0.5),
    ];
    const state = diagnosed([late], series)
      .suspects.flatMap(({ evidence }) => evidence)
      .find(({ kind }) => kind === 'state');
    assert.ok(state!.weight < 1, `${state!.weight}`);
  });

  it('stays the kind of fault beside the deploy that brought it', () => {
    const change: Change = {
      ...{
        id: 'r7',
        kind: 'deploy',
        time: ALERT - 40,
        service: 'stock',
        title: 'Rollout of shop/stock: 1.2 -> 1.3',
      },
      ...{ details: '', files: [], author: null, link: null, source: 'cluster' },
    };
    const { verdict } = diagnosed([conditionOf('image-pull')], FAILING, [change]);
    assert.equal(verdict.service, 'stock');
    assert.equal(verdict.faultKind, 'start-failure');
    assert.equal(verdict.changeId, 'r7');
  });

  it('is told with its object, its time and its words', () => {
    const { suspects } = diagnosed([conditionOf('image-pull', { count: 4 })]);
    const [state] = suspects[0]!.evidence.filter(({ kind }) => kind === 'state');
    assert.match(
      state!.statement,
      /^pod shop\/stock-1 cannot pull its image, from .* on, 4 times \(in the words/u,
    );
  });
});

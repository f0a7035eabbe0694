import assert from 'node:assert/strict';
import { CancelledFailure } from '@temporalio/common';
import { createRunChecks, runChecks } from '../../activities/check/run-checks.js';
import { QueryTimeout } from '../../activities/collect/metrics/source/errors.js';
import { checkResult, type CheckResult } from '../../model/check.js';
import type { FaultKind } from '../../model/diagnosis.js';
import type { Gap } from '../../model/gap.js';
import { FakeSource, type FakeOptions } from '../support/fake-source.js';
import { bindingOf, collectDeps, runActivity, scopeOf, testConfig } from '../support/scopes.js';
import { checksOf } from '../support/suspects.js';

const learntFrom = { source: 'test', seenAt: null };
const SCOPE = scopeOf(
  ['payment', 'bank'],
  [bindingOf('otel-http/stable'), bindingOf('targets'), bindingOf('runtime'), bindingOf('node-exporter')],
  {
    graph: {
      services: ['payment', 'bank'],
      edges: [],
      placements: [{ service: 'payment', host: 'n1', learntFrom }],
      external: ['bank'],
    },
  },
);

async function check(
  options: FakeOptions,
  service = 'payment',
  faultKind: FaultKind = 'unknown',
): Promise<{ checks: CheckResult[]; gaps: Gap[]; source: FakeSource }> {
  const source = new FakeSource(options);
  const deps = await collectDeps(source);
  const look = { signal: new AbortController().signal };
  const result = await runChecks(deps, { scope: SCOPE, ...checksOf(service, faultKind) }, look);
  for (const one of result.checks) checkResult.parse(one);
  return { ...result, source };
}

const named = (checks: CheckResult[], name: string): CheckResult => {
  const found = checks.find((one) => one.check === name);
  assert.ok(found, `no check ${name} among ${checks.map((one) => one.check).join(', ')}`);
  return found;
};

describe('diagnostic checks', () => {
  it('state what they found, with the number that decided, and keep the query', async () => {
    const { checks, gaps } = await check({
      answer: (query) =>
        query.includes('up{')
          ? [[{ job: 'payment' }, 0.5]]
          : query.includes('nodejs_eventloop')
            ? [[{ job: 'payment' }, 0.4236]]
            : [],
    });
    const up = named(checks, 'targets-up');
    assert.deepEqual(
      [up.outcome, up.statement, up.speaksFor, up.service, up.source, up.query],
      [
        'failed',
        'only 50 % of the targets of payment answer',
        'dependency-down',
        'payment',
        'fake',
        'avg by (job) (up{job="payment"})',
      ],
    );
    const loop = named(checks, 'event-loop-busy');
    assert.deepEqual(
      [loop.outcome, loop.statement],
      ['passed', 'the event loop of payment is busy 42.4 % of the time, below 85 %'],
    );
    assert.deepEqual(gaps, []);
  });

  it('of one’s own run with those of the packs, for the service that another spelling names, and for no other', async () => {
    const own = { id: 'name', type: 'dns', service: 'payment-service', hostname: 'nowhere.invalid' };
    const deps = await collectDeps(new FakeSource({}), testConfig({ checks: { list: [own] } }));
    const look = { signal: new AbortController().signal };
    const of = async (service: string): Promise<CheckResult[]> =>
      (await runChecks(deps, { scope: SCOPE, ...checksOf(service) }, look)).checks;
    const { outcome, service } = named(await of('payment'), 'name');
    assert.deepEqual([outcome, service], ['failed', 'payment']);
    assert.ok((await of('bank')).every(({ check }) => check !== 'name'));
  });

  it('look at the end of the window that was analysed, and wait no longer than ten seconds', async () => {
    const { source } = await check({});
    for (const { time, window, options } of source.asked) {
      assert.deepEqual([time, window, options.timeoutSeconds], [SCOPE.window.end, null, 10]);
    }
  });

  it('could not run where there is no data: that is evidence of nothing', async () => {
    const { checks } = await check({ answer: () => [[{ job: 'payment' }, NaN]] });
    assert.deepEqual(new Set(checks.map(({ outcome }) => outcome)), new Set(['could-not-run']));
    assert.equal(named(checks, 'targets-up').statement, 'the source has no data on this for payment');
  });

  it('could not run when the query fails or the answer is partial, beside others that do', async () => {
    const { checks, gaps, source } = await check({
      answer: (query) => {
        if (query.includes('up{'))
          throw new QueryTimeout({ operation: 'instant query', endpoint: 'x' }, 'no answer within 10 s');
        return query.includes('nodejs') ? [[{}, 0.99]] : [];
      },
    });
    assert.deepEqual(
      [named(checks, 'targets-up').outcome, named(checks, 'targets-up').statement],
      ['could-not-run', 'no answer within 10 s'],
    );
    assert.equal(named(checks, 'event-loop-busy').outcome, 'failed');
    assert.deepEqual(gaps, [
      { source: 'fake', what: 'the check targets-up of payment', reason: 'no answer within 10 s' },
    ]);
    assert.ok(source.asked.every(({ options }) => options.complete === true));
  });

  it('take the worst of several values', async () => {
    const { checks } = await check({
      answer: (query) =>
        query.includes('up{')
          ? [
              [{ a: '1' }, 1],
              [{ a: '2' }, 0],
            ]
          : [],
    });
    assert.equal(named(checks, 'targets-up').outcome, 'failed');
  });

  it('look at the hosts of the suspect too, by their own names', async () => {
    const { checks, source } = await check({
      answer: (query) => (query.includes('mode="idle"') ? [[{ instance: 'n1:9100' }, 0.99]] : []),
    });
    const host = named(checks, 'host-cpu');
    assert.deepEqual([host.outcome, host.service, host.speaksFor], ['failed', 'payment', 'host']);
    assert.equal(host.statement, 'the CPU of host n1 is busy 99 % of the time');
    assert.ok(source.asked.some(({ query }) => query.includes('instance=~"(?:n1)')));
  });

  it('ask the callers of a service outside our control, and nobody else', async () => {
    const { checks } = await check(
      {
        answer: (query) =>
          query.includes('/ sum by (server_address)') ? [[{ server_address: 'bank' }, 0.3]] : [],
      },
      'bank',
    );
    assert.deepEqual(
      checks.map((one) => [one.check, one.outcome]),
      [
        ['callers-errors', 'failed'],
        ['callers-latency', 'could-not-run'],
      ],
    );
    assert.equal(checks[0]!.statement, '30 % of the calls to bank fail');
    assert.match(checks[0]!.query!, /server_address=~"\(\?:bank\)/);
    assert.ok(!(await check({})).checks.some((one) => one.check.startsWith('callers-')));
  });

  it('begin with those that speak for what is suspected', async () => {
    const { checks } = await check({}, 'payment', 'dependency-down');
    assert.equal(checks[0]!.check, 'targets-up');
  });

  it('ask a query of one’s own, and judge its worst value', async () => {
    const own = {
      ...{ id: 'backlog', type: 'promql', service: 'payment', query: 'sum(backlog{service="$name"})' },
      ...{ failsWhen: { op: '>=', value: 1000 }, unit: 's', speaksFor: 'pool-saturation' },
    };
    const told = async (...values: number[]): Promise<unknown[]> => {
      const source = new FakeSource({
        answer: (query) =>
          query === 'sum(backlog{service="payment"})'
            ? values.map((value, i) => [{ shard: String(i) }, value])
            : [],
      });
      const deps = await collectDeps(source, testConfig({ checks: { list: [own] } }));
      const look = { signal: new AbortController().signal };
      const { checks } = await runChecks(deps, { scope: SCOPE, ...checksOf('payment') }, look);
      const { outcome, statement, speaksFor } = named(checks, 'backlog');
      return [outcome, statement, speaksFor];
    };
    assert.deepEqual(await told(5, 1200), ['failed', '20 min is at or above 16.7 min', 'pool-saturation']);
    assert.deepEqual(await told(5, 60), ['passed', '60 s is not at or above 16.7 min', 'pool-saturation']);
    assert.equal((await told())[0], 'could-not-run');
  });

  it('run the chosen ones alone, name the zones of others, and count those that were left', async () => {
    const tcp = { type: 'tcp', service: 'payment', target: '10.9.8.7:80', timeoutSeconds: 1 };
    const list = [
      { ...tcp, id: 'here' },
      { ...tcp, id: 'there', zone: 'eu-2' },
    ];
    const config = testConfig({ checks: { list, most: 2 } });
    const deps = await collectDeps(new FakeSource({}), config);
    const ask = (zone: string | null) =>
      runChecks(
        deps,
        { scope: SCOPE, ...checksOf('payment', 'dependency-down'), zone },
        { signal: new AbortController().signal },
      );
    const [here, there] = [await ask(null), await ask('eu-2')];
    assert.deepEqual(
      [here, there].map(({ checks, zones }) => [checks.map((one) => one.check), zones]),
      [
        [['here'], ['eu-2']],
        [['there'], []],
      ],
    );
    assert.ok(here.left > 2 && here.left === there.left, `${here.left} and ${there.left} left`);
  });

  it('end when they are cancelled', async () => {
    const deps = await collectDeps(new FakeSource({}));
    const running = runActivity(createRunChecks(deps).runChecks, {
      scope: SCOPE,
      ...checksOf('payment', 'cpu'),
    });
    running.cancel();
    await assert.rejects(running.result, CancelledFailure);
  });

  it('that several packs have count once: the first that has data on the service', async () => {
    const istio = { service: 'destination_canonical_service' };
    const packs = ['istio/sidecar', 'istio/waypoint', 'istio/source'].map((name) => bindingOf(name, istio));
    const traffic = async (reporter: string): Promise<CheckResult[]> => {
      const source = new FakeSource({
        answer: (query) =>
          query.includes(`reporter="${reporter}"`) ? [[{ destination_canonical_service: 'payment' }, 3]] : [],
      });
      const input = { scope: scopeOf(['payment'], packs), ...checksOf('payment') };
      return (await runChecks(await collectDeps(source), input, { signal: new AbortController().signal }))
        .checks;
    };
    for (const reporter of ['destination', 'waypoint']) {
      const [check, ...others] = await traffic(reporter);
      assert.deepEqual(others, []);
      assert.equal(check?.outcome, 'failed');
      assert.match(check.query ?? '', new RegExp(`reporter="${reporter}"`));
    }
    assert.deepEqual(
      (await traffic('nobody')).map(({ outcome }) => outcome),
      ['could-not-run'],
    );
  });
});

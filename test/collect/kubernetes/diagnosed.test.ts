import assert from 'node:assert/strict';
import { collectChanges } from '../../../activities/collect/changes/collect-changes.js';
import { readKubernetesChanges } from '../../../activities/collect/kubernetes/changes/index.js';
import { readKubernetesState } from '../../../activities/collect/kubernetes/conditions/index.js';
import { planScope } from '../../../activities/collect/scope/plan-scope.js';
import { diagnose } from '../../../analysis/index.js';
import type { FaultKind } from '../../../model/diagnosis.js';
import { FakeSource } from '../../support/fake-source.js';
import { scenario } from '../../support/kubernetes-scenario.js';
import { clusterAt, scopeAt } from '../../support/kubernetes-scope.js';
import { KubernetesServer, written, type Objects } from '../../support/kubernetes-server.js';
import { alertOn, collectDeps, NO_LIMITS, testConfig } from '../../support/scopes.js';
import { ALERT, inputOf, of } from '../../support/small-system.js';

/** Two minutes after the alert began, which is when the troubles of the scenario did. */
const NOW = ALERT + 110;

const FAULTS: [service: string, FaultKind][] = [
  ['payment', 'start-failure'],
  ['cart', 'memory'],
  ['catalog', 'start-failure'],
  ['checkout', 'start-failure'],
  ['search', 'scheduling'],
  ['ads', 'probe'],
  ['orders', 'quota'],
  ['gateway', 'routing'],
  ['ledger', 'routing'],
  ['db', 'disk'],
  ['auth', 'certificate'],
];

/**
 * The scenario with the trouble of one service alone, and with healthy pods of the front, all written before the alert.
 */
function onlyOf(service: string): Objects {
  const names = new RegExp(`\\b${service}\\b|/pods.*\\bfront\\b`);
  return written(
    scenario(NOW).filter(({ path, body }) => names.test(JSON.stringify({ path, body }))),
    ALERT - 20,
  );
}

describe('an incident in a cluster', () => {
  const servers: KubernetesServer[] = [];
  const start = async (objects: Objects): Promise<KubernetesServer> => {
    const server = await KubernetesServer.start(objects, NOW);
    servers.push(server);
    return server;
  };
  after(() => Promise.all(servers.map((server) => server.close())));

  for (const [service, kind] of FAULTS) {
    it(`of ${service} is told as ${kind} at ${service}, where metrics show no more than the front`, async () => {
      const server = await start(onlyOf(service));
      const services = ['front', service, 'other'];
      const learntFrom = { source: 'test', seenAt: null };
      const graph = {
        ...scopeAt(NOW).graph,
        services,
        edges: [{ caller: 'front', callee: service, learntFrom }],
      };
      const request = { scope: { ...scopeAt(NOW), services, graph }, aliases: {} };
      const window = { from: ALERT - 3600, to: NOW };
      const [state, changed] = await Promise.all([
        readKubernetesState(clusterAt(server.url), request, NO_LIMITS),
        readKubernetesChanges(clusterAt(server.url), { ...request, window }, NO_LIMITS),
      ]);
      const series = [of('front', 'errors', 0.001, 0.5), of('front', 'traffic', 50, 50)];
      const calls: [string, string][] = [
        ['front', service],
        ['front', 'other'],
      ];
      const input = inputOf('errors', calls, series);
      const without = diagnose({ ...input, changes: changed.changes }).verdict;
      const { verdict } = diagnose({ ...input, ...changed, conditions: state.conditions });
      assert.deepEqual([verdict.service, verdict.faultKind], [service, kind]);
      assert.notDeepEqual([without.service, without.faultKind], [service, kind]);
    });
  }

  it('is planned with the nodes on which its services run, and read with the changes of the cluster', async () => {
    const server = await start(written(scenario(NOW), NOW));
    const kubernetes = [{ type: 'address', name: 'eu-1', url: server.url }];
    const source = new FakeSource({
      names: ['http_server_request_duration_seconds_count', 'up'],
      answer: (query) =>
        query.startsWith('count by')
          ? [
              [{ job: 'payment' }, 10],
              [{ job: 'stock' }, 10],
            ]
          : query.includes('count_over_time(up')
            ? [[{}, 15]]
            : [],
    });
    const deps = await collectDeps(source, testConfig({ kubernetes }));
    const anomalies = [alertOn('payment', { startedAt: NOW - 60 })];
    const scope = await planScope(deps, { environment: 'test', anomalies, now: NOW }, NO_LIMITS);
    assert.deepEqual(
      scope.graph.placements.map(({ service, host, learntFrom }) => [service, host, learntFrom.source]),
      [
        ['payment', 'node-2', 'kubernetes eu-1'],
        ['stock', 'node-1', 'kubernetes eu-1'],
      ],
    );
    const { changes } = await collectChanges(deps, scope, NO_LIMITS);
    assert.ok(changes.some(({ source: from, kind }) => from === 'eu-1' && kind === 'deploy'));
  });

  it('is planned without a cluster that is away: a gap says so', async () => {
    const kubernetes = [{ type: 'address', name: 'eu-1', url: 'http://127.0.0.1:9' }];
    const source = new FakeSource({ names: ['up'], answer: () => [[{ job: 'payment' }, 1]] });
    const deps = await collectDeps(source, testConfig({ kubernetes }));
    const anomalies = [alertOn('payment', { startedAt: NOW - 60 })];
    const limits = { ...NO_LIMITS, canRetry: () => true };
    const { gaps } = await planScope(deps, { environment: 'test', anomalies, now: NOW }, limits);
    assert.ok(gaps.some((gap) => gap.source === 'eu-1' && gap.reason === 'connection refused'));
  });
});

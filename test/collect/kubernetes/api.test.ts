import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KubernetesApi, MAX_OBJECTS } from '../../../activities/collect/kubernetes/api.js';
import { readKubernetesState } from '../../../activities/collect/kubernetes/conditions/index.js';
import { KINDS } from '../../../activities/collect/kubernetes/kinds.js';
import { openTransport } from '../../../activities/collect/kubernetes/transport.js';
import { SourceBusy, SourceUnavailable } from '../../../activities/collect/metrics/source/errors.js';
import { collectState } from '../../../activities/collect/state/collect-state.js';
import { kubernetes, type KubernetesConfig } from '../../../config/kubernetes.js';
import { scenario } from '../../support/kubernetes-scenario.js';
import { clusterAt, scopeAt } from '../../support/kubernetes-scope.js';
import { KubernetesServer, written, type Objects } from '../../support/kubernetes-server.js';
import { MemoryStore, NO_LIMITS, testConfig } from '../../support/scopes.js';

const NOW = 1_800_000_000;
const PODS = '/api/v1/namespaces/shop/pods';
const ALL = { scope: scopeAt(NOW), aliases: {} };
const RETRIES = { ...NO_LIMITS, canRetry: () => true };

function podsOf(count: number): Objects {
  return {
    [PODS]: Array.from({ length: count }, (_, i) => ({
      metadata: { name: `pod-${i}`, namespace: 'shop' },
      ...{ spec: { containers: [] }, status: { phase: 'Running' } },
    })),
  };
}

describe('the API of Kubernetes', () => {
  const servers: KubernetesServer[] = [];
  const start = async (objects: Objects): Promise<KubernetesServer> => {
    const server = await KubernetesServer.start(objects, NOW);
    servers.push(server);
    return server;
  };
  const apiAt = async (config: KubernetesConfig, limits = NO_LIMITS): Promise<KubernetesApi> =>
    new KubernetesApi(config, await openTransport(config), limits);
  after(() => Promise.all(servers.map((server) => server.close())));

  it('is read page by page, to the limit, and what lies beyond it is a gap', async () => {
    const server = await start(podsOf(MAX_OBJECTS + 300));
    const api = await apiAt(clusterAt(server.url));
    const { items, isWhole } = await api.list(KINDS.pods, { namespace: 'shop' });
    assert.equal(items.length, MAX_OBJECTS);
    assert.equal(isWhole, false);
    assert.equal(server.requests.length, 8);
    assert.deepEqual(api.gaps, [
      {
        source: 'cluster',
        what: 'part of pods in namespace shop',
        reason: 'of one kind 2000 objects are read, and there are more',
      },
    ]);
  });

  it('gives exactly as many as there are', async () => {
    const server = await start(podsOf(251));
    const api = await apiAt(clusterAt(server.url));
    const { items, isWhole } = await api.list(KINDS.pods, { namespace: 'shop' });
    assert.deepEqual([items.length, isWhole, api.gaps.length], [251, true, 0]);
  });

  it('that forbids a kind is a gap which names the missing rule, and the rest is read', async () => {
    const server = await start(written(scenario(NOW), NOW));
    server.forbidden.add('networkpolicies');
    const { conditions, gaps } = await readKubernetesState(clusterAt(server.url), ALL, NO_LIMITS);
    assert.equal(gaps.length, 1);
    assert.equal(gaps[0]!.what, 'networkpolicies in namespace shop');
    assert.match(gaps[0]!.reason, /allow "list" on "networkpolicies" of API group "networking\.k8s\.io"/);
    assert.ok(conditions.some(({ service }) => service === 'payment'));
  });

  it('that hides a part tells nothing that only the whole could tell', async () => {
    const server = await start(written(scenario(NOW), NOW));
    server.forbidden.add('pods');
    const { conditions } = await readKubernetesState(clusterAt(server.url), ALL, NO_LIMITS);
    assert.ok(!conditions.some(({ kind }) => kind === 'selects-nothing' || kind === 'no-endpoints'));
  });

  it('without a kind that only some clusters have misses nothing', async () => {
    const objects = written(scenario(NOW), NOW);
    delete objects['/apis/cert-manager.io/v1/namespaces/shop/certificates'];
    const server = await start(objects);
    const { gaps } = await readKubernetesState(clusterAt(server.url), ALL, NO_LIMITS);
    assert.deepEqual(gaps, []);
  });

  it('that is away is one gap, asked once, and worth another attempt while there is time', async () => {
    const server = await start({});
    server.failing = { status: 503, body: '{"kind":"Status","message":"apiserver is shutting down"}' };
    const { gaps } = await readKubernetesState(clusterAt(server.url), ALL, NO_LIMITS);
    assert.equal(gaps.length, 1);
    assert.match(gaps[0]!.reason, /503 apiserver is shutting down/);
    assert.ok(server.requests.length <= 4);
    await assert.rejects(readKubernetesState(clusterAt(server.url), ALL, RETRIES), SourceUnavailable);
    server.failing = { status: 429, headers: { 'Retry-After': '7' }, body: '' };
    const busy = readKubernetesState(clusterAt(server.url), ALL, RETRIES);
    await assert.rejects(
      busy,
      (error: unknown) => error instanceof SourceBusy && error.retryAfterSeconds === 7,
    );
  });

  for (const [what, answer, reason] of [
    [
      'refuses who asks',
      { status: 401, body: '{"kind":"Status","message":"Unauthorized"}' },
      /does not know who asks/,
    ],
    [
      'is something else',
      { status: 200, body: '<html>hello</html>' },
      /address that of a Kubernetes API server/,
    ],
    ['is another API', { status: 200, body: '{"data":[]}' }, /no list of the Kubernetes API/],
    [
      'redirects',
      { status: 302, headers: { Location: 'http://elsewhere.example/' }, body: '' },
      /redirects to http:\/\/elsewhere/,
    ],
    [
      'lost its place in a list',
      { status: 410, body: '{"kind":"Status","message":"gone"}' },
      /changed too much/,
    ],
  ] as const) {
    it(`that ${what} is a gap`, async () => {
      const server = await start({});
      server.failing = answer;
      const { conditions, gaps } = await readKubernetesState(clusterAt(server.url), ALL, RETRIES);
      assert.deepEqual(conditions, []);
      assert.match(gaps[0]!.reason, reason);
    });
  }

  it('that does not answer in time is a gap', async () => {
    const silent = createServer();
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as AddressInfo;
    const api = await apiAt(clusterAt(`http://127.0.0.1:${port}`, { timeoutSeconds: 0.2 }));
    assert.deepEqual((await api.list(KINDS.pods)).items, []);
    assert.match(api.gaps[0]!.reason, /no answer within 0\.2 s/);
    silent.close();
  });

  it('has a limited number of questions, however large the estate is', async () => {
    const asked = async (copies: number): Promise<number> => {
      const objects = written(scenario(NOW), NOW);
      const deployments = '/apis/apps/v1/namespaces/other/deployments';
      objects[deployments] = Array.from({ length: copies }, (_, i) => ({
        metadata: { name: `unrelated-${i}`, namespace: 'other' },
        spec: { replicas: 1 },
      }));
      const server = await start(objects);
      await readKubernetesState(clusterAt(server.url), ALL, NO_LIMITS);
      return server.requests.length;
    };
    const [small, large, larger] = [await asked(10), await asked(5_000), await asked(10_000)];
    assert.ok(small < 30, `${small} requests`);
    assert.equal(large, larger);
  });

  it('is asked for nothing but the namespaces that are configured', async () => {
    const server = await start(written(scenario(NOW), NOW));
    const config = clusterAt(server.url, { namespaces: ['shop-staging'] });
    const { conditions } = await readKubernetesState(config, ALL, NO_LIMITS);
    assert.deepEqual([...new Set(conditions.map(({ service }) => service))], ['payment']);
    assert.ok(server.requests.every(({ path }) => path.includes('/shop-staging/')));
  });
});

describe('the way to a cluster', () => {
  let folder: string;
  let server: KubernetesServer;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'faultline-kubernetes-'));
    server = await KubernetesServer.start(written(scenario(NOW), NOW), NOW);
  });
  after(async () => {
    await server.close();
    await rm(folder, { recursive: true });
  });

  const sourceOf = (settings: object): KubernetesConfig =>
    kubernetes.parse([{ name: 'cluster', ...settings }])[0]!;

  it('is that of a kubeconfig file and one of its contexts', async function () {
    this.timeout(30_000);
    const file = join(folder, 'config');
    const cluster = { server: server.url, 'insecure-skip-tls-verify': true };
    await writeFile(
      file,
      JSON.stringify({
        clusters: [
          { name: 'here', cluster },
          { name: 'away', cluster: { server: 'https://192.0.2.1' } },
        ],
        users: [{ name: 'reader', user: { token: 'token-of-the-reader' } }],
        contexts: [
          { name: 'here', context: { cluster: 'here', user: 'reader' } },
          { name: 'away', context: { cluster: 'away', user: 'reader' } },
        ],
        'current-context': 'away',
      }),
    );
    const { conditions } = await readKubernetesState(
      sourceOf({ type: 'kubeconfig', file, context: 'here' }),
      ALL,
      NO_LIMITS,
    );
    assert.ok(conditions.some(({ service }) => service === 'payment'));
    const transport = await openTransport(sourceOf({ type: 'kubeconfig', file, context: 'here' }));
    assert.equal(transport.clean('it said token-of-the-reader'), 'it said ***');
    const wrong = await readKubernetesState(
      sourceOf({ type: 'kubeconfig', file, context: 'there' }),
      ALL,
      NO_LIMITS,
    );
    assert.match(
      wrong.gaps[0]!.reason,
      /kubernetes\.cluster: context: expected one of here, away, got there/,
    );
  });

  it('that leads nowhere is a gap which says why', async () => {
    const none = await readKubernetesState(
      sourceOf({ type: 'kubeconfig', file: join(folder, 'none') }),
      ALL,
      NO_LIMITS,
    );
    assert.match(none.gaps[0]!.reason, /none cannot be read/);
    const outside = openTransport(sourceOf({ type: 'in-cluster' }), {});
    await assert.rejects(outside, /kubernetes\.cluster: expected to run in a pod/);
  });

  it('is collected as evidence by the name of its source', async () => {
    const config = testConfig({ kubernetes: [{ type: 'address', name: 'cluster', url: server.url }] });
    const store = new MemoryStore();
    const { evidence, gaps } = await collectState(
      { config, store },
      { scope: scopeAt(NOW), source: 'cluster' },
      NO_LIMITS,
    );
    assert.deepEqual(gaps, []);
    assert.match(evidence.summary, /^\d+ conditions told by cluster$/);
    const conditions = await store.getTable('conditions', evidence.uri);
    assert.ok(conditions.some(({ service, kind }) => service === 'cart' && kind === 'out-of-memory'));
    const unknown = await collectState(
      { config, store },
      { scope: scopeAt(NOW), source: 'other' },
      NO_LIMITS,
    );
    assert.match(unknown.gaps[0]!.reason, /no source of this name/);
  });
});

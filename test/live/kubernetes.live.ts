import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { parseAllDocuments } from 'yaml';
import { KubernetesApi } from '../../activities/collect/kubernetes/api.js';
import { readKubernetesChanges } from '../../activities/collect/kubernetes/changes/index.js';
import { readKubernetesState } from '../../activities/collect/kubernetes/conditions/index.js';
import { KINDS } from '../../activities/collect/kubernetes/kinds.js';
import { openTransport } from '../../activities/collect/kubernetes/transport.js';
import type { KubernetesConfig } from '../../config/kubernetes.js';
import { examineKubernetes } from '../../workers/doctor/kubernetes.js';
import { KUBERNETES_VERSION, startApiServer, TOKENS, type ApiServer } from '../support/kube-apiserver.js';
import { CERTIFICATES, PLANTED, scenario, TROUBLES, type Write } from '../support/kubernetes-scenario.js';
import { clusterAt, scopeAt } from '../support/kubernetes-scope.js';
import type { KubernetesObject, Objects } from '../support/kubernetes-server.js';
import { NO_LIMITS } from '../support/scopes.js';

const FIXTURE = new URL('../fixtures/kube-apiserver/', import.meta.url);

/** The role that is shipped, for the user `reader`. */
function shippedRole(): Write[] {
  const rbac = '/apis/rbac.authorization.k8s.io/v1';
  const text = readFileSync(new URL('../../deploy/kubernetes-rbac.yml', import.meta.url), 'utf8');
  const [role, , binding] = parseAllDocuments(text).map((one) => one.toJS() as Record<string, unknown>);
  const subjects = [{ kind: 'User', name: 'reader', apiGroup: 'rbac.authorization.k8s.io' }];
  return [
    { method: 'POST', path: `${rbac}/clusterroles`, body: role! },
    { method: 'POST', path: `${rbac}/clusterrolebindings`, body: { ...binding, subjects } },
  ];
}

describe(`a real kube-apiserver ${KUBERNETES_VERSION}`, () => {
  let server: ApiServer;
  let now: number;
  const as = (user: keyof typeof TOKENS): KubernetesConfig =>
    clusterAt(server.url, { auth: { type: 'bearer', token: TOKENS[user] }, tls: { caFile: server.caFile } });
  const request = () => ({ scope: scopeAt(now), aliases: {} });

  before(async () => {
    server = await startApiServer();
    await server.write(CERTIFICATES);
    for (const write of shippedRole()) await server.write(write);
    now = Math.floor(Date.now() / 1000);
    const writes = scenario(now);
    for (const write of writes) await written(server, write);
    if (process.env['FAULTLINE_RECORD'] === '1') await record(server, writes, now);
  });
  after(() => server.stop());

  for (const [service, kind] of TROUBLES) {
    it(`tells ${kind} of ${service}, to the account with the shipped role`, async () => {
      const { conditions } = await readKubernetesState(as('reader'), request(), NO_LIMITS);
      const found = conditions.filter((one) => one.service === service).map((one) => one.kind);
      assert.ok(found.includes(kind), `got ${found.join(', ') || 'nothing'}`);
    });
  }

  it('tells nothing else, misses nothing and shows no secret', async () => {
    const read = await readKubernetesState(as('reader'), request(), NO_LIMITS);
    const expected = new Set(TROUBLES.map((pair) => pair.join(' ')));
    const others = read.conditions.filter(
      ({ service, kind }) => service !== null && !expected.has(`${service} ${kind}`),
    );
    assert.deepEqual(others, []);
    assert.deepEqual(read.gaps, []);
    const shown = JSON.stringify(read);
    for (const secret of PLANTED) assert.ok(!shown.includes(secret), secret);
  });

  it('tells what was changed', async () => {
    const window = { from: now - 60, to: now + 600 };
    const { changes, gaps } = await readKubernetesChanges(as('reader'), { ...request(), window }, NO_LIMITS);
    assert.deepEqual(gaps, []);
    const titles = changes.map(({ service, title }) => `${service}: ${title}`);
    for (const expected of [
      'payment: Rollout of shop/payment: registry.example/payment:1.2.2 -> registry.example/payment:1.2.3',
      'db: Rollout of shop/db: postgres:15 -> postgres:16',
      'payment: ConfigMap shop/payment-config created',
      'cart: Secret shop/cart-key created',
      'users: Deployment shop/users scaled to 0 replicas',
      'ads: Deployment shop/ads scaled from 2 to 5 replicas',
      'front: Autoscaler shop/front written: at most 4 replicas',
      'ledger: NetworkPolicy shop/ledger-only-audit written',
    ]) {
      assert.ok(titles.includes(expected), `${expected} is not among ${titles.join('; ')}`);
    }
    for (const secret of PLANTED) assert.ok(!JSON.stringify(changes).includes(secret), secret);
  });

  it('gives the metadata of secrets without their data', async () => {
    const transport = await openTransport(as('reader'));
    const { data, status } = await transport.get('/api/v1/namespaces/shop/secrets', new URLSearchParams(), {
      headers: { Accept: 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1' },
      responseType: 'arraybuffer',
      signal: NO_LIMITS.signal,
    });
    assert.equal(status, 200);
    const body = JSON.parse(data.toString()) as { kind: string; items: object[] };
    assert.equal(body.kind, 'PartialObjectMetadataList');
    assert.ok(body.items.length > 0 && body.items.every((item) => !('data' in item)));
    assert.ok(!data.toString().includes(Buffer.from(PLANTED[0]!).toString('base64')));
    transport.close();
  });

  it('is read page by page', async () => {
    const path = '/api/v1/namespaces/shop-staging/configmaps';
    for (let i = 0; i < 260; i += 1) {
      await server.write({ method: 'POST', path, body: { metadata: { name: `many-${i}` } } });
    }
    const api = new KubernetesApi(as('reader'), await openTransport(as('reader')), NO_LIMITS);
    const { items, isWhole } = await api.list(KINDS.configMaps, { namespace: 'shop-staging' });
    assert.ok(isWhole && items.length >= 260, `${items.length} config maps`);
  });

  it('forbids an account without a role everything, and each gap names its rule', async () => {
    const { conditions, gaps } = await readKubernetesState(as('stranger'), request(), NO_LIMITS);
    assert.deepEqual(conditions, []);
    assert.match(gaps[0]!.reason, /allow "list" on "deployments" of API group "apps" in all namespaces/);
  });

  it('is examined by the doctor', async () => {
    const findings = await examineKubernetes([as('reader'), as('stranger')]);
    assert.deepEqual(
      findings.map(({ status }) => status),
      ['ok', 'failed'],
    );
  });
});

/** Sends a write; kinds of a new definition are there a moment after it. */
async function written(server: ApiServer, write: Write, attempts = 20): Promise<void> {
  try {
    await server.write(write);
  } catch (error) {
    const isMissing = error instanceof Error && error.message.includes('404');
    if (!isMissing || attempts === 0) throw error;
    await new Promise((resolve) => setTimeout(resolve, 250));
    await written(server, write, attempts - 1);
  }
}

/** Keeps the objects as the server gives them, for the tests that run without it. */
async function record(server: ApiServer, writes: readonly Write[], now: number): Promise<void> {
  const lists = new Set(writes.filter(({ method }) => method === 'POST').map(({ path }) => path));
  const objects: Objects = {};
  for (const path of [...lists].sort()) {
    const { items } = (await server.read(path)) as { items: KubernetesObject[] };
    objects[path] = items;
  }
  await mkdir(FIXTURE, { recursive: true });
  await writeFile(new URL('objects.json', FIXTURE), `${JSON.stringify({ now, objects })}\n`);
}

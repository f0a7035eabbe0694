import assert from 'node:assert/strict';
import { fastify, type FastifyInstance } from 'fastify';
import { readChangeSource } from '../../activities/collect/changes/change-source.js';
import { change as changeSchema } from '../../model/change.js';
import { NO_LIMITS, testConfig } from '../support/scopes.js';

const ALERT = Date.UTC(2026, 10, 24, 10, 42) / 1000;
const WINDOW = { from: ALERT - 5400, to: ALERT + 600, alertTime: ALERT };
const sha = (digit: string): string => digit.repeat(40);
const at = (unixSeconds: number): string => new Date(unixSeconds * 1000).toISOString();

async function read(source: object) {
  const { changes } = testConfig({ changes: [{ name: 'it', ...source }] });
  const found = await readChangeSource(changes[0]!, WINDOW, NO_LIMITS);
  for (const one of found.changes) changeSchema.parse(one);
  return found;
}

let app: FastifyInstance;
let url: string;
let asked: URL[];
beforeEach(() => {
  app = fastify({ forceCloseConnections: true });
  asked = [];
  app.addHook('onRequest', (request, reply, done) => {
    asked.push(new URL(request.url, 'http://it'));
    if (request.headers.authorization === 'Bearer a-token') done();
    else void reply.code(401).send({ message: 'no session' });
  });
});
afterEach(() => app.close());
const auth = { type: 'bearer', token: 'a-token' };

describe('changes of Argo CD', () => {
  const parameters = (tag: string) => ({ helm: { parameters: [{ name: 'image.tag', value: tag }] } });
  const history = [
    {
      id: 4,
      deployedAt: at(ALERT - 86_400),
      revision: sha('a'),
      source: { repoURL: 'https://git.example/shop', ...parameters('1') },
    },
    {
      ...{ id: 5, deployedAt: at(ALERT - 300), revision: sha('b'), initiatedBy: { automated: true } },
      source: { repoURL: 'https://git.example/shop', ...parameters('2') },
    },
    {
      ...{ id: 6, deployedAt: at(ALERT - 100), revision: sha('b') },
      source: { repoURL: 'https://git.example/shop', ...parameters('2') },
    },
  ];
  const checkout = {
    metadata: { name: 'checkout-prod', namespace: 'argocd' },
    spec: { project: 'shop' },
    status: { history, summary: { images: ['shop/checkout:2'] } },
  };

  it('tells each sync by its revisions, parameters and commit, and leaves out those that changed nothing', async () => {
    app.get('/api/v1/applications', () => ({ items: [checkout] }));
    app.get('/api/v1/applications/checkout-prod/revisions/:revision/metadata', () => ({
      ...{ author: 'Ann <ann@shop.example>', date: at(ALERT), message: 'Raise the tag' },
    }));
    url = await app.listen({ host: '127.0.0.1', port: 0 });
    const services = { 'checkout-prod': 'checkout' };
    const { changes, gaps } = await read({ type: 'argocd', url, auth, projects: ['shop'], services });
    assert.deepEqual(gaps, []);
    assert.equal(changes.length, 1);
    const [one] = changes;
    assert.deepEqual(
      [one!.time, one!.service, one!.author],
      [ALERT - 300, 'checkout', 'Ann <ann@shop.example>'],
    );
    assert.equal(one!.title, 'Argo CD synced checkout-prod from aaaaaaaa to bbbbbbbb');
    assert.match(
      one!.details,
      /^Raise the tag\n--- application source\n-helm.parameters.image.tag: 1\n\+helm.parameters.image.tag: 2$/,
    );
    assert.equal(one!.link, `${url}/applications/argocd/checkout-prod`);
    assert.deepEqual(asked[0]!.searchParams.getAll('projects'), ['shop']);
    assert.match(asked[0]!.searchParams.get('fields') ?? '', /items\.status\.history/);
    assert.equal(asked[1]!.searchParams.get('appNamespace'), 'argocd');
  });

  it('goes on without a commit message that it may not read', async () => {
    app.get('/api/v1/applications', () => ({ items: [checkout] }));
    app.get('/api/v1/applications/:name/revisions/:revision/metadata', (_request, reply) =>
      reply.code(403).send({ error: 'permission denied', code: 7, message: 'permission denied' }),
    );
    url = await app.listen({ host: '127.0.0.1', port: 0 });
    const { changes, gaps } = await read({ type: 'argocd', url, auth });
    assert.equal(changes.length, 1);
    assert.deepEqual(
      gaps.map(({ what }) => what),
      ['the commit message of a sync of checkout-prod'],
    );
  });

  it('takes an account without any application, and an answer that is none', async () => {
    let answer: object = { items: null };
    app.get('/api/v1/applications', () => answer);
    url = await app.listen({ host: '127.0.0.1', port: 0 });
    assert.deepEqual(await read({ type: 'argocd', url, auth }), { changes: [], gaps: [] });
    answer = { items: [{ metadata: {} }] };
    const { gaps } = await read({ type: 'argocd', url, auth });
    assert.match(gaps[0]!.reason, /items\.0\.metadata\.name/);
  });
});

describe('changes of Grafana', () => {
  it('takes annotations with the tags, named by their own', async () => {
    app.get('/api/annotations', () => [
      {
        id: 1,
        time: (ALERT - 60) * 1000,
        text: 'checkout 2\nby the pipeline',
        tags: ['deploy', 'service:checkout'],
        login: 'ci',
      },
      { id: 2, time: (ALERT - 50) * 1000, text: '', tags: ['flag', 'release'] },
      { id: 3, time: ALERT * 1000, text: 'Summary', tags: ['faultline', 'deploy'] },
    ]);
    url = await app.listen({ host: '127.0.0.1', port: 0 });
    const { changes, gaps } = await read({ type: 'grafana', url, auth });
    assert.deepEqual(gaps, []);
    assert.deepEqual(
      changes.map(({ id, kind, time, service, title, details }) => [id, kind, time, service, title, details]),
      [
        ['annotation/1', 'deploy', ALERT - 60, 'checkout', 'checkout 2', 'by the pipeline'],
        ['annotation/2', 'flag', ALERT - 50, null, 'Annotation with flag, release', ''],
      ],
    );
    const { searchParams } = asked[0]!;
    assert.deepEqual(searchParams.getAll('tags'), ['deploy', 'deployment', 'release']);
    assert.deepEqual(
      ['from', 'to', 'matchAny', 'type'].map((name) => searchParams.get(name)),
      [String(WINDOW.from * 1000), String(WINDOW.to * 1000), 'true', 'annotation'],
    );
  });

  it('says that there may be more than it asked for', async () => {
    app.get<{ Querystring: { limit: string } }>('/api/annotations', ({ query }) =>
      Array.from({ length: Number(query.limit) }, (_, id) => ({
        id,
        time: ALERT * 1000,
        text: 'x',
        tags: ['deploy'],
      })),
    );
    url = await app.listen({ host: '127.0.0.1', port: 0 });
    const { changes, gaps } = await read({ type: 'grafana', url, auth });
    assert.equal(changes.length, 1_000);
    assert.deepEqual(
      gaps.map(({ what }) => what),
      ['further annotations'],
    );
  });
});

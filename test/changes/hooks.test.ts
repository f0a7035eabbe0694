import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import type { z } from 'zod';
import { changeRoutes } from '../../client/changes/routes.js';
import { TemporalUnavailable } from '../../client/errors.js';
import { buildReceiver } from '../../client/intake/receiver.js';
import { openToAnyone } from '../../config/exposure.js';
import { configSchema } from '../../config/schema.js';
import { reportedChange, type ReportedChange } from '../../model/change.js';

const NOW = Date.UTC(2026, 10, 24, 11, 10) / 1000;
const AT = '2026-11-24T11:00:00Z';
const TIME = Date.parse(AT) / 1000;
const SECRET = 'the secret of the hook';
const hmac = (body: string): string => createHmac('sha256', SECRET).update(body).digest('hex');
const bearer = { type: 'bearer' as const, tokens: [SECRET] };
const withBearer = { authorization: `Bearer ${SECRET}` };

type WebhookInput = z.input<typeof configSchema>['webhook'];
type HooksInput = NonNullable<NonNullable<WebhookInput>['changes']>;

function configOf(webhook: WebhookInput) {
  return configSchema.parse({ metrics: { type: 'prometheus', url: 'http://prometheus' }, webhook });
}

describe('reporting changes to the receiver', () => {
  let app: FastifyInstance;
  let reported: ReportedChange[];
  let isAway: boolean;

  async function open(changes: HooksInput, webhook: WebhookInput = {}): Promise<void> {
    const config = configOf({ ...webhook, changes });
    const log = pino({ level: 'silent' });
    [reported, isAway] = [[], false];
    const reports = {
      report(told: readonly ReportedChange[]): Promise<void> {
        if (isAway) return Promise.reject(new TemporalUnavailable('Temporal does not answer'));
        reported.push(...told.map((one) => reportedChange.parse(one)));
        return Promise.resolve();
      },
    };
    app = await buildReceiver({
      ...{ config, log, incidents: { raise: () => Promise.resolve(), ready: () => Promise.resolve() } },
      routes: changeRoutes({ webhook: config.webhook, reports, log, now: () => NOW }),
    });
  }
  afterEach(() => app.close());

  async function post(path: string, body: unknown, headers: Record<string, string> = {}) {
    const payload = typeof body === 'string' ? body : JSON.stringify(body);
    const answer = await app.inject({
      ...{ method: 'POST', url: `/v1/changes${path}`, payload },
      headers: { 'content-type': 'application/json', ...headers },
    });
    return { status: answer.statusCode, body: JSON.parse(answer.body) as Record<string, unknown> };
  }

  it('takes a change in our own words, one or a list, and fills in what is left out', async () => {
    await open({ services: { 'shop/checkout': 'checkout' } });
    const one = await post('', {
      title: 'checkout 2',
      service: 'shop/checkout',
      kind: 'deploy',
      time: AT,
      files: ['a.ts'],
    });
    assert.deepEqual([one.status, one.body], [202, { accepted: 1 }]);
    assert.equal((await post('', [{ title: 'flag on', kind: 'flag' }, { title: 'b' }])).status, 202);
    assert.deepEqual(
      reported.map(({ title, service, kind, time, files, source }) => [
        title,
        service,
        kind,
        time,
        files,
        source,
      ]),
      [
        ['checkout 2', 'checkout', 'deploy', TIME, ['a.ts'], 'reported'],
        ['flag on', null, 'flag', NOW, [], 'reported'],
        ['b', null, 'other', NOW, [], 'reported'],
      ],
    );
    await post('', { title: 'checkout 2', service: 'shop/checkout', kind: 'deploy', time: AT });
    assert.equal(reported[3]!.id, reported[0]!.id, 'the same words of the same moment are the same change');
  });

  const refused: [body: unknown, expected: RegExp][] = [
    [{ service: 'checkout' }, /title: expected text, it is missing/],
    [{ title: 'x', kind: 'deployment' }, /kind: /],
    [{ title: 'x', time: 'yesterday' }, /time: expected when it took effect/],
    [{ title: 'x', time: '2020-01-01T00:00:00Z' }, /time: expected when it took effect/],
    [[{ title: 'x' }, 'y'], /\[1\]: expected a change, a JSON object, got "y"/],
    [Array.from({ length: 101 }, () => ({ title: 'x' })), /at most 100 changes in a post, got 101/],
    ['{', /is not JSON/],
  ];
  it('refuses what it cannot read, names the field, and keeps nothing of the post', async () => {
    await open({});
    for (const [body, expected] of refused) {
      const { status, body: problem } = await post('', body);
      assert.equal(status, 400, JSON.stringify(body).slice(0, 80));
      assert.match(String(problem['detail']), expected);
    }
    assert.deepEqual(reported, []);
  });

  it('takes CloudEvents: those of CDEvents, and a change of our own words', async () => {
    await open({});
    const event = (type: string, data: object) => ({
      ...{
        specversion: '1.0',
        id: 'e1',
        source: '/ci',
        time: AT,
        type,
        datacontenttype: 'application/json',
        data,
      },
    });
    const structured = { 'content-type': 'application/cloudevents+json' };
    const subject = {
      id: 'checkout',
      type: 'service',
      content: { environment: { id: 'prod' }, artifactId: 'pkg:oci/checkout@2' },
    };
    assert.equal(
      (await post('', event('dev.cdevents.service.deployed.0.2.0', { subject }), structured)).status,
      202,
    );
    assert.equal(
      (await post('', event('dev.cdevents.testcaserun.started.0.1.0', { subject }), structured)).status,
      200,
    );
    assert.equal(
      (await post('', event('com.example.flag', { title: 'flag on', kind: 'flag' }), structured)).status,
      202,
    );
    const headers = {
      'ce-specversion': '1.0',
      'ce-id': 'e2',
      'ce-source': '/ci',
      'ce-type': 'x',
      'ce-time': AT,
    };
    assert.equal((await post('', { title: 'binary' }, headers)).status, 202);
    assert.deepEqual(
      reported.map(({ id, title, service, source, time }) => [id, title, service, source, time]),
      [
        ['e1', 'checkout deployed in prod: pkg:oci/checkout@2', 'checkout', '/ci', TIME],
        ['e1', 'flag on', null, '/ci', TIME],
        ['e2', 'binary', null, '/ci', TIME],
      ],
    );
  });

  it('takes deployments that succeeded and releases of GitHub, and every other event without a word', async () => {
    await open({ github: { secrets: ['an older one', SECRET], environments: ['production'] } });
    const repository = { full_name: 'shop/checkout', name: 'checkout' };
    const sha = 'a'.repeat(40);
    const deployment = { id: 7, sha, ref: 'main', environment: 'production', creator: { login: 'ann' } };
    const status = (state: string) => ({
      state,
      created_at: AT,
      log_url: null,
      target_url: 'https://ci.example/1',
    });
    const send = (event: string, body: object) => {
      const text = JSON.stringify(body);
      return post('/github', text, {
        'x-github-event': event,
        'x-hub-signature-256': `sha256=${hmac(text)}`,
      });
    };
    const of = (state: string, environment = 'production') =>
      send('deployment_status', {
        repository,
        deployment: { ...deployment, environment },
        deployment_status: status(state),
      });
    assert.equal((await of('success')).status, 202);
    assert.equal((await of('in_progress')).status, 200);
    assert.equal((await of('success', 'staging')).status, 200);
    const release = {
      id: 3,
      tag_name: 'v2',
      name: null,
      body: 'Notes',
      html_url: 'https://x.example',
      author: null,
    };
    assert.equal(
      (await send('release', { action: 'published', repository, release: { ...release, published_at: AT } }))
        .status,
      202,
    );
    assert.equal((await send('release', { action: 'edited', repository, release })).status, 200);
    assert.equal((await send('ping', { zen: 'Keep it logically awesome.' })).status, 200);
    assert.deepEqual(
      reported.map(({ id, title, service, time }) => [id, title, service, time]),
      [
        [
          'shop/checkout/deployments/7',
          'shop/checkout deployed to production: to aaaaaaaa (main)',
          'checkout',
          TIME,
        ],
        ['shop/checkout/releases/3', 'shop/checkout released v2', 'checkout', TIME],
      ],
    );
  });

  it('takes syncs of Argo CD and what Flux has applied', async () => {
    await open({ argocd: { auth: bearer }, flux: { secrets: [SECRET] } });
    const sync = {
      application: 'checkout',
      revision: 'b'.repeat(40),
      phase: 'Succeeded',
      finishedAt: AT,
      images: ['x:2'],
    };
    assert.equal((await post('/argocd', sync, withBearer)).status, 202);
    assert.equal((await post('/argocd', { ...sync, phase: 'Failed' }, withBearer)).status, 200);
    const flux = (reason: string, kind = 'Kustomization') => {
      const text = JSON.stringify({
        ...{
          involvedObject: { kind, name: 'payment', namespace: 'shop' },
          severity: 'info',
          timestamp: AT,
          reason,
        },
        ...{
          message: 'Reconciliation finished',
          metadata: { 'kustomize.toolkit.fluxcd.io/revision': 'main@sha1:abc' },
        },
      });
      return post('/flux', text, { 'x-signature': `sha256=${hmac(text)}` });
    };
    assert.equal((await flux('ReconciliationSucceeded')).status, 202);
    assert.equal((await flux('ReconciliationSucceeded')).status, 202);
    assert.equal((await flux('HealthCheckFailed')).status, 200);
    assert.equal((await flux('ReconciliationSucceeded', 'GitRepository')).status, 200);
    assert.deepEqual(
      reported.map(({ id, title }) => [id, title]),
      [
        [`checkout@${'b'.repeat(40)} ${TIME}`, 'Argo CD synced checkout to bbbbbbbb'],
        [
          'Kustomization/shop/payment@main@sha1:abc',
          'Flux applied Kustomization shop/payment at main@sha1:abc',
        ],
        [
          'Kustomization/shop/payment@main@sha1:abc',
          'Flux applied Kustomization shop/payment at main@sha1:abc',
        ],
      ],
    );
  });

  it('takes flags of LaunchDarkly and Unleash', async () => {
    const services = { 'new-checkout': 'checkout' };
    await open({
      launchdarkly: { secrets: [SECRET] },
      unleash: { auth: bearer, environments: ['production'] },
      services,
    });
    const entry = JSON.stringify({
      ...{
        _id: 'ld1',
        date: TIME * 1000,
        kind: 'flag',
        name: 'New checkout',
        titleVerb: 'turned on the flag',
      },
      ...{
        member: { email: 'ann@shop.example' },
        target: { resources: ['proj/shop:env/production:flag/new-checkout'] },
      },
    });
    assert.equal((await post('/launchdarkly', entry, { 'x-ld-signature': hmac(entry) })).status, 202);
    const event = {
      id: 9,
      type: 'feature-environment-enabled',
      createdAt: AT,
      createdBy: 'bob',
      featureName: 'new-checkout',
    };
    const data = { environment: 'production', preData: { enabled: false }, data: { enabled: true } };
    assert.equal((await post('/unleash', { ...event, ...data }, withBearer)).status, 202);
    assert.equal(
      (await post('/unleash', { ...event, ...data, environment: 'staging' }, withBearer)).status,
      200,
    );
    assert.equal((await post('/unleash', { ...event, type: 'feature-tagged' }, withBearer)).status, 200);
    assert.deepEqual(
      reported.map(({ id, kind, service, title, details, time }) => [
        id,
        kind,
        service,
        title,
        details,
        time,
      ]),
      [
        [
          'ld1',
          'flag',
          'checkout',
          'new-checkout: ann@shop.example turned on the flag New checkout in production',
          '',
          TIME,
        ],
        [
          '9',
          'flag',
          'checkout',
          'new-checkout: feature-environment-enabled in production',
          '--- flag\n-{"enabled":false}\n+{"enabled":true}',
          TIME,
        ],
      ],
    );
  });

  it('asks who posts before it reads anything, and tells a sender to come back while Temporal is away', async () => {
    await open(
      {
        plain: { auth: bearer },
        github: { secrets: [SECRET] },
        flux: { secrets: [SECRET] },
        launchdarkly: { secrets: [SECRET] },
        argocd: {},
        unleash: {},
      },
      { auth: bearer },
    );
    for (const path of ['', '/github', '/flux', '/launchdarkly', '/argocd', '/unleash']) {
      assert.equal((await post(path, '{')).status, 401, path);
      const wrong = {
        'x-hub-signature-256': `sha256=${'0'.repeat(64)}`,
        'x-signature': `sha256=${'0'.repeat(64)}`,
      };
      assert.equal((await post(path, '{', { ...wrong, 'x-ld-signature': '0'.repeat(64) })).status, 401, path);
    }
    isAway = true;
    const answer = await post('', { title: 'x' }, withBearer);
    assert.equal(answer.status, 503);
    assert.deepEqual(reported, []);
  });

  it('is closed to the world by default', async () => {
    assert.equal(
      openToAnyone(configOf({}).webhook).some(({ risk }) => risk.includes('report changes')),
      true,
    );
    assert.throws(
      () => configOf({ host: '0.0.0.0', auth: bearer, changes: { plain: { auth: { type: 'none' } } } }),
      /report changes/,
    );
    assert.throws(
      () =>
        configOf({
          host: '0.0.0.0',
          sources: { pagerduty: { secrets: [SECRET] } },
          changes: { unleash: {} },
        }),
      /report changes \(unleash\)/,
    );
    assert.doesNotThrow(() => configOf({ host: '0.0.0.0', changes: { github: { secrets: [SECRET] } } }));
    await open({}, { host: '0.0.0.0', sources: { pagerduty: { secrets: [SECRET] } } });
    assert.equal((await post('', { title: 'x' })).status, 404);
  });
});

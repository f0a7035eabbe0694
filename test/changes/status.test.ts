import assert from 'node:assert/strict';
import { fastify, type FastifyInstance } from 'fastify';
import { collectState } from '../../activities/collect/state/collect-state.js';
import { readStatus } from '../../activities/collect/status/read-status.js';
import { SourceUnavailable } from '../../activities/collect/metrics/source/errors.js';
import { condition } from '../../model/condition.js';
import { examineStatus } from '../../workers/doctor/status.js';
import { FakeSource } from '../support/fake-source.js';
import { collectDeps, NO_LIMITS, scopeOf, testConfig } from '../support/scopes.js';

const ALERT = Date.UTC(2026, 10, 24, 10, 42) / 1000;
const WINDOW = { from: ALERT - 3600, to: ALERT + 600 };
const at = (unixSeconds: number): string => new Date(unixSeconds * 1000).toISOString();

/** As Statuspage's API documents an incident. */
const incident = (id: string, since: number, until: number | null, more: object = {}) => ({
  ...{ id, name: 'Payments fail', status: until === null ? 'identified' : 'resolved', impact: 'major' },
  ...{ created_at: at(since), started_at: at(since), resolved_at: until === null ? null : at(until) },
  ...{
    shortlink: `https://stspg.example/${id}`,
    components: [{ id: 'c1', name: 'API', status: 'major_outage' }],
  },
  incident_updates: [{ status: 'identified', body: 'We have found the cause.', affected_components: null }],
  ...more,
});

describe('the doctor on status pages', () => {
  it('says whether each answers, and how many incidents it told', async () => {
    const app = fastify({ forceCloseConnections: true });
    const now = Date.now() / 1000;
    app.get('/api/v2/incidents.json', () => ({ incidents: [incident('a', now - 900, null)] }));
    app.get('/api/v2/summary.json', () => ({ components: [] }));
    const url = await app.listen({ host: '127.0.0.1', port: 0 });
    const { status } = testConfig({
      status: [
        { name: 'paypro', url, services: ['a', 'b'] },
        { name: 'gone', url: `${url}/elsewhere` },
      ],
    });
    const findings = await examineStatus(status);
    await app.close();
    assert.deepEqual(
      findings.map(({ subject, status: state, seen }) => [subject, state, seen.split(':')[0]]),
      [
        ["status page 'paypro'", 'ok', '1 incident in the last 7 days'],
        ["status page 'gone'", 'failed', 'it answered 404'],
      ],
    );
  });
});

describe('the status page of a provider', () => {
  let app: FastifyInstance;
  let incidents: object[];
  let components: object[];
  let maintenances: object[];
  let code: number;
  let url: string;

  beforeEach(async () => {
    [incidents, components, maintenances, code] = [[], [], [], 200];
    app = fastify({ forceCloseConnections: true });
    app.get('/api/v2/incidents.json', (_request, reply) => reply.code(code).send({ page: {}, incidents }));
    app.get('/api/v2/summary.json', () => ({
      page: {},
      components,
      incidents: [],
      scheduled_maintenances: maintenances,
    }));
    url = await app.listen({ host: '127.0.0.1', port: 0 });
  });
  afterEach(() => app.close());

  async function read(more: object = {}, limits = NO_LIMITS) {
    const { status } = testConfig({ status: [{ name: 'paypro', url, ...more }] });
    const found = await readStatus(status[0]!, WINDOW, limits);
    for (const one of found.conditions) condition.parse(one);
    return found;
  }

  it('tells incidents of the window with their time, for each service that it is configured for', async () => {
    incidents = [
      incident('now', ALERT - 900, null),
      incident('over', ALERT - 3000, ALERT - 2000),
      incident('before', ALERT - 9000, ALERT - 8000),
      incident('after', ALERT + 900, null),
      incident('harmless', ALERT - 60, null, { impact: 'none' }),
    ];
    const { conditions, gaps } = await read({ services: ['api.paypro.example', 'paypro-eu'] });
    assert.deepEqual(gaps, []);
    assert.deepEqual(
      conditions.map(({ kind, service, since, until }) => [kind, service, since, until]),
      [
        ['provider-outage', 'api.paypro.example', ALERT - 900, null],
        ['provider-outage', 'paypro-eu', ALERT - 900, null],
        ['provider-outage', 'api.paypro.example', ALERT - 3000, ALERT - 2000],
        ['provider-outage', 'paypro-eu', ALERT - 3000, ALERT - 2000],
      ],
    );
    assert.equal(conditions[0]!.message, 'major: Payments fail (API): We have found the cause.');
    assert.equal(conditions[0]!.link, 'https://stspg.example/now');
  });

  it('counts the components that are named alone, and tells one that is out of order without an incident', async () => {
    incidents = [incident('website', ALERT - 900, null, { components: [{ name: 'Website' }] })];
    const since = at(ALERT - 300);
    components = [
      { name: 'API', status: 'partial_outage', updated_at: since },
      { name: 'Webhooks', status: 'operational', updated_at: since },
      { name: 'Website', status: 'major_outage', updated_at: since },
    ];
    const { conditions } = await read({ components: ['api', 'Webhooks'] });
    assert.deepEqual(
      conditions.map(({ service, object, since: begun, message }) => [service, object, begun, message]),
      [['paypro', 'component API of paypro', ALERT - 300, 'partial outage: API']],
    );
  });

  it('tells maintenance that is under way', async () => {
    maintenances = [
      incident('m1', ALERT - 600, null, {
        impact: 'maintenance',
        status: 'in_progress',
        name: 'Database upgrade',
      }),
      incident('m2', ALERT - 600, null, { impact: 'maintenance', status: 'scheduled' }),
    ];
    const { conditions } = await read();
    assert.deepEqual(
      conditions.map(({ object }) => object),
      ['incident m1 of paypro'],
    );
  });

  it('masks secrets in what the provider writes, and cuts it', async () => {
    const body = `The token=abcdefghijkl leaked. ${'x'.repeat(900)}`;
    incidents = [incident('now', ALERT - 900, null, { incident_updates: [{ body }] })];
    const { conditions } = await read();
    assert.equal(conditions[0]!.message.length, 500);
    assert.match(conditions[0]!.message, /token=\*\*\*/);
  });

  it('is read as the state of a scope', async () => {
    incidents = [incident('now', ALERT - 900, null)];
    const deps = await collectDeps(
      new FakeSource({}),
      testConfig({ status: [{ name: 'paypro', url, services: ['https://api.paypro.example:443'] }] }),
    );
    const scope = scopeOf(['api.paypro.example'], [], {
      window: { start: WINDOW.from, end: WINDOW.to, stepSeconds: 15 },
    });
    const { evidence, gaps } = await collectState(deps, { scope, source: 'paypro' }, NO_LIMITS);
    assert.deepEqual([evidence.summary, gaps], ['1 condition told by paypro', []]);
    const [told] = await deps.store.getTable('conditions', evidence.uri);
    assert.deepEqual([told?.kind, told?.service], ['provider-outage', 'api.paypro.example']);
  });

  it('is a gap when it is away, and asked again as long as there is time', async () => {
    code = 503;
    const { conditions, gaps } = await read();
    assert.deepEqual(conditions, []);
    assert.match(gaps[0]!.reason, /it answered 503/);
    await assert.rejects(read({}, { ...NO_LIMITS, canRetry: () => true }), SourceUnavailable);
  });
});

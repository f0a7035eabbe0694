import assert from 'node:assert/strict';
import { pino } from 'pino';
import { pastIncidentsApi } from '../../client/api/past-incidents.js';
import { buildReceiver } from '../../client/intake/receiver.js';
import { apiAuthOf } from '../../config/exposure.js';
import { configSchema } from '../../config/schema.js';
import { RecordAway, type RecordReader } from '../../model/past-incident.js';
import { fakeIncidents } from '../support/fake-incidents.js';

const NOW = 1_764_500_000;
const DAY = 24 * 3600;

function reader(): RecordReader & { asked: unknown[] } {
  const asked: unknown[] = [];
  return {
    asked,
    list: async (request) => {
      asked.push(request);
      return Promise.resolve({ incidents: [], next: null });
    },
    statistics: (request) => {
      asked.push(request);
      return Promise.reject(new RecordAway('the database is away'));
    },
  };
}

async function api(record: RecordReader | null, token?: string) {
  const auth = token === undefined ? {} : { auth: { type: 'bearer', tokens: [{ name: 'ann', token }] } };
  const config = configSchema.parse({
    metrics: { type: 'prometheus', url: 'http://prometheus' },
    webhook: { api: auth },
  });
  const incidents = fakeIncidents({});
  const routes = pastIncidentsApi({ auth: apiAuthOf(config.webhook), record, now: () => NOW });
  return buildReceiver({ config, incidents, log: pino({ level: 'silent' }), routes });
}

describe('the HTTP API of past incidents', () => {
  it('reads filters, and means the last 30 days without a time', async () => {
    const record = reader();
    const app = await api(record);
    const answer = await app.inject(
      '/v1/incidents?service=cart&limit=5&until=2025-11-01T00:00:00Z&words=slow',
    );
    assert.equal(answer.statusCode, 200);
    const until = Date.parse('2025-11-01T00:00:00Z') / 1000;
    assert.deepEqual(record.asked, [
      { service: 'cart', words: 'slow', limit: 5, until, since: until - 30 * DAY },
    ]);
    await app.close();
  });

  it('refuses a filter that it cannot read, by its name', async () => {
    const app = await api(reader());
    for (const [query, problem] of [
      ['state=gone', /state: expected investigating, following/],
      ['limit=0', /limit: /],
      ['limit=201', /limit: expected 1 to 200/],
      ['since=soon', /since: expected a time/],
      ['sevice=cart', /expected no filters but since, until, environment, service, state/],
      ['after=%2F', /after: expected `next` of the page before/],
    ] as const) {
      const answer = await app.inject(`/v1/incidents?${query}`);
      assert.equal(answer.statusCode, 400, query);
      assert.match(answer.body, problem);
    }
    await app.close();
  });

  it('says when there is no record, and when its database is away', async () => {
    const without = await api(null);
    const missing = await without.inject('/v1/statistics');
    assert.deepEqual([missing.statusCode, /set record\.enabled/.test(missing.body)], [404, true]);
    await without.close();
    const app = await api(reader());
    const away = await app.inject('/v1/statistics');
    assert.deepEqual([away.statusCode, /the database is away/.test(away.body)], [503, true]);
    await app.close();
  });

  it('answers nobody without the token', async () => {
    const app = await api(reader(), 'a-secret-token-of-ann');
    for (const path of ['/v1/incidents', '/v1/statistics']) {
      assert.equal((await app.inject(path)).statusCode, 401);
    }
    const headers = { authorization: 'Bearer a-secret-token-of-ann' };
    assert.equal((await app.inject({ url: '/v1/incidents', headers })).statusCode, 200);
    await app.close();
  });
});

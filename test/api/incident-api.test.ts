import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import type { z } from 'zod';
import { steeringRoutes } from '../../client/api/steering.js';
import {
  AmbiguousId,
  IncidentNotFound,
  NoWorker,
  Refused,
  TemporalUnavailable,
} from '../../client/errors.js';
import type { Incidents } from '../../client/incidents.js';
import { buildReceiver } from '../../client/intake/receiver.js';
import { configSchema } from '../../config/schema.js';
import { incidentRecord } from '../../model/incident.js';
import { aRecord, fakeIncidents, INCIDENT_ID } from '../support/fake-incidents.js';

const ALERTS = { type: 'bearer' as const, tokens: ['token-of-alertmanager'] };
const BASE = `/v1/incidents/${encodeURIComponent(INCIDENT_ID)}`;

interface Problem {
  status: number;
  detail: string;
  errors?: { field: string; problem: string }[];
}

const open: FastifyInstance[] = [];

async function api(
  overrides: Partial<Incidents> = {},
  webhook: z.input<typeof configSchema>['webhook'] = {},
) {
  const incidents = fakeIncidents(overrides);
  const config = configSchema.parse({
    metrics: { type: 'prometheus', url: 'http://prometheus' },
    webhook,
  });
  const log = pino({ level: 'silent' });
  const app = await buildReceiver({
    config,
    incidents,
    log,
    routes: steeringRoutes({ config, incidents, log }),
  });
  open.push(app);
  const post = (path: string, payload: unknown, headers: Record<string, string> = {}) =>
    app.inject({ method: 'POST', url: path, headers, payload: payload as object });
  return { app, asked: incidents.asked, post };
}

describe('the HTTP API of incidents', () => {
  afterEach(async () => {
    await Promise.all(open.splice(0).map((app) => app.close()));
  });

  it('answers the record of an incident, by its whole id or a part', async () => {
    const { app, asked } = await api();
    for (const url of [BASE, '/v1/incidents/9f3c2e']) {
      const answer = await app.inject(url);
      assert.equal(answer.statusCode, 200);
      assert.equal(answer.headers['cache-control'], 'no-store');
      assert.equal(incidentRecord.parse(answer.json()).id, INCIDENT_ID);
    }
    assert.deepEqual(asked, [
      ['show', INCIDENT_ID],
      ['show', '9f3c2e'],
    ]);
  });

  it('shows no secret that a label holds', async () => {
    const links = [{ title: 'Graph', url: 'https://graphs.example/?token=tok-3n-s3cr3t' }];
    const { app } = await api({ show: () => Promise.resolve(aRecord({ links })) });
    const { body } = await app.inject(BASE);
    assert.ok(!body.includes('tok-3n-s3cr3t'));
  });

  const steers: [string, object, unknown[]][] = [
    ['acknowledge', { by: 'ann' }, ['acknowledge', INCIDENT_ID, { by: 'ann' }]],
    ['rerun', { by: 'ann' }, ['rerun', INCIDENT_ID, { by: 'ann' }]],
    ['cancel', { by: 'ann' }, ['cancel', INCIDENT_ID, { by: 'ann', reason: '' }]],
    ['cancel', { by: 'ann', reason: 'a test' }, ['cancel', INCIDENT_ID, { by: 'ann', reason: 'a test' }]],
    [
      'feedback',
      { by: 'ann', grade: 'right' },
      ['giveFeedback', INCIDENT_ID, { by: 'ann', grade: 'right', service: null, faultKind: null, note: '' }],
    ],
    [
      'feedback',
      { by: 'ann', grade: 'wrong', service: 'ledger', faultKind: 'disk', note: 'full\ndisk' },
      [
        'giveFeedback',
        INCIDENT_ID,
        { by: 'ann', grade: 'wrong', service: 'ledger', faultKind: 'disk', note: 'full disk' },
      ],
    ],
  ];
  for (const [path, body, expected] of steers) {
    it(`takes ${path} with ${JSON.stringify(body)}`, async () => {
      const { asked, post } = await api();
      const answer = await post(`${BASE}/${path}`, body);
      assert.equal(answer.statusCode, 200);
      assert.equal(incidentRecord.parse(answer.json()).id, INCIDENT_ID);
      assert.deepEqual(asked, [expected]);
    });
  }

  const faults: [string, object, string][] = [
    ['acknowledge', {}, 'by: expected who asks, it is missing'],
    ['acknowledge', { by: ' ' }, 'by: expected who asks, got " "'],
    ['acknowledge', { by: 7 }, 'by: expected who asks, got 7'],
    ['acknowledge', [], 'expected a JSON object, got a list of 0'],
    ['rerun', { by: 'ann', services: ['a'] }, 'expected no keys but by and found services, got an object'],
    ['feedback', { by: 'ann' }, 'grade: expected right, right-area, wrong, misleading, it is missing'],
    [
      'feedback',
      { by: 'ann', grade: 'yes' },
      'grade: expected right, right-area, wrong, misleading, got "yes"',
    ],
    ['feedback', { by: 'ann', grade: 'wrong', service: '' }, 'service: expected the service where it began'],
    ['feedback', { by: 'ann', grade: 'wrong', faultKind: 'gremlins' }, 'faultKind: expected'],
    [
      'feedback',
      { by: 'ann', grade: 'wrong', faultkind: 'disk' },
      'expected no keys but grade, service, faultKind, note, by and found faultkind',
    ],
    ['cancel', { by: 'ann', reason: 7 }, 'reason: expected text, got 7'],
  ];
  for (const [path, body, detail] of faults) {
    it(`answers 400 to ${path} with ${JSON.stringify(body)}, and asks nobody`, async () => {
      const { asked, post } = await api();
      const answer = await post(`${BASE}/${path}`, body);
      assert.equal(answer.statusCode, 400);
      assert.match(String(answer.headers['content-type']), /^application\/problem\+json\b/);
      assert.ok(answer.json<Problem>().detail.startsWith(detail), answer.json<Problem>().detail);
      assert.deepEqual(asked, []);
    });
  }

  const failures: [Error, number][] = [
    [new IncidentNotFound('There is no incident "x"'), 404],
    [new AmbiguousId('"x" fits 2 incidents'), 409],
    [new Refused('x is closed and takes nothing more'), 409],
    [new NoWorker('no worker does'), 503],
    [new TemporalUnavailable('Temporal does not answer'), 503],
  ];
  for (const [failure, status] of failures) {
    it(`answers ${status} to ${failure.name}`, async () => {
      const fails = () => Promise.reject(failure);
      const { app, post } = await api({ show: fails, acknowledge: fails });
      for (const answer of [await app.inject(BASE), await post(`${BASE}/acknowledge`, { by: 'ann' })]) {
        assert.equal(answer.statusCode, status);
        assert.equal(answer.json<Problem>().detail, failure.message);
        assert.equal(answer.headers['retry-after'], status === 503 ? '5' : undefined);
      }
    });
  }

  it('says which requests there are', async () => {
    const { app, post } = await api();
    for (const answer of [
      await app.inject('/v1/incidents'),
      await post('/v1/incidents/incident/checkout/x', {}),
    ]) {
      assert.equal(answer.statusCode, 404);
      assert.match(answer.json<Problem>().detail, /GET \/v1\/incidents\/:id.*%2F/);
    }
  });

  it('takes the body that its page shows', async () => {
    const page = readFileSync(new URL('../../docs/api.md', import.meta.url), 'utf8');
    const [, json = ''] = /```json\n(.*?)```/s.exec(page) ?? [];
    const { post } = await api();
    assert.equal((await post(`${BASE}/feedback`, JSON.parse(json))).statusCode, 200);
  });

  it('says nothing of its inside when it fails by itself', async () => {
    const { app } = await api({ show: () => Promise.reject(new Error('secret detail')) });
    const answer = await app.inject(BASE);
    assert.equal(answer.statusCode, 500);
    assert.ok(!answer.body.includes('secret detail'));
  });

  const tokens = [
    { name: 'bot', token: 'token-of-the-bot' },
    { name: 'bot', token: 'next-token-of-the-bot' },
    { name: 'ann', token: 'token-of-ann' },
  ];
  const guarded = { auth: ALERTS, api: { auth: { type: 'bearer', tokens } } } as const;
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

  it('asks for its own credentials before it reads anything, and not for those of alerts', async () => {
    const { app, asked, post } = await api({}, guarded);
    for (const headers of [{}, bearer('token-of-alertmanager'), bearer('token-of-an')]) {
      assert.equal((await app.inject({ url: BASE, headers })).statusCode, 401);
      const answer = await post(`${BASE}/cancel`, { by: 'ann' }, headers);
      assert.equal(answer.statusCode, 401);
      assert.equal(answer.headers['www-authenticate'], 'Bearer realm="faultline"');
    }
    assert.deepEqual(asked, []);
  });

  const signatures: [token: string, by: string | undefined, recorded: string][] = [
    ['token-of-ann', undefined, 'ann'],
    ['token-of-ann', 'ann', 'ann'],
    ['token-of-the-bot', 'ann', 'bot, on behalf of ann'],
    ['next-token-of-the-bot', undefined, 'bot'],
  ];
  for (const [token, by, recorded] of signatures) {
    it(`records ${recorded} for ${token} with by ${by ?? 'left out'}`, async () => {
      const { asked, post } = await api({}, guarded);
      assert.equal((await post(`${BASE}/acknowledge`, by ? { by } : {}, bearer(token))).statusCode, 200);
      assert.deepEqual(asked, [['acknowledge', INCIDENT_ID, { by: recorded }]]);
    });
  }

  const off: [string, z.input<typeof configSchema>['webhook']][] = [
    ['alerts need credentials', { auth: ALERTS }],
    ['others reach the host', { host: '0.0.0.0', allowUnauthenticated: true }],
  ];
  for (const [where, webhook] of off) {
    it(`is off without credentials of its own where ${where}`, async () => {
      const { app, asked, post } = await api({}, webhook);
      for (const answer of [
        await app.inject({ url: BASE, headers: bearer('token-of-alertmanager') }),
        await post(`${BASE}/cancel`, { by: 'ann' }),
      ]) {
        assert.equal(answer.statusCode, 404);
        assert.match(answer.json<Problem>().detail, /set webhook\.api\.auth/);
      }
      assert.deepEqual(asked, []);
    });
  }

  it('cancels by a whole id alone', async () => {
    const { asked, post } = await api();
    const answer = await post('/v1/incidents/9f3c2e/cancel', { by: 'ann' });
    assert.equal(answer.statusCode, 400);
    assert.equal(answer.json<Problem>().detail, 'cancel takes a whole id, got "9f3c2e"');
    assert.deepEqual(asked, []);
  });
});

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { fastify, type FastifyInstance } from 'fastify';
import { githubOutcome } from '../../activities/publish/github/issues-api.js';
import { openSink } from '../../activities/publish/open-sink.js';
import type { SinkAnswer } from '../../activities/publish/sink-client.js';
import { configSchema } from '../../config/schema.js';
import { SAMPLES } from '../support/records.js';
import { failureOf } from './lab.js';

const SECRET = 'a secret of the test 0123456789';

/** Each kind of sink that speaks HTTP, at one address. */
const SINKS: Record<string, (url: string) => object> = {
  webhook: (url) => ({ type: 'webhook', url }),
  'pagerduty events': (url) => ({ type: 'pagerduty', events: { routingKey: SECRET, url } }),
  'pagerduty notes': (url) => ({ type: 'pagerduty', notes: { token: SECRET, from: 'a@example.com', url } }),
  github: (url) => ({ type: 'github', token: SECRET, repository: 'a/b', url }),
  jira: (url) => ({ type: 'jira', auth: { type: 'bearer', token: SECRET }, project: 'OPS', url }),
  grafana: (url) => ({ type: 'grafana', auth: { type: 'bearer', token: SECRET }, url }),
  teams: (url) => ({ type: 'teams', url: `${url}?sig=${encodeURIComponent(SECRET)}` }),
};

const DECISIONS = {
  SinkUnavailable: [408, 425, 429, 500, 502, 503, 504, 529],
  SinkRefused: [301, 302, 307, 400, 401, 402, 403, 404, 405, 409, 410, 413, 415, 422, 451],
} as const;

/** Header by which a vendor says how long it wants to be left alone. */
const WAITS: Record<string, string> = {
  'pagerduty notes': 'ratelimit-reset',
  'pagerduty events': 'ratelimit-reset',
};

describe('every sink that speaks HTTP', () => {
  let app: FastifyInstance;
  let url: string;
  let answer: { status: number; headers: Record<string, string> };
  before(async () => {
    app = fastify({ forceCloseConnections: true });
    app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
    app.all('/*', (_request, reply) =>
      reply
        .code(answer.status)
        .headers(answer.headers)
        .send({ message: `said with ${SECRET}` }),
    );
    url = await app.listen({ host: '127.0.0.1', port: 0 });
  });
  after(() => app.close());

  function post(kind: string, status: number, headers: Record<string, string> = {}): Promise<unknown> {
    answer = { status, headers };
    const metrics = { type: 'prometheus', url: 'http://127.0.0.1:9' };
    const [config] = configSchema.parse({ metrics, sinks: [{ name: 'it', ...SINKS[kind]!(url) }] }).sinks;
    const record = SAMPLES['confirmed bad deploy']();
    if (kind === 'pagerduty notes') record.anomalies[0]!.labels['pagerduty_incident_id'] = 'P1';
    return openSink(config!).post({ record, before: null, attempt: 1, signal: new AbortController().signal });
  }

  for (const kind of Object.keys(SINKS)) {
    for (const [type, statuses] of Object.entries(DECISIONS)) {
      it(`as ${kind} answers ${statuses.join(', ')} with ${type}`, async () => {
        for (const status of statuses) {
          const failure = await failureOf(post(kind, status));
          assert.equal(failure.type, type, String(status));
          assert.equal(failure.nonRetryable, type === 'SinkRefused');
          assert.match(failure.message, new RegExp(`^sink it at 127\\.0\\.0\\.1:\\d+ answered ${status}: `));
          assert.ok(kind === 'webhook' || !failure.message.includes(SECRET), failure.message);
        }
      });
    }

    it(`as ${kind} waits as long as it is asked, and no longer than ten minutes`, async () => {
      const header = WAITS[kind] ?? 'retry-after';
      assert.equal((await failureOf(post(kind, 429, { [header]: '17' }))).nextRetryDelay, 17_000);
      assert.equal((await failureOf(post(kind, 503, { 'retry-after': '86400' }))).nextRetryDelay, 600_000);
    });
  }
});

describe('the decision for GitHub', () => {
  const NOW = 1_795_000_000;
  const decide = (status: number, headers: Record<string, string>, data = '{}') =>
    githubOutcome({ status, headers, data } as unknown as SinkAnswer, NOW * 1000);

  for (const [words, headers, data, afterSeconds] of [
    [
      'a primary limit that resets soon',
      { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(NOW + 90) },
      '{}',
      90,
    ],
    ['a limit with Retry-After', { 'retry-after': '30' }, '{}', 30],
    [
      'a secondary limit that only its words tell',
      {},
      '{"message":"You have exceeded a secondary rate limit"}',
      60,
    ],
  ] as const) {
    it(`waits for ${words}`, () => {
      for (const status of [403, 429])
        assert.deepEqual(decide(status, headers, data), { kind: 'later', afterSeconds });
    });
  }

  it('gives up at a 403 that is about rights', () => {
    const rights = '{"message":"Resource not accessible by personal access token"}';
    assert.deepEqual(decide(403, { 'x-ratelimit-remaining': '4999' }, rights), { kind: 'refused' });
  });
});

describe('the pages of the sinks', () => {
  for (const page of ['pagerduty', 'github', 'jira', 'grafana', 'teams']) {
    it(`tell of ${page} which answers are tried again`, () => {
      const text = readFileSync(new URL(`../../docs/sinks/${page}.md`, import.meta.url), 'utf8');
      const again = text.split('\n').filter((line) => line.startsWith('|') && line.includes('tries again'));
      const told = [...again.join().matchAll(/(\d{3})(?:-(\d{3}))?/g)].flatMap(([, from, to = from]) =>
        Array.from({ length: Number(to) - Number(from) + 1 }, (_, index) => Number(from) + index),
      );
      for (const status of DECISIONS.SinkUnavailable) assert.ok(told.includes(status), String(status));
      // GitHub's 403 has a line of its own conditions.
      const never = DECISIONS.SinkRefused.filter((status) => !(page === 'github' && status === 403));
      for (const status of never) assert.ok(!told.includes(status), String(status));
    });
  }
});

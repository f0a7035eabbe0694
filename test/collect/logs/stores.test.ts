import assert from 'node:assert/strict';
import getPort from 'get-port';
import { group } from 'd3-array';
import {
  BadCredentials,
  NotASource,
  SourceUnavailable,
} from '../../../activities/collect/metrics/source/errors.js';
import { expectShopLogs } from '../../support/expect-shop-logs.js';
import { playHttp } from '../../support/http-answers.js';
import { ALERT_TIME, collectedLogs, kindsIn } from '../../support/logs.js';
import { startLoki, type LokiStream } from '../../support/loki.js';
import { NO_LIMITS } from '../../support/scopes.js';
import { shopLines } from '../../support/shop-lines.js';
import { startStubPrometheus } from '../../support/stub-prometheus.js';

/** Real servers whose answers were recorded (test/live), and how they are configured. */
const RECORDED = [
  { server: 'OpenSearch', type: 'elasticsearch', file: '../../fixtures/opensearch/logs.json.gz' },
  { server: 'VictoriaLogs', type: 'victorialogs', file: '../../fixtures/victorialogs/logs.json.gz' },
];

for (const { server, type, file } of RECORDED) {
  describe(`logs in ${server}`, () => {
    it('tell what is new and what is gone, by service', async () => {
      const played = await playHttp(new URL(file, import.meta.url));
      try {
        await expectShopLogs({ type, name: 'logs', url: played.url });
      } finally {
        await played.close();
      }
    });
  });
}

const streamsOf = (more: Record<string, string> = {}): LokiStream[] =>
  [...group(shopLines(), ({ service, level }) => `${service} ${level}`).values()].map((lines) => ({
    labels: { app: lines[0]!.service, detected_level: lines[0]!.level, namespace: 'shop', ...more },
    lines: lines.map(({ time, message, error }) => ({
      time,
      text: error === undefined ? message : JSON.stringify({ msg: message, error }),
    })),
  }));

describe('logs in Loki', () => {
  it('tell what is new and what is gone, by service', async () => {
    const loki = await startLoki(streamsOf());
    try {
      await expectShopLogs({ type: 'loki', name: 'logs', url: loki.url, tenant: 'shop' });
      assert.ok(loki.asked.every(({ tenant }) => tenant === 'shop'));
      const queries = loki.asked.map(({ params }) => params.get('query') ?? '');
      const selectors = queries.filter((query) => query !== '' && !query.startsWith('sum by'));
      assert.ok(selectors.every((query) => /\{app=~"(cart|stock)", namespace="shop"\}/u.test(query)));
    } finally {
      await loki.close();
    }
  });

  it('of a chatty service are a sample that is spread over the whole time, and all are counted', async () => {
    const chatty: LokiStream = {
      labels: { app: 'cart' },
      lines: Array.from({ length: 39_000 }, (_, at) => ({
        time: ALERT_TIME - 3_600 + at / 10,
        text: at < 36_000 && (at * 7_919) % 13 < 3 ? 'reserved an item' : `cart ${at} loaded`,
      })),
    };
    const loki = await startLoki([chatty]);
    try {
      const { table, gaps } = await collectedLogs({ type: 'loki', name: 'logs', url: loki.url }, ['cart']);
      assert.equal(
        table.lines.reduce((sum, count) => sum + count, 0),
        39_000,
      );
      const [before, since] = /: (\d+), (\d+)$/u
        .exec(kindsIn(table).find((kind) => kind.includes('reserved'))!)!
        .slice(1)
        .map(Number) as [number, number];
      assert.ok(before > 6_500 && before < 10_500 && since === 0, `${before}, ${since}`);
      assert.match(gaps[0]!.reason, /estimated from a sample/u);
      const sampled = loki.asked.find(({ params }) => params.has('interval'))!;
      assert.equal(sampled.params.get('limit'), '5000');
    } finally {
      await loki.close();
    }
  });
});

describe('a store of logs', () => {
  const source = (url: string, type = 'victorialogs'): { type: string; name: string; url: string } => ({
    type,
    name: 'logs',
    url,
  });

  for (const type of ['victorialogs', 'loki', 'elasticsearch']) {
    it(`that is away fails the attempt, to be tried again (${type})`, async () => {
      const url = `http://127.0.0.1:${await getPort()}`;
      await assert.rejects(collectedLogs(source(url, type), ['cart']), SourceUnavailable);
    });

    it(`that refuses the credentials is not asked again (${type})`, async () => {
      const stub = await startStubPrometheus();
      stub.answer = (reply) => reply.code(401).send('who are you');
      try {
        await assert.rejects(collectedLogs(source(stub.url, type), ['cart']), BadCredentials);
        assert.equal(stub.requests.length, 1);
      } finally {
        await stub.close();
      }
    });

    it(`that is none is said to be none (${type})`, async () => {
      const stub = await startStubPrometheus();
      stub.answer = (reply) => reply.type('text/html').send('<html>a page</html>');
      try {
        await assert.rejects(collectedLogs(source(stub.url, type), ['cart']), NotASource);
      } finally {
        await stub.close();
      }
    });
  }

  it('that stops answering after the list of writers leaves gaps and what was read', async () => {
    const loki = await startLoki(streamsOf());
    const limits = { ...NO_LIMITS, canRetry: () => false };
    const stub = await startStubPrometheus();
    stub.answer = async (reply, { path, method, query, body }) => {
      if (query.get('query')?.includes('stock')) return reply.code(503).send('shutting down');
      const address = `${loki.url}${path}?${query.toString()}`;
      const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
      const answer = await fetch(address, method === 'POST' ? { method, body, headers } : {});
      return reply.type('application/json').send(await answer.text());
    };
    try {
      const { table, gaps } = await collectedLogs(source(stub.url, 'loki'), ['cart', 'stock'], { limits });
      assert.deepEqual([...new Set(table.kinds.map(({ service }) => service))], ['cart']);
      assert.deepEqual(gaps, [{ source: 'logs', what: 'logs of stock', reason: '503 shutting down' }]);
    } finally {
      await stub.close();
      await loki.close();
    }
  });
});

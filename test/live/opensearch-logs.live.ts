import axios from 'axios';
import { ALERT_TIME } from '../support/logs.js';
import { recordHttp } from '../support/http-answers.js';
import { startOpenSearch } from '../support/log-servers.js';
import { expectShopLogs } from '../support/expect-shop-logs.js';
import { shopLines } from '../support/shop-lines.js';

/** `RECORD=1` keeps the answers for the tests that run without the server. */
const RECORD = process.env['RECORD'] === '1';

describe('logs in a real OpenSearch', () => {
  const opened: (() => Promise<void>)[] = [];
  let proxy: Awaited<ReturnType<typeof recordHttp>>;

  before(async function () {
    this.timeout(300_000);
    const server = await startOpenSearch(this);
    opened.push(() => server.stop());
    proxy = await recordHttp(server.url);
    opened.push(() => proxy.close());
    const bulk = shopLines().flatMap(({ time, service, level, message, error }) => [
      { create: { _index: 'logs-shop' } },
      {
        '@timestamp': new Date(time * 1000).toISOString(),
        message,
        'log.level': level,
        service: { name: service },
        host: { name: `node-${service.length % 3}` },
        ...(error && { error: { message: error } }),
      },
    ]);
    const body = bulk.map((line) => JSON.stringify(line)).join('\n') + '\n';
    const headers = { 'Content-Type': 'application/x-ndjson' };
    const { data } = await axios.post<{ errors: boolean }>(`${server.url}/_bulk?refresh=true`, body, {
      headers,
    });
    if (data.errors) throw new Error('OpenSearch did not take all lines');
  });

  after(async () => {
    for (const close of opened.reverse()) await close();
  });

  it(`tells what changed at ${ALERT_TIME}`, async () => {
    await expectShopLogs({ type: 'elasticsearch', name: 'logs', url: proxy.url });
    if (RECORD) proxy.save(new URL('../fixtures/opensearch/logs.json.gz', import.meta.url));
  });
});

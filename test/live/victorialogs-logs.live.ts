import axios from 'axios';
import { recordHttp } from '../support/http-answers.js';
import { startVictoriaLogs } from '../support/log-servers.js';
import { expectShopLogs } from '../support/expect-shop-logs.js';
import { shopLines } from '../support/shop-lines.js';

/** `RECORD=1` keeps the answers for the tests that run without the server. */
const RECORD = process.env['RECORD'] === '1';

describe('logs in a real VictoriaLogs', () => {
  const opened: (() => Promise<void>)[] = [];
  let proxy: Awaited<ReturnType<typeof recordHttp>>;

  before(async function () {
    const server = await startVictoriaLogs(this);
    opened.push(() => server.stop());
    proxy = await recordHttp(server.url);
    opened.push(() => proxy.close());
    // As Vector writes the lines of Kubernetes; those of one pod in two are JSON that nobody has unpacked.
    const lines = shopLines().map(({ time, service, level, message, error }, at) => ({
      _time: new Date(time * 1000).toISOString(),
      _msg: at % 2 === 0 ? message : JSON.stringify({ msg: message, level, error, user: at }),
      'kubernetes.pod_name': `${service}-7d9f8b6c5-x2x4${'bcdf'[at % 4]!}`,
      'kubernetes.pod_namespace': 'shop',
      ...(at % 2 === 0 && { level, error }),
    }));
    const body = lines.map((line) => JSON.stringify(line)).join('\n');
    const path = '/insert/jsonline?_stream_fields=kubernetes.pod_name,kubernetes.pod_namespace';
    await axios.post(server.url + path, body, { headers: { 'Content-Type': 'application/stream+json' } });
    await axios.get(`${server.url}/internal/force_flush`);
  });

  after(async () => {
    for (const close of opened.reverse()) await close();
  });

  it('tell what is new and what is gone, by service', async () => {
    await expectShopLogs({ type: 'victorialogs', name: 'logs', url: proxy.url });
    if (RECORD) proxy.save(new URL('../fixtures/victorialogs/logs.json.gz', import.meta.url));
  });
});

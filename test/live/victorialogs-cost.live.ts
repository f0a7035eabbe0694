import assert from 'node:assert/strict';
import axios from 'axios';
import { MAX_SERVICES } from '../../activities/collect/logs/limits.js';
import { recordHttp, type AnsweringServer } from '../support/http-answers.js';
import { startVictoriaLogs, type LiveServer } from '../support/log-servers.js';
import { ALERT_TIME, collectedLogs, LOG_WINDOW } from '../support/logs.js';

/** Lines of the first round; the second has twice as many, of twice as many services. A million takes minutes. */
const LINES = Number(process.env['LINES'] ?? 100_000);
const SERVICES = 60;
const KINDS = 40;
const LINES_OF_POST = 50_000;

const nameOf = (service: number): string => `svc${String(service).padStart(3, '0')}x`;

/** Lines of services from `first` on, spread evenly over the window; one kind in ten is of errors. */
function post(first: number, from: number, count: number, of: number): string {
  const length = LOG_WINDOW.end - LOG_WINDOW.start;
  return Array.from({ length: count }, (_, index) => {
    const at = from + index;
    const kind = (Math.floor(at / SERVICES) * 7_919) % KINDS;
    const time = new Date((LOG_WINDOW.start + (at / of) * length) * 1000).toISOString();
    const service = nameOf(first + (at % SERVICES));
    const level = kind % 10 === 0 ? 'error' : 'info';
    const word = String.fromCharCode(97 + (kind % 26)).repeat(4 + (kind % 7));
    return `{"_time":"${time}","app":"${service}","level":"${level}","_msg":"${word} ${word} step ${kind}x of order ${at} took ${at % 997} ms for user ${at % 10_007}"}`;
  }).join('\n');
}

describe('the cost of logs in a real VictoriaLogs', function () {
  this.timeout(1_800_000);
  const opened: (() => Promise<void>)[] = [];
  let server: LiveServer;
  let proxy: AnsweringServer;

  before(async function () {
    server = await startVictoriaLogs(this);
    opened.push(() => server.stop());
    proxy = await recordHttp(server.url);
    opened.push(() => proxy.close());
  });

  after(async () => {
    for (const close of opened.reverse()) await close();
  });

  async function ingest(first: number, lines: number): Promise<void> {
    for (let from = 0; from < lines; from += LINES_OF_POST) {
      const body = post(first, from, Math.min(LINES_OF_POST, lines - from), lines);
      await axios.post(`${server.url}/insert/jsonline?_stream_fields=app`, body, {
        headers: { 'Content-Type': 'application/stream+json' },
        maxBodyLength: Infinity,
      });
    }
    await axios.get(`${server.url}/internal/force_flush`);
  }

  async function cost(services: number): Promise<{ queries: number; bytes: number; seconds: number }> {
    const [queries, bytes, began] = [proxy.asked.length, proxy.bytes, performance.now()];
    const names = Array.from({ length: services }, (_, at) => nameOf(at));
    // What is measured is not how busy the machine is.
    const source = { type: 'victorialogs', name: 'logs', url: proxy.url, timeoutSeconds: 300 };
    const { table, gaps } = await collectedLogs(source, names);
    assert.ok(table.kinds.length >= MAX_SERVICES * KINDS * 0.5, JSON.stringify(gaps));
    assert.ok(table.time.some((time) => time >= ALERT_TIME));
    return {
      queries: proxy.asked.length - queries,
      bytes: proxy.bytes - bytes,
      seconds: Math.round((performance.now() - began) / 100) / 10,
    };
  }

  it(`is the same for ${LINES} lines and for twice as many of twice as many services`, async () => {
    await ingest(0, LINES);
    const once = await cost(SERVICES);
    await ingest(SERVICES, LINES);
    const twice = await cost(2 * SERVICES);
    process.stderr.write(`${LINES} lines: ${JSON.stringify(once)}; ${2 * LINES}: ${JSON.stringify(twice)}\n`);
    assert.equal(twice.queries, once.queries);
    assert.ok(twice.bytes < 1.1 * once.bytes);
  });

  it(`is the same when the services write twice as much`, async () => {
    const once = await cost(SERVICES);
    await ingest(0, LINES);
    const twice = await cost(SERVICES);
    process.stderr.write(
      `${2 * LINES} lines: ${JSON.stringify(once)}; ${3 * LINES}: ${JSON.stringify(twice)}\n`,
    );
    assert.equal(twice.queries, once.queries);
    assert.ok(twice.bytes < 1.1 * once.bytes);
  });
});

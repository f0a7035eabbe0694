/** Customers: journeys begin at a constant rate whatever the shop answers (an open model). */
import http from 'node:http';
import https from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { livesWithParent } from '../child.js';
import type { Flood, LoadLaunch, ToLoad } from '../protocol.js';
import { arrivals, pickJourney, REQUESTS_PER_JOURNEY, seededRandom, type Step } from './journeys.js';

/** Requests in flight; what comes on top is dropped, as customers who see no page leave. */
const CONCURRENCY = 300;
const REQUEST_TIMEOUT_MS = 5000;
/** A customer looks at a page before the next click. */
const THINK_MS = 200;

const launch = JSON.parse(process.argv[2] ?? '{}') as LoadLaunch;
const random = seededRandom(launch.seed);
const agent = new http.Agent({ keepAlive: true, maxSockets: CONCURRENCY });
/** A stray client trusts whatever it is shown. */
const tlsAgent = new https.Agent({ keepAlive: true, maxSockets: CONCURRENCY, rejectUnauthorized: false });
let inFlight = 0;
let orders: ToLoad = { factor: 1, flood: null };

/** @returns whether the answer was a good one. */
function send(port: number, { method, path }: Step, tls = false): Promise<boolean> {
  if (inFlight >= CONCURRENCY) return Promise.resolve(false);
  inFlight++;
  return new Promise<boolean>((resolve) => {
    const request = (tls ? https : http).request({
      agent: tls ? tlsAgent : agent,
      host: '127.0.0.1',
      port,
      method,
      path,
      timeout: REQUEST_TIMEOUT_MS,
    });
    request.on('timeout', () => {
      request.destroy();
    });
    request.on('error', () => {
      resolve(false);
    });
    request.on('response', (response) => {
      response.on('error', () => {
        resolve(false);
      });
      response.on('end', () => {
        resolve((response.statusCode ?? 500) < 500);
      });
      response.resume();
    });
    request.end();
  }).finally(() => {
    inFlight--;
  });
}

async function journey(): Promise<void> {
  for (const step of pickJourney(random)) {
    if (!(await send(launch.edgePort, step))) return;
    await sleep(THINK_MS * (0.5 + random()));
  }
}

async function customers(): Promise<void> {
  const rate = (): number => (launch.rate * orders.factor) / REQUESTS_PER_JOURNEY;
  for await (const count of arrivals(rate, random)) {
    for (let i = 0; i < count; i++) void journey();
  }
}

async function strayClient(): Promise<void> {
  let next = 0;
  const pick = ({ requests }: Flood): Step => requests[next++ % requests.length]!;
  for await (const count of arrivals(() => orders.flood?.rate ?? 0, random)) {
    for (let i = 0; i < count && orders.flood; i++)
      void send(orders.flood.port, pick(orders.flood), orders.flood.tls);
  }
}

livesWithParent();
process.on('message', (message: ToLoad) => {
  orders = message;
});
await Promise.all([customers(), strayClient()]);

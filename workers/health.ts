import { setTimeout as sleep } from 'node:timers/promises';
import { fastify } from 'fastify';
import type { Logger } from 'pino';
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { productVersion } from './version.js';

/** A probe every second costs Temporal and the store one check in two seconds. */
const READY_CACHE_MS = 2000;

/** A check that has not answered by then counts as failed. Kubernetes' own default for a probe is one second. */
const CHECK_TIMEOUT_MS = 3000;

export interface HealthOptions {
  host: string;
  /** 0 lets the system choose. */
  port: number;
  /** What must work before the process counts as ready, by name. A check rejects with the reason why it does not. */
  checks: Record<string, () => Promise<void>>;
  /** Address of further metrics of this process, appended to `/metrics`: the Temporal SDK's own. */
  sdkMetricsUrl?: string;
  log: Logger;
}

export interface HealthServer {
  /** `http://127.0.0.1:8091` */
  url: string;
  close(): Promise<void>;
}

/**
 * Serves `GET /healthz` (200 while the process answers), `/readyz` (200 when every check passes, else 503 with the
 * reason of each) and `/metrics` (Prometheus text). The result of the checks is reused for two seconds.
 * @throws Error that names `worker.port` when the port is taken.
 */
export async function serveHealth(options: HealthOptions): Promise<HealthServer> {
  const { host, port, checks, sdkMetricsUrl, log } = options;
  const registry = processMetrics();
  const app = fastify();
  let cached: { at: number; result: Promise<Record<string, string>> } | null = null;
  const readiness = (): Promise<Record<string, string>> => {
    if (cached === null || Date.now() - cached.at > READY_CACHE_MS) {
      cached = { at: Date.now(), result: runChecks(checks) };
    }
    return cached.result;
  };

  app.get('/healthz', () => ({ status: 'ok' }));
  app.get('/readyz', async (_request, reply) => {
    const results = await readiness();
    const isReady = Object.values(results).every((result) => result === 'ok');
    return reply.code(isReady ? 200 : 503).send({ status: isReady ? 'ready' : 'not ready', checks: results });
  });
  app.get('/metrics', async (_request, reply) => {
    const own = await registry.metrics();
    const sdk = sdkMetricsUrl === undefined ? '' : await sdkMetrics(sdkMetricsUrl, log);
    return reply.type(registry.contentType).send(`${own}\n${sdk}`);
  });
  try {
    return { url: await app.listen({ host, port }), close: () => app.close() };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    const message = `worker.port: port ${port} on ${host} is taken; choose another one, or 0 for any free port`;
    throw new Error(message, { cause: error });
  }
}

/** `ok` or the reason, by the check's name. */
async function runChecks(checks: HealthOptions['checks']): Promise<Record<string, string>> {
  const results = Object.entries(checks).map(async ([name, check]) => {
    const timeout = sleep(CHECK_TIMEOUT_MS, `no answer within ${CHECK_TIMEOUT_MS / 1000} s`, { ref: false });
    const result = check().then(
      () => 'ok',
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    );
    return [name, await Promise.race([result, timeout])] as const;
  });
  return Object.fromEntries(await Promise.all(results));
}

function processMetrics(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  new Gauge({
    name: 'faultline_build_info',
    help: 'The version that runs; always 1.',
    labelNames: ['version'],
    registers: [registry],
  }).set({ version: productVersion() }, 1);
  return registry;
}

/** A scrape must not fail because the SDK's part of it is missing. */
async function sdkMetrics(url: string, log: Logger): Promise<string> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(CHECK_TIMEOUT_MS) });
    return await answer.text();
  } catch (error) {
    log.warn({ error: String(error) }, "the Temporal SDK's metrics cannot be read");
    return '';
  }
}

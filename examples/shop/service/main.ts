/** One service of the shop. Which one, the launch on the command line says. */
import { readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { Server as TlsServer } from 'node:https';
import Fastify, { type FastifyInstance } from 'fastify';
import type { CertificatePair } from '../../../test/support/certificates.js';
import { livesWithParent } from '../child.js';
import { RUNTIME_INJECTIONS } from '../fault-catalog.js';
import type { FromService, Launch, ToService } from '../protocol.js';
import { specOf, type Operation } from '../topology.js';
import { CallFailed, connect } from './connections.js';
import { Faults } from './faults.js';
import { startLogs } from './logs.js';
import { OLD_PRODUCT, priceOf } from './prices.js';
import { watchProcess } from './process-metrics.js';
import { Queue } from './queue.js';
import { Stock } from './stock.js';
import { nameRoute, startTelemetry } from './telemetry.js';
import { Workbench } from './work.js';

const HOST = '127.0.0.1';
/** Requests in flight get this long to end when a newer release takes over. */
const DRAIN_MS = 3000;

const launch = JSON.parse(process.argv[2] ?? '{}') as Launch;
const spec = specOf(launch.service);
const telemetry = spec.external ? null : startTelemetry(launch);
const log = spec.external ? null : startLogs(launch);
const callees = connect(launch);
const stock = launch.postgresPort === null ? null : new Stock(launch.postgresPort);
const faults = new Faults(launch.service, spec.slowMs, callees);
const workbench = new Workbench(spec.slots);
const inFlight = telemetry?.meter.createUpDownCounter('http.server.active_requests', {
  description: 'Requests in flight',
});
if (telemetry) {
  watchProcess(telemetry.meter);
  for (const callee of callees.values()) callee.watch(telemetry.meter);
}
const queue = queueOf();

for (const fault of launch.faults) faults.start(fault);

/** The line of a service that works messages off; null for one that does not. */
function queueOf(): Queue | null {
  const hasQueue = Object.values(spec.operations).some(({ laterMs }) => laterMs !== undefined);
  if (!hasQueue || !telemetry || !log) return null;
  const made = new Queue(() => faults.messageDelayMs, telemetry.tracer, log);
  made.watch(telemetry.meter);
  return made;
}

/** Plays one operation of the topology. @throws CallFailed when a required callee fails. */
async function perform(name: string, operation: Operation): Promise<number> {
  if (!(await workbench.work(operation.work))) {
    log?.warn('too many requests wait for a worker, turned one away');
    return 503;
  }
  if (await faults.disturb()) {
    log?.error(
      "TypeError: Cannot read properties of undefined (reading 'price') at handle (src/handler.ts:41:27)",
    );
    return 500;
  }
  if (Math.random() < launch.settings.failureRatio) {
    log?.error(launch.settings.failure);
    return 500;
  }
  try {
    if (name === launch.settings.brokenOperation) priceOf(OLD_PRODUCT);
    await stock?.serve(operation);
  } catch (error) {
    log?.error(stackOf(error));
    return 500;
  }
  if (queue && operation.laterMs !== undefined) return queue.put(operation.laterMs) ? 202 : 503;
  for (const stage of operation.stages) {
    await Promise.all(
      stage.map(async ({ to, operation: called, optional }) => {
        try {
          for (let i = 0; i < launch.settings.callsPerRequest; i++) {
            await callees.get(to)?.call(specOf(to).operations[called]!);
          }
        } catch (error) {
          if (!optional) throw error;
          log?.warn(`goes on without ${to}: ${error instanceof Error ? error.message : String(error)}`);
        }
      }),
    );
  }
  return 200;
}

/** As a logger writes an error, without where on this machine the program lies. */
function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return (error.stack ?? error.message).replaceAll(
    /(?<=[\s(])(?:file:\/\/)?\/\S*\/(?=[^/\s]+:\d+:\d+)/gu,
    '',
  );
}

const tlsOf = ({ certFile, keyFile }: CertificatePair) => ({
  cert: readFileSync(certFile),
  key: readFileSync(keyFile),
});

function shopServer(): FastifyInstance {
  const https = launch.certificates && tlsOf(launch.certificates.good);
  const options = { keepAliveTimeout: 60_000 };
  // Fastify has a type of its own for each kind of server; what is used of them is the same.
  const server = https ? (Fastify({ ...options, https }) as unknown as FastifyInstance) : Fastify(options);
  for (const [name, operation] of Object.entries(spec.operations)) {
    server.route({
      method: operation.method,
      url: operation.route,
      handler: async (_request, reply) => {
        nameRoute(operation.route);
        const labels = { 'http.request.method': operation.method, 'url.scheme': 'http' };
        inFlight?.add(1, labels);
        try {
          const status = await perform(name, operation);
          if (status < 400) log?.info(`${operation.method} ${operation.route} ${status}`);
          return await reply.code(status).send({ service: launch.service, version: launch.version });
        } catch (error) {
          if (!(error instanceof CallFailed)) throw error;
          log?.error(`${operation.method} ${operation.route} failed: ${error.message}`);
          return await reply.code(error.status).send({ service: launch.service, error: error.message });
        } finally {
          inFlight?.add(-1, labels);
        }
      },
    });
  }
  return server;
}

/** Scrapes and faults, on a port of their own: neither shows in the metrics. */
function adminServer(): FastifyInstance {
  const server = Fastify();
  if (telemetry) {
    server.get('/metrics', (request, reply) => {
      reply.hijack();
      telemetry.exporter.getMetricsRequestHandler(request.raw, reply.raw);
    });
  }
  server.put<{ Params: { fault: string } }>('/faults/:fault', async (request, reply) => {
    const fault = RUNTIME_INJECTIONS.find((candidate) => candidate === request.params.fault);
    if (!fault) {
      return await reply.code(400).send({ error: `fault: expected one of ${RUNTIME_INJECTIONS.join(', ')}` });
    }
    faults.start(fault);
    return { active: fault };
  });
  server.put<{ Params: { which: 'good' | 'ended' } }>('/certificate/:which', (request) => {
    const { server: listener } = shop as { server: Server };
    if (launch.certificates && listener instanceof TlsServer) {
      listener.setSecureContext(tlsOf(launch.certificates[request.params.which]));
    }
    listener.closeAllConnections();
    return { shown: request.params.which };
  });
  // As a restart does it: whoever comes back needs a new connection.
  server.delete('/connections', () => {
    shop.server.closeAllConnections();
    return { open: 0 };
  });
  server.delete('/faults', () => {
    faults.clear();
    return { active: null };
  });
  return server;
}

const say = (message: FromService): void => {
  process.send?.(message);
};
const shop = shopServer();
const servers = [
  { server: shop, port: launch.port },
  { server: adminServer(), port: launch.adminPort },
];

async function listen(): Promise<void> {
  await Promise.all(servers.map(({ server, port }) => server.listen({ host: HOST, port })));
  log?.info(`version ${launch.version} listens on port ${launch.port}`);
  say('listening');
}

/** Frees the ports at once, ends what is in flight, then leaves. */
function retire(): void {
  for (const { server } of servers) server.server.close();
  say('retired');
  setInterval(() => {
    for (const { server } of servers) server.server.closeIdleConnections();
  }, 50).unref();
  const drained = servers.map(({ server }) => new Promise((resolve) => server.server.once('close', resolve)));
  setTimeout(() => process.exit(0), DRAIN_MS).unref();
  void Promise.all(drained).then(() => process.exit(0));
}

livesWithParent();
process.on('message', (message: ToService) => {
  if (message === 'listen') void listen();
  else retire();
});
await Promise.all(servers.map(({ server }) => server.ready()));
say('ready');

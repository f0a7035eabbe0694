/** One service of the shop. Which one, the launch on the command line says. */
import Fastify, { type FastifyInstance } from 'fastify';
import { livesWithParent } from '../child.js';
import { RUNTIME_INJECTIONS } from '../fault-catalog.js';
import type { FromService, Launch, ToService } from '../protocol.js';
import { specOf, type Operation } from '../topology.js';
import { CallFailed, connect } from './connections.js';
import { Faults } from './faults.js';
import { startLogs } from './logs.js';
import { watchProcess } from './process-metrics.js';
import { nameRoute, startTelemetry } from './telemetry.js';
import { Workbench } from './work.js';

const HOST = '127.0.0.1';
/** Requests in flight get this long to end when a newer release takes over. */
const DRAIN_MS = 3000;

const launch = JSON.parse(process.argv[2] ?? '{}') as Launch;
const spec = specOf(launch.service);
const telemetry = spec.external ? null : startTelemetry(launch);
const log = spec.external ? null : startLogs(launch);
const callees = connect(launch.settings.dependencies, launch.ports);
const faults = new Faults(launch.service, spec.slowMs, callees);
const workbench = new Workbench(spec.slots);
const inFlight = telemetry?.meter.createUpDownCounter('http.server.active_requests', {
  description: 'Requests in flight',
});
if (telemetry) {
  watchProcess(telemetry.meter);
  for (const callee of callees.values()) callee.watch(telemetry.meter);
}
for (const fault of launch.faults) faults.start(fault);

/** Plays one operation of the topology. @throws CallFailed when a required callee fails. */
async function perform(operation: Operation): Promise<number> {
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
  for (const stage of operation.stages) {
    await Promise.all(
      stage.map(async ({ to, operation: name, optional }) => {
        try {
          for (let i = 0; i < launch.settings.callsPerRequest; i++) {
            await callees.get(to)?.call(specOf(to).operations[name]!);
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

function shopServer(): FastifyInstance {
  const server = Fastify({ keepAliveTimeout: 60_000 });
  for (const operation of Object.values(spec.operations)) {
    server.route({
      method: operation.method,
      url: operation.route,
      handler: async (_request, reply) => {
        nameRoute(operation.route);
        const labels = { 'http.request.method': operation.method, 'url.scheme': 'http' };
        inFlight?.add(1, labels);
        try {
          const status = await perform(operation);
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
  server.delete('/faults', () => {
    faults.clear();
    return { active: null };
  });
  return server;
}

const say = (message: FromService): void => {
  process.send?.(message);
};
const servers = [
  { server: shopServer(), port: launch.port },
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

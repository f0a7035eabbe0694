import {
  fastify,
  LogController,
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify';
import type { Config } from '../../config/schema.js';
import type { Heartbeats } from '../heartbeats.js';
import type { Incidents } from '../incidents.js';
import { oneLine } from '../../report/escape.js';
import { demandCredentials } from './auth.js';
import { guardAgainstBrowsers } from './browser-guard.js';
import { coalesceRaises } from './coalesce.js';
import { plainBytes } from './encoding.js';
import { parseJson } from './json.js';
import { createIntakeMetrics } from './metrics.js';
import { probeRoutes } from './probes.js';
import { failureOf, problem, sendProblem, type Problem } from './problems.js';
import { readItems, type Reading } from './reading.js';
import { openSpool } from './spool.js';
import { demandMediaType, readingSettings, type RawPost, type Source } from './source.js';
import { openSources } from './sources.js';

export interface ReceiverOptions {
  config: Pick<Config, 'environment' | 'services' | 'webhook' | 'triage'>;
  incidents: Pick<Incidents, 'raise' | 'ready'>;
  /** A pino logger. */
  log: FastifyBaseLogger;
  /** @default those that `webhook` turns on */
  sources?: Source[] | undefined;
  /** Who is told of heartbeats. @default nobody */
  heartbeats?: Pick<Heartbeats, 'heard'> | undefined;
  /** Adds further routes: client/api/steering.ts. @default none */
  routes?: ((server: FastifyInstance) => void) | undefined;
  /** Unix seconds. @default the clock */
  now?: (() => number) | undefined;
}

/** Times after which a connection that sends nothing, or sends too slowly, is closed, in milliseconds. */
const HEADERS_MS = 5_000;
const REQUEST_MS = 10_000;
const KEEP_ALIVE_MS = 10_000;
/** How often Node checks the first two; its default is 30 s. */
const CHECK_MS = 2_000;
/** Nothing that is answered takes so long: an update of an incident waits 15 s for its worker. */
const IDLE_MS = 60_000;

/**
 * The HTTP server that takes alerts in: `POST /v1/<source>`, and `GET /healthz`, `/readyz`, `/metrics`.
 *
 * Answers 202 once Temporal holds the alerts; 200 when a post carried none; 400, 401, 403, 413 and 415 for what can
 * never succeed; 503 with Retry-After when Temporal does not take the alerts within `webhook.acceptTimeoutSeconds` and
 * no spool (`webhook.spool`) takes them instead, or a signature cannot be looked up. An alert of a post that cannot be
 * used is left out, and the answer says so. Who sent a post is known before any of it is read. Errors are problem
 * documents. `close()` lets running posts end.
 */
export async function buildReceiver(options: ReceiverOptions): Promise<FastifyInstance> {
  const { config, incidents, log, now = () => Date.now() / 1000 } = options;
  const { sources = openSources(config.webhook) } = options;
  const {
    acceptTimeoutSeconds,
    auth,
    bodyLimitBytes,
    host,
    maxPending,
    spool: spoolSettings,
  } = config.webhook;
  const spool = spoolSettings ? await openSpool(incidents, { ...spoolSettings, log }) : null;
  const intake = coalesceRaises(spool ?? incidents, { maxPending, waitsLong: spool !== null });
  const metrics = createIntakeMetrics(() => spool?.status() ?? null);
  const settings = readingSettings(config);

  const app = serverFor(config.webhook, log);
  closeConnectionsAtTheEnd(app);
  app.addHook('onClose', () => spool?.close());
  guardAgainstBrowsers(app, host);
  probeRoutes(app, { incidents, metrics, spool, timeoutSeconds: acceptTimeoutSeconds });

  app.setErrorHandler((error, request, reply) => {
    const limit = request.routeOptions.bodyLimit;
    const failure = failureOf(error, { bodyLimitBytes: limit });
    const source = sourceOf(request);
    if (source) metrics.rejected(source.name, failure.reason);
    report(request, failure.problem, error);
    return sendProblem(reply, failure.problem);
  });

  app.setNotFoundHandler((request, reply) => {
    if (sources.some((source) => pathOf(source) === pathIn(request))) {
      reply.header('allow', 'POST');
      return sendProblem(reply, problem(405, 'alerts are posted'));
    }
    return sendProblem(reply, problem(404, `alerts go to ${sources.map(pathOf).join(', ')}`));
  });

  await app.register(async (posts) => {
    posts.addHook('onRequest', (request, _reply, done) => {
      const source = sourceOf(request);
      if (source) metrics.received(source.name);
      done();
    });
    // Signatures are made of bytes, so each body is parsed when its sender is known.
    posts.removeAllContentTypeParsers();
    posts.addContentTypeParser('*', { parseAs: 'buffer' }, (request: FastifyRequest, body: Buffer) =>
      plainBytes(request, body),
    );
    for (const source of sources) {
      const credentials = source.credentials ?? auth;
      const isOpen = credentials.type === 'none' && !source.authenticate;
      const bodyLimit = Math.min(source.bodyLimitBytes ?? bodyLimitBytes, bodyLimitBytes);
      await posts.register(async (own) => {
        await demandCredentials(own, credentials);
        own.post(pathOf(source), { bodyLimit, config: { source, isOpen } }, (request, reply) =>
          take(source, request, reply),
        );
      });
    }
  });

  options.routes?.(app);

  async function take(source: Source, request: FastifyRequest, reply: FastifyReply) {
    const bytes = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    const raw: RawPost = { bytes, headers: request.headers, receivedAt: now() };
    await source.authenticate?.(raw);
    demandMediaType(source, raw);
    const body = source.parsesItself ? undefined : parseJson(bytes);
    const items = await source.read({ ...raw, body }, settings);
    const reading = await readItems(items, { receivedAt: raw.receivedAt, settings });
    const { anomalies, leftOut, beats } = reading;
    // The sender need not wait: a beat that is lost is followed by another one.
    options.heartbeats?.heard(beats, raw.receivedAt).catch((error: unknown) => {
      request.log.warn(
        { heartbeats: [...beats], error: String(error) },
        'a heartbeat could not be passed on',
      );
    });
    if (anomalies.length > 0) await intake.raise(anomalies, { timeoutSeconds: acceptTimeoutSeconds });
    metrics.accepted(source.name, reading, reply.elapsedTime / 1000);
    logTaken(request, source, reading);
    return reply
      .code(anomalies.length > 0 ? 202 : 200)
      .send({ accepted: anomalies.length, ...(leftOut.length > 0 && { leftOut }) });
  }

  return app;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The source whose posts this route takes. */
    source?: Source;
  }
}

function serverFor({ bodyLimitBytes, maxConnections }: Config['webhook'], log: FastifyBaseLogger) {
  const app = fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: bodyLimitBytes,
    requestTimeout: REQUEST_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    connectionTimeout: IDLE_MS,
    http: { headersTimeout: HEADERS_MS, connectionsCheckingInterval: CHECK_MS },
    // A label may have any name; those that could touch prototypes are left out, the alert is kept.
    onProtoPoisoning: 'remove',
    onConstructorPoisoning: 'remove',
  });
  app.server.maxConnections = maxConnections;
  app.removeContentTypeParser('text/plain');
  return app;
}

/**
 * The answer to a post that was running when we were told to stop is the last on its connection: senders keep theirs
 * alive, and closing would wait for them.
 */
function closeConnectionsAtTheEnd(app: FastifyInstance): void {
  let isClosing = false;
  app.addHook('preClose', (done) => {
    isClosing = true;
    done();
  });
  app.addHook('onSend', (_request, reply, _payload, done) => {
    if (isClosing) reply.header('connection', 'close');
    done();
  });
}

function sourceOf(request: FastifyRequest): Source | undefined {
  return request.routeOptions.config.source;
}

/** The path alone: a query may hold what no log should. */
function pathIn(request: FastifyRequest): string {
  return request.url.split('?')[0] ?? '';
}

function pathOf(source: Source): string {
  return `/v1/${source.path ?? source.name}`;
}

/** What was left out or changed is the operator's news; an alert that fires always is not, it comes every minute. */
function logTaken(
  request: FastifyRequest,
  { name }: Source,
  { anomalies, leftOut, adjusted }: Reading,
): void {
  request.log.debug({ source: name, anomalies: anomalies.length }, 'post accepted');
  for (const { reason, count, detail } of leftOut) {
    const level = reason === 'always-firing' ? 'debug' : 'info';
    request.log[level]({ source: name, reason, count, detail: oneLine(detail, 300) }, 'alerts were left out');
  }
  for (const [what, count] of adjusted) {
    request.log.info({ source: name, what, count }, 'alerts were changed; their note says how');
  }
}

/** A sender's mistakes are its own news; what hinders the receiver is the operator's. */
function report(request: FastifyRequest, { status, detail }: Problem, error: unknown): void {
  const facts = { path: pathIn(request), status, from: request.ip };
  const said = oneLine(detail, 600);
  if (status === 500) request.log.error({ ...facts, err: error }, 'post failed');
  else if (status === 503) request.log.warn(facts, `post not accepted: ${said}`);
  else request.log.info(facts, `post refused: ${said}`);
}

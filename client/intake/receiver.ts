import {
  fastify,
  LogController,
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify';
import type { Config } from '../../config/schema.js';
import type { Incidents } from '../incidents.js';
import { demandCredentials } from './auth.js';
import { coalesceRaises } from './coalesce.js';
import { parseJson } from './json.js';
import { createIntakeMetrics } from './metrics.js';
import { failureOf, problem, WrongMediaType, type Problem } from './problems.js';
import { openSpool } from './spool.js';
import { headerOf, readingSettings, type RawPost, type Source } from './source.js';
import { openSources } from './sources.js';

export interface ReceiverOptions {
  config: Pick<Config, 'environment' | 'webhook'>;
  incidents: Pick<Incidents, 'raise' | 'ready'>;
  /** A pino logger. */
  log: FastifyBaseLogger;
  /** @default Alertmanager and the sources of `webhook.sources` */
  sources?: Source[] | undefined;
  /** Adds further routes: client/api/steering.ts. @default none */
  routes?: ((server: FastifyInstance) => void) | undefined;
  /** Unix seconds. @default the clock */
  now?: (() => number) | undefined;
}

const JSON_ONLY = ['application/json'];
/** When a sender that reads it shall come back. */
const RETRY_AFTER_SECONDS = 5;
/** A body that takes longer than this to arrive holds a connection for nothing. */
const REQUEST_TIMEOUT_MS = 10_000;

/**
 * The HTTP server that takes signals in: `POST /v1/<source>`, and `GET /healthz`, `/readyz`, `/metrics`.
 *
 * Answers 202 once Temporal holds the signals; 200 when a post carried none; 400, 401, 413 and 415 for what can
 * never succeed; 503 with Retry-After when Temporal does not take the signals within
 * `webhook.acceptTimeoutSeconds` and no spool (`webhook.spool`) takes them instead, or a signature cannot be looked up. Who sent a post is known before any of it is
 * read. Errors are problem documents. `close()` lets running posts end.
 */
export async function buildReceiver(options: ReceiverOptions): Promise<FastifyInstance> {
  const { config, incidents, log, now = () => Date.now() / 1000 } = options;
  const { sources = openSources(config.webhook) } = options;
  const { acceptTimeoutSeconds, auth, bodyLimitBytes } = config.webhook;
  const { maxPending, spool: spoolSettings } = config.webhook;
  const spool = spoolSettings ? await openSpool(incidents, { ...spoolSettings, log }) : null;
  const door = coalesceRaises(spool ?? incidents, { maxPending, waitsLong: spool !== null });
  const metrics = createIntakeMetrics(() => spool?.waiting() ?? 0);

  const app = fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: bodyLimitBytes,
    requestTimeout: REQUEST_TIMEOUT_MS,
    // A label may have any name; those that could touch prototypes are left out, the alert is kept.
    onProtoPoisoning: 'remove',
    onConstructorPoisoning: 'remove',
  });
  app.removeContentTypeParser('text/plain');

  // The answer to a post that was running when we were told to stop is the last on its connection: senders keep
  // theirs alive, and closing would wait for them.
  let isClosing = false;
  app.addHook('preClose', (done) => {
    isClosing = true;
    done();
  });
  app.addHook('onSend', (_request, reply, _payload, done) => {
    if (isClosing) reply.header('connection', 'close');
    done();
  });

  app.addHook('onClose', () => spool?.close());

  app.get('/healthz', () => ({ status: 'ok' }));

  app.get('/readyz', async (_request, reply) => {
    try {
      await incidents.ready({ timeoutSeconds: acceptTimeoutSeconds });
      return { status: 'ready' };
    } catch (error) {
      return sendProblem(reply, failureOf(error, config.webhook).problem);
    }
  });

  app.get('/metrics', async (_request, reply) => {
    reply.type(metrics.registry.contentType);
    return metrics.registry.metrics();
  });

  app.setErrorHandler((error, request, reply) => {
    const failure = failureOf(error, config.webhook);
    const source = sourceOf(request);
    if (source) metrics.rejected(source.name, failure.reason);
    report(request, failure.problem, error);
    return sendProblem(reply, failure.problem);
  });

  app.setNotFoundHandler((request, reply) => {
    if (sources.some((source) => pathOf(source) === pathIn(request))) {
      reply.header('allow', 'POST');
      return sendProblem(reply, problem(405, 'signals are posted'));
    }
    return sendProblem(reply, problem(404, `signals go to ${sources.map(pathOf).join(', ')}`));
  });

  await app.register(async (intake) => {
    intake.addHook('onRequest', (request, _reply, done) => {
      const source = sourceOf(request);
      if (source) metrics.received(source.name);
      done();
    });
    // Signatures are made of bytes, so each body is parsed when its sender is known.
    intake.removeAllContentTypeParsers();
    intake.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
    for (const source of sources) {
      await intake.register(async (own) => {
        await demandCredentials(own, source.credentials ?? auth);
        own.post(pathOf(source), { config: { source } }, (request, reply) => take(source, request, reply));
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
    const anomalies = await source.read({ ...raw, body }, readingSettings(config));
    if (anomalies.length > 0) await door.raise(anomalies, { timeoutSeconds: acceptTimeoutSeconds });
    metrics.accepted(source.name, anomalies.length, reply.elapsedTime / 1000);
    request.log.debug({ source: source.name, anomalies: anomalies.length }, 'post accepted');
    return reply.code(anomalies.length > 0 ? 202 : 200).send({ accepted: anomalies.length });
  }

  return app;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The source whose posts this route takes. */
    source?: Source;
  }
}

function sourceOf(request: FastifyRequest): Source | undefined {
  return request.routeOptions.config.source;
}

function demandMediaType({ mediaTypes = JSON_ONLY }: Source, { headers }: RawPost): void {
  const type = headerOf(headers, 'content-type')?.split(';')[0]?.trim().toLowerCase() ?? '';
  if (!mediaTypes.includes(type)) throw new WrongMediaType(mediaTypes);
}

/** The path alone: a query may hold what no log should. */
function pathIn(request: FastifyRequest): string {
  return request.url.split('?')[0] ?? '';
}

function pathOf(source: Source): string {
  return `/v1/${source.path ?? source.name}`;
}

function sendProblem(reply: FastifyReply, body: Problem) {
  if (body.status === 503) reply.header('retry-after', RETRY_AFTER_SECONDS);
  return reply.code(body.status).type('application/problem+json').send(JSON.stringify(body));
}

/** A sender's mistakes are its own news; what hinders the receiver is the operator's. */
function report(request: FastifyRequest, { status, detail }: Problem, error: unknown): void {
  const facts = { path: pathIn(request), status, from: request.ip };
  if (status === 500) request.log.error({ ...facts, err: error }, 'post failed');
  else if (status === 503) request.log.warn(facts, `post not accepted: ${detail}`);
  else request.log.info(facts, `post refused: ${detail}`);
}

import type { FastifyInstance } from 'fastify';
import type { Incidents } from '../incidents.js';
import type { IntakeMetrics } from './metrics.js';
import { failureOf, problem, sendProblem } from './problems.js';
import type { Spool } from './spool.js';

export interface ProbeOptions {
  incidents: Pick<Incidents, 'ready'>;
  metrics: IntakeMetrics;
  spool: Spool | null;
  /** How long Temporal may take to say that it is there. */
  timeoutSeconds: number;
}

/** Anybody may ask, and each question would be a call to Temporal: an answer holds for so long. */
const READY_FOR_MS = 2_000;

/** `GET /healthz`, `/readyz` and `/metrics`, without credentials. */
export function probeRoutes(
  app: FastifyInstance,
  { incidents, metrics, spool, timeoutSeconds }: ProbeOptions,
): void {
  app.get('/healthz', () => ({ status: 'ok' }));

  let asked: { at: number; answer: Promise<void> } | null = null;
  function ready(): Promise<void> {
    if (asked === null || performance.now() - asked.at > READY_FOR_MS) {
      asked = { at: performance.now(), answer: incidents.ready({ timeoutSeconds }) };
    }
    return asked.answer;
  }

  app.get('/readyz', async (_request, reply) => {
    const { isLost, waiting, oldestSeconds } = spool?.status() ?? {
      isLost: false,
      waiting: 0,
      oldestSeconds: 0,
    };
    if (isLost) return sendProblem(reply, problem(503, 'another process has taken the folder of the spool'));
    try {
      await ready();
      return {
        status: 'ready',
        ...(spool && { spool: { waiting, oldestSeconds: Math.round(oldestSeconds) } }),
      };
    } catch (error) {
      const { problem: failure } = failureOf(error, { bodyLimitBytes: 0 });
      app.log.warn(`not ready: ${failure.detail}`);
      // Temporal's address and namespace are not for anybody who asks.
      return sendProblem(reply, problem(failure.status, 'Temporal does not take alerts; the log says why'));
    }
  });

  app.get('/metrics', async (_request, reply) => {
    reply.type(metrics.registry.contentType);
    return metrics.registry.metrics();
  });
}

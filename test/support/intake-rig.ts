import { readFileSync } from 'node:fs';
import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import type { z } from 'zod';
import { buildReceiver } from '../../client/intake/receiver.js';
import type { SignalContext } from '../../client/intake/signal.js';
import { readingSettings, type Source } from '../../client/intake/source.js';
import { configSchema } from '../../config/schema.js';
import type { Anomaly } from '../../model/anomaly.js';

/** When everything that is posted arrives: after the fixtures were sent. */
export const NOW = Date.UTC(2026, 10, 24, 11, 10) / 1000;

type WebhookInput = z.input<typeof configSchema>['webhook'];

export interface IntakeRig {
  app: FastifyInstance;
  /** What reached Temporal. */
  raised: Anomaly[];
  /** Heartbeats that were heard of. */
  heard: string[];
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<IntakeAnswer>;
  /** The answer of /metrics. */
  metrics(): Promise<string>;
}

export interface IntakeAnswer {
  status: number;
  /** What the problem document says; empty when there is none. */
  detail: string;
  headers: Record<string, unknown>;
  leftOut: { reason: string; count: number; detail: string }[];
}

type ServicesInput = z.input<typeof configSchema>['services'];
type TriageInput = z.input<typeof configSchema>['triage'];

/** Settings and time by which a post is read that does not go through a receiver. */
export function readingContext(
  webhook: WebhookInput = {},
  options: {
    environment?: string;
    triage?: TriageInput;
    services?: ServicesInput;
    receivedAt?: number;
  } = {},
): SignalContext {
  const { environment = 'fallback', triage, services, receivedAt = NOW } = options;
  const metrics = { type: 'prometheus', url: 'http://prometheus' } as const;
  const config = configSchema.parse({ environment, metrics, webhook, triage, services });
  return { receivedAt, settings: readingSettings(config) };
}

/** Receivers with a configuration, closed after each test. */
export function intakeRigs(): (
  webhook: WebhookInput,
  sources?: Source[],
  services?: ServicesInput,
) => Promise<IntakeRig> {
  const apps: FastifyInstance[] = [];
  afterEach(() => Promise.all(apps.splice(0).map((app) => app.close())));

  return async (webhook, sources, services) => {
    const config = configSchema.parse({
      environment: 'test',
      metrics: { type: 'prometheus', url: 'http://prometheus' },
      webhook,
      services,
    });
    const raised: Anomaly[] = [];
    const heard: string[] = [];
    const app = await buildReceiver({
      config,
      sources,
      incidents: {
        raise(anomalies) {
          raised.push(...anomalies);
          return Promise.resolve();
        },
        ready: () => Promise.resolve(),
      },
      heartbeats: { heard: (names) => Promise.resolve(void heard.push(...names)) },
      log: pino({ level: 'silent' }),
      now: () => NOW,
    });
    apps.push(app);
    return {
      app,
      raised,
      heard,
      async post(path, body, headers = {}) {
        const answer = await app.inject({
          method: 'POST',
          url: path,
          headers: { 'content-type': 'application/json', ...headers },
          payload: typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body),
        });
        const { detail = '', leftOut = [] } = JSON.parse(answer.body) as Partial<IntakeAnswer>;
        return { status: answer.statusCode, detail, leftOut, headers: answer.headers };
      },
      metrics: async () => (await app.inject('/metrics')).body,
    };
  };
}

/** The bytes of a file in test/fixtures, as they are sent. */
export function fixture(name: string): string {
  return readFileSync(new URL(`../fixtures/${name}.json`, import.meta.url), 'utf8');
}

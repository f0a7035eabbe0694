import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { z } from 'zod';
import type { LoadedConfig } from '../../config/load.js';
import { configSchema } from '../../config/schema.js';
import type { Shop } from '../../examples/shop/index.js';
import { DEV_PORTS } from '../dev/ports.js';

/** How long the shop runs healthy before something breaks: the baseline of a demo. */
export const CALM_SECONDS = 150;

/** What the shop measures of its queue no pack of ours knows. */
const QUEUE_PACK = fileURLToPath(new URL('../../examples/shop/monitoring/queue-pack.yml', import.meta.url));

/** Services of the shop that are others' and publish nothing: no metric tells that, so the configuration does. */
const EXTERNAL = ['bank'];

/** Where a demo keeps evidence and reports. */
export function demoStore(): string {
  return join(process.cwd(), '.faultline', 'store');
}

/** A webhook token for one run. */
export function newToken(): string {
  return randomBytes(16).toString('hex');
}

export interface DemoSettings extends Pick<
  z.input<typeof configSchema>,
  'metrics' | 'packs' | 'changes' | 'logs' | 'traces' | 'kubernetes' | 'checks'
> {
  environment: string;
  /** How long the shop ran healthy before: the baseline. @default CALM_SECONDS */
  calmSeconds?: number;
  /** What the webhook receiver demands. */
  token: string;
  webhookPort?: number;
}

/** Everything that the running shop can be asked: its Prometheus, deploys, logs, traces, cluster, and itself. */
export function sourcesOf(shop: Shop): Omit<DemoSettings, 'environment' | 'token'> {
  const { tls, nameServer, postgres } = shop.probes;
  const [host] = nameServer.split(':') as [string];
  const names = shop.services.map((service) => ({
    ...{ type: 'dns' as const, id: `name-of-${service}`, service, hostname: service, server: nameServer },
    speaksFor: 'routing' as const,
  }));
  const certificates = tls.map(({ service, ...where }) => ({
    ...{ type: 'tls' as const, id: `certificate-of-${service}`, service, serverName: service, ...where },
    // The shop issues them for a day.
    ...{ daysLeft: 0, speaksFor: 'certificate' as const },
  }));
  const sessions = postgres === null ? [] : [sessionsOf(postgres)];
  return {
    metrics: { type: 'prometheus', url: shop.prometheusUrl },
    packs: { files: [QUEUE_PACK] },
    changes: [{ type: 'http', name: 'deploy log', url: shop.deploysUrl }],
    logs: [{ type: 'file', name: 'shop logs', file: shop.logsFile }],
    traces: [{ type: 'otlp-file', name: 'shop traces', file: shop.tracesFile }],
    kubernetes: [{ type: 'address', name: 'shop cluster', url: shop.kubernetesUrl, namespaces: ['shop'] }],
    checks: { allow: [host], list: [...names, ...certificates, ...sessions] },
  };
}

const sessionsOf = (target: string) => ({
  ...{ type: 'postgres' as const, id: 'sessions-of-database', service: 'database', target },
  ...{ database: 'postgres', user: 'postgres' },
});

/** The configuration of a demo, made here instead of read from a file: minutes where production has hours. */
export function demoConfig({
  token,
  webhookPort = DEV_PORTS.webhook,
  calmSeconds = CALM_SECONDS,
  ...settings
}: DemoSettings): LoadedConfig {
  const directory = process.cwd();
  const config = configSchema.parse({
    ...settings,
    diagnosis: { baselineSeconds: calmSeconds, afterSeconds: 300, stepSeconds: 5 },
    topology: { services: EXTERNAL.map((name) => ({ name, external: true })) },
    webhook: { port: webhookPort, auth: { type: 'bearer', tokens: [token] } },
    // One alert is no storm: nothing is to be waited for.
    triage: { settleSeconds: 0 },
    followUp: { reevaluateSeconds: 60, resolveGraceSeconds: 20 },
    store: { directory: demoStore() },
    // One incident has no statistics.
    record: { enabled: false },
    // Warnings of the SDK about a task that ended elsewhere tell a newcomer nothing: --verbose shows them.
    log: { level: 'error' },
  });
  return { config, file: null, directory, secrets: [token] };
}

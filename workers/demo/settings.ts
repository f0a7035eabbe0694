import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { z } from 'zod';
import type { LoadedConfig } from '../../config/load.js';
import { configSchema } from '../../config/schema.js';
import { DEV_PORTS } from '../dev/ports.js';

/** How long the shop runs healthy before something breaks: the baseline of a demo. */
export const CALM_SECONDS = 150;

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
  'metrics' | 'changes' | 'logs' | 'traces'
> {
  environment: string;
  /** What the webhook receiver demands. */
  token: string;
  webhookPort?: number;
}

/** The configuration of a demo, made here instead of read from a file: minutes where production has hours. */
export function demoConfig({
  token,
  webhookPort = DEV_PORTS.webhook,
  ...settings
}: DemoSettings): LoadedConfig {
  const directory = process.cwd();
  const config = configSchema.parse({
    ...settings,
    diagnosis: { baselineSeconds: CALM_SECONDS, afterSeconds: 300, stepSeconds: 5 },
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

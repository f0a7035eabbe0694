import { z } from 'zod';
import { changeHooks } from './change-hooks.js';
import { hasHooks, hasSources, isLoopback, openToAnyone } from './exposure.js';
import { heartbeats } from './heartbeats.js';
import { filePath, seconds } from './primitives.js';
import { port } from './processes.js';
import { apiAuth, receiverAuth } from './receiver-auth.js';
import { sources } from './sources/index.js';

const settings = z.strictObject({
  host: z.string().min(1).default('127.0.0.1'),
  port: port.default(8090),
  /** Who may post alerts of sources that have no credentials or signature of their own. */
  auth: receiverAuth.default({ type: 'none' }),
  /** Starts on a host that is not loopback although some of it asks for no credentials. */
  allowUnauthenticated: z.boolean().default(false),
  /** The HTTP API of incidents: reading, acknowledging, feedback, rerun, cancel. */
  api: z
    .strictObject({
      /** When left out, the API is on for programs of this host alone, and off when `auth` is set. */
      auth: apiAuth.optional(),
    })
    .prefault({}),
  bodyLimitBytes: z
    .number()
    .int()
    .positive()
    .default(4 * 1024 * 1024),
  /** Connections at a time; a sender of alerts needs one or two. */
  maxConnections: z.number().int().positive().default(1_000),
  /** How long Temporal may take to accept the work before the sender is told to come back. */
  acceptTimeoutSeconds: seconds.default(2),
  /**
   * Alerts that may wait for Temporal at a time; beyond them senders are told to come back. One post may hold 10,000.
   */
  maxPending: z.number().int().min(10_000).default(20_000),
  /** Keeps alerts on disk while Temporal is away, for sources that do not send again; off when left out. */
  spool: z
    .strictObject({
      /** A folder of this receiver alone. */
      directory: filePath,
      maxBytes: z
        .number()
        .int()
        .positive()
        .default(256 * 1024 * 1024),
    })
    .optional(),
  /** Alerts that are meant to fire always: they open nothing and are counted. Letter case does not count. */
  alwaysFiring: z
    .strictObject({
      alertNames: z.array(z.string().min(1)).default(['Watchdog', 'InfoInhibitor', 'DeadMansSwitch']),
      severities: z.array(z.string().min(1)).default(['none']),
    })
    .prefault({}),
  /** Alerts that must come again and again: their silence is told. */
  heartbeats,
  /** A start that is longer ago is not believed: the time of receipt is taken. */
  maxAlertAgeDays: z.number().positive().default(7),
  /**
   * Which alert labels name the service, the first that is present. Those that name an exporter do not count where the
   * alert says which workload, pod, claim, topic, address or host it is about.
   */
  serviceLabels: z
    .array(z.string().min(1))
    .min(1)
    .default(['service', 'service_name', 'app', 'job', 'deployment']),
  environmentLabels: z.array(z.string().min(1)).default(['environment', 'env', 'cluster']),
  sources,
  /** Who may report changes, such as deploys. */
  changes: changeHooks,
});
export type WebhookConfig = z.infer<typeof settings>;

/** The receiver of alerts. On a host that others reach, everything needs credentials or a signature. */
export const webhook = settings
  .superRefine((given, context) => {
    if (isLoopback(given.host) || given.allowUnauthenticated) return;
    if (given.auth.type === 'none' && !hasSources(given) && !hasHooks(given)) {
      const message = `a receiver on ${given.host} takes no alerts without credentials or a signature; set webhook.auth to bearer, basic or header, turn on a source that signs, or set webhook.allowUnauthenticated: true`;
      context.addIssue({ code: 'custom', path: ['auth'], message });
    }
    for (const { path, risk, remedy } of openToAnyone(given)) {
      const message = `anyone who reaches ${given.host} ${risk}; ${remedy}, or allow it by webhook.allowUnauthenticated: true`;
      context.addIssue({ code: 'custom', path, message });
    }
  })
  .prefault({});

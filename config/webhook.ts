import { z } from 'zod';
import { filePath, seconds } from './primitives.js';
import { port } from './processes.js';
import { receiverAuth } from './receiver-auth.js';
import { sources } from './sources/index.js';

/** The receiver of signals. */
export const webhook = z
  .strictObject({
    host: z.string().min(1).default('127.0.0.1'),
    port: port.default(8090),
    /** Who may post Alertmanager's alerts and those of sources that name no credentials of their own. */
    auth: receiverAuth.default({ type: 'none' }),
    bodyLimitBytes: z
      .number()
      .int()
      .positive()
      .default(4 * 1024 * 1024),
    /** How long Temporal may take to accept the work before the sender is told to come back. */
    acceptTimeoutSeconds: seconds.default(2),
    /** Signals that may wait for Temporal at a time; beyond them senders are told to come back. */
    maxPending: z.number().int().positive().default(20_000),
    /** Keeps signals on disk while Temporal is away, for sources that do not send again; off when left out. */
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
    /** Which alert labels name the service, the first that is present. */
    serviceLabels: z
      .array(z.string().min(1))
      .min(1)
      .default(['service', 'service_name', 'app', 'job', 'deployment']),
    environmentLabels: z.array(z.string().min(1)).default(['environment', 'env', 'cluster']),
    /** What metrics call a service that a source calls otherwise: `Checkout API: checkout`. */
    serviceNames: z.record(z.string(), z.string().min(1)).default({}),
    sources,
  })
  .prefault({});

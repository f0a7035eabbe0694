import { z } from 'zod';
import { zoneName } from './checks.js';

/** A TCP port; 0 lets the system choose a free one. */
export const port = z.number().int().min(0).max(65535);

/** Where the worker serves its health and metrics. */
export const worker = z
  .strictObject({
    host: z.string().min(1).default('127.0.0.1'),
    port: port.default(8091),
    /** Run the checks of this zone, and nothing else. @default no zone: everything but checks of zones */
    zone: zoneName.optional(),
  })
  .prefault({});

/** The Temporal server that `faultline dev` starts, on the loopback address. */
export const dev = z
  .strictObject({
    temporalPort: port.default(7233),
    /** Port of its web UI. */
    uiPort: port.default(8233),
  })
  .prefault({});

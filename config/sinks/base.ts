import { z } from 'zod';
import { severity } from '../../model/anomaly.js';
import { seconds } from '../primitives.js';

/**
 * Which incidents a sink hears of; all when nothing is said. Names may hold `*`: `checkout-*`. A sink that has heard
 * of an incident hears of it to its end.
 */
const route = z
  .strictObject({
    services: z.array(z.string().min(1)).min(1).optional(),
    environments: z.array(z.string().min(1)).min(1).optional(),
    severities: z.array(severity).min(1).optional(),
    /** `escalated`: only when nobody acknowledged an incident in time (`followUp.escalateAfterSeconds`). */
    when: z.enum(['always', 'escalated']).default('always'),
  })
  .prefault({});
export type Route = z.infer<typeof route>;

/** What every kind of sink has. */
export const sinkBase = {
  /** Name in records and reports; no two sinks have the same. */
  name: z.string().min(1),
  route,
  /** How long the sink may take for one answer. */
  timeoutSeconds: seconds.default(10),
};

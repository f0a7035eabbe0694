import { z } from 'zod';
import { severity } from '../model/anomaly.js';
import { seconds } from './primitives.js';

/** Each is a workflow of its own; an estate has one for each Alertmanager. */
const MOST_HEARTBEATS = 50;

const heartbeat = z.strictObject({
  /** Who is heard of by it; the service of the alert that tells its silence. */
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,60}$/, 'expected small letters, digits and dashes'),
  /** Labels that an alert must have to be a beat; `*` stands for any part of a value. */
  match: z
    .record(z.string().min(1), z.string().min(1))
    .refine((labels) => Object.keys(labels).length > 0, 'expected at least one label')
    .default({ alertname: 'Watchdog' }),
  /** Silence of so long is told. */
  withinSeconds: seconds.min(30).default(600),
  severity: severity.default('critical'),
});
export type Heartbeat = z.infer<typeof heartbeat>;

/** Alerts whose absence is watched, such as Watchdog of each Alertmanager. */
export const heartbeats = z
  .array(heartbeat)
  .max(MOST_HEARTBEATS)
  .superRefine((list, context) => {
    list.forEach(({ name }, i) => {
      const first = list.findIndex((other) => other.name === name);
      if (first === i) return;
      const message = `webhook.heartbeats[${first}] has the name '${name}' already; give each its own`;
      context.addIssue({ code: 'custom', path: [i, 'name'], message });
    });
  })
  .default([]);

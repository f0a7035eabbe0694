import { z } from 'zod';
import { unixSeconds } from './anomaly.js';

export const conditionKind = z.enum([
  'crash-loop',
  'out-of-memory',
  'image-pull',
  'start-failed',
  'probe-failing',
  'unschedulable',
  'evicted',
  'not-ready',
  'node-not-ready',
  'node-pressure',
  'quota-exceeded',
  'at-scale-limit',
  'scaled-to-zero',
  'rollout-stuck',
  'no-endpoints',
  'selects-nothing',
  'traffic-denied',
  'job-failed',
  'volume-failed',
  'certificate-expired',
  'provider-outage',
]);
export type ConditionKind = z.infer<typeof conditionKind>;

/** What a platform itself says is wrong with a workload, a host or an outside service: a state, no measurement. */
export const condition = z.object({
  kind: conditionKind,
  /** The service that it concerns; null when it concerns a host alone. */
  service: z.string().nullable(),
  host: z.string().nullable(),
  /** What it was seen on: `pod shop/payment-7f9c`. */
  object: z.string(),
  since: unixSeconds,
  /** Null while it lasts. */
  until: unixSeconds.nullable(),
  /** In the platform's words, masked; at most 500 characters. */
  message: z.string(),
  /** How often it was seen. */
  count: z.number().int().positive(),
  source: z.string(),
  link: z.string().nullable(),
});
export type Condition = z.infer<typeof condition>;

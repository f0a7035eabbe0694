import { z } from 'zod';
import { unixSeconds } from './anomaly.js';
import { feedbackGrade } from './incident.js';

/** How long something took, in seconds: of `count` incidents in which it happened. */
export const durations = z.object({
  count: z.number().int().nonnegative(),
  median: z.number().nullable(),
  p90: z.number().nullable(),
  mean: z.number().nullable(),
});
export type Durations = z.infer<typeof durations>;

/** How often diagnoses were right, of those that people judged. */
export const accuracy = z.object({
  /** What they have in common: a service, a fault type, `80 % to 90 %`, a version of the rules. */
  of: z.string(),
  judged: z.number().int().nonnegative(),
  grades: z.record(feedbackGrade, z.number().int().nonnegative()),
  /** Share of `right`, with the interval that holds the true share in 95 of 100 cases (Wilson 1927). */
  right: z.number().min(0).max(1).nullable(),
  interval: z.tuple([z.number(), z.number()]).nullable(),
});
export type Accuracy = z.infer<typeof accuracy>;

/** What the record says of the incidents that were opened in a span of time. */
export const statistics = z.object({
  since: unixSeconds,
  until: unixSeconds,
  incidents: z.object({
    all: z.number().int(),
    open: z.number().int(),
    /** By what the diagnosis claims; `none` has no diagnosis. */
    levels: z.object({
      confirmed: z.number().int(),
      suspected: z.number().int(),
      inconclusive: z.number().int(),
      none: z.number().int(),
    }),
  }),
  times: z.object({
    /** From the start of the first alert until the incident was opened. */
    detect: durations,
    /** From there to the first result. */
    diagnose: durations,
    /** ... until somebody took it on. */
    acknowledge: durations,
    /** ... until its last alert ended. */
    resolve: durations,
  }),
  accuracy: z.object({
    all: accuracy,
    byConfidence: z.array(accuracy),
    byCause: z.array(accuracy),
    byFaultType: z.array(accuracy),
    byRules: z.array(accuracy),
  }),
  /** Most frequent first, ten at most. */
  causes: z.array(z.object({ service: z.string(), faultKind: z.string(), incidents: z.number().int() })),
  /** Alert rules that opened or joined most incidents, ten at most. */
  alerts: z.array(
    z.object({
      name: z.string(),
      incidents: z.number().int(),
      /** Of them, those without a cause that was at least suspected. */
      withoutCause: z.number().int(),
      /** Those that ended before anybody took them on. */
      unattended: z.number().int(),
    }),
  ),
  services: z.array(z.object({ service: z.string(), incidents: z.number().int() })),
});
export type Statistics = z.infer<typeof statistics>;

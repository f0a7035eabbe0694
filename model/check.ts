import { z } from 'zod';
import { unixSeconds } from './anomaly.js';

/** What a diagnostic check on one suspect saw. `could-not-run` is evidence of nothing. */
export const checkResult = z.object({
  /** The check's name in its metric pack or configuration: `target-up`. */
  check: z.string(),
  service: z.string(),
  /** `failed` means that the check found trouble. */
  outcome: z.enum(['passed', 'failed', 'could-not-run']),
  /** One sentence with the number that decided: `0 of 2 targets answer`. */
  statement: z.string(),
  /** The fault kind that a failure speaks for; null when it only says that something is wrong. */
  speaksFor: z.string().nullable(),
  query: z.string().nullable(),
  source: z.string(),
  ranAt: unixSeconds,
  tookMs: z.number().nonnegative(),
});
export type CheckResult = z.infer<typeof checkResult>;

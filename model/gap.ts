import { z } from 'zod';

/** Something that could not be looked at, or only in part. It is evidence of nothing, and always listed. */
export const gap = z.object({
  /** The source that did not answer, as configured: `prometheus`. */
  source: z.string(),
  /** What is missing: `resource metrics of 4 services`. */
  what: z.string(),
  /** Why, in one sentence without secrets. */
  reason: z.string(),
});
export type Gap = z.infer<typeof gap>;

import { z } from 'zod';
import { unixSeconds } from './anomaly.js';

export const changeKind = z.enum([
  'deploy',
  'config',
  'flag',
  'scaling',
  'infrastructure',
  'restart',
  'other',
]);
export type ChangeKind = z.infer<typeof changeKind>;

/** Something that somebody or something changed: the usual beginning of an incident. */
export const change = z.object({
  /** Identity at its source: a commit, a revision, a flag's event. */
  id: z.string().min(1),
  kind: changeKind,
  /** When it took effect. */
  time: unixSeconds,
  /** The service that it changes; null when it concerns no single one. */
  service: z.string().nullable(),
  title: z.string(),
  /** Free text that the source holds: a commit message, the flag's name and values, a diff. */
  details: z.string(),
  /** Files touched, when known. */
  files: z.array(z.string()),
  /** Team or account, for contact only. */
  author: z.string().nullable(),
  link: z.string().nullable(),
  source: z.string(),
});
export type Change = z.infer<typeof change>;

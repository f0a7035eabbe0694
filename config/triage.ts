import { Cron } from 'croner';
import { z } from 'zod';
import { seconds } from './primitives.js';

const silence = z.strictObject({
  name: z.string().min(1).max(80),
  /** Why, for those who ask where an alert has gone. */
  reason: z.string().min(1).max(200),
  /**
   * What it covers, `*` for anything: labels of the alert and, of the anomaly itself, `service`, `source`, `severity`
   * and `symptom`. Every one must match.
   */
  match: z.record(z.string().min(1), z.string().min(1)).refine((match) => Object.keys(match).length > 0, {
    message: 'expected at least one label; a silence of everything would hide everything',
  }),
  /** It holds from then on. @default always */
  from: z.iso.datetime({ offset: true }).optional(),
  /** It holds until then. @default for ever */
  until: z.iso.datetime({ offset: true }).optional(),
  /** A maintenance window: it holds each time for `forSeconds` from when the crontab says: `0 2 * * SUN`. */
  cron: z
    .string()
    .refine(isCron, 'expected five fields as in a crontab, such as 0 2 * * SUN (every Sunday at 2:00)')
    .optional(),
  forSeconds: seconds.default(3600),
  timeZone: z.string().refine(isTimeZone, 'expected a name such as Europe/Berlin').default('UTC'),
});
export type SilenceConfig = z.infer<typeof silence>;

/** How anomalies become incidents. */
export const triage = z
  .strictObject({
    /**
     * The environments of your alerts, beside the default one; alerts of any other go to the default. When empty, the
     * first 50 that alerts name are taken.
     */
    environments: z.array(z.string().min(1).max(120)).max(200).default([]),
    /** How long the first anomaly of a storm waits for those that belong to it. */
    settleSeconds: z.number().nonnegative().max(300).default(5),
    /** What makes anomalies one incident; `calls` reads who calls whom. */
    joinBy: z.array(z.enum(['group', 'service', 'calls'])).default(['group', 'service', 'calls']),
    /** How many calls may lie between two services with trouble that are one incident. */
    maxHops: z.number().int().min(1).max(6).default(3),
    /** How far apart two services may begin to have trouble and still be one incident. */
    joinSeconds: seconds.default(600),
    /**
     * Two services that call the same healthy-looking one are joined when at least this share of its callers has
     * trouble; below it, a part that everybody uses would join everything.
     */
    sharedCallers: z.number().min(0).max(1).default(0.5),
    /** Alerts that open nothing and join nothing: they are counted, with the reason. */
    silences: z.array(silence).default([]),
  })
  .prefault({});
export type TriageConfig = z.infer<typeof triage>;

function isCron(text: string): boolean {
  try {
    // Without a function it is only a pattern: nothing is scheduled.
    return new Cron(text, { mode: '5-part', paused: true }).nextRun() !== null;
  } catch {
    return false;
  }
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

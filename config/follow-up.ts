import { z } from 'zod';
import { seconds } from './primitives.js';

/** A length of time, or 0 for never. */
const secondsOrNever = z.number().nonnegative();

/** How an incident is followed after its first summary. */
export const followUp = z
  .strictObject({
    reevaluateSeconds: seconds.default(300),
    /** An incident is closed when no alert has fired for so long: a flapping alert stays one incident. */
    resolveGraceSeconds: seconds.default(60),
    maxDurationSeconds: seconds.default(6 * 3600),
    /**
     * Time between two reminders that nobody has acknowledged an incident. Off by default: what raised the alert
     * usually rings until somebody answers there, and a team that does not acknowledge here would be nagged for nothing.
     */
    remindAfterSeconds: secondsOrNever.default(0),
    remindTimes: z.number().int().nonnegative().default(3),
    /** Time without an acknowledgement after which the sinks routed with `when: escalated` are told too. */
    escalateAfterSeconds: secondsOrNever.default(0),
    /** Time after its end in which an incident still takes a verdict: causes are often known days later only. */
    feedbackWindowSeconds: secondsOrNever.default(7 * 24 * 3600),
  })
  .prefault({});

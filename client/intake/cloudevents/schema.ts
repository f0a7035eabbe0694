import { z } from 'zod';
import { labelsFrom } from '../labels.js';
import { anyMoment, anyText, someText } from '../shapes.js';

/** The attributes that are looked at. */
export const attributes = z.object({
  type: someText,
  source: someText,
  subject: anyText,
  time: z.unknown().optional(),
});
export type Attributes = z.infer<typeof attributes>;

/** What the event's data must be: an alert in our own words (docs/sources/cloudevents.md). */
export const alertData = z.object(
  {
    title: someText,
    service: anyText,
    environment: anyText,
    /** When left out, the event's type says it: `...resolved`, `...closed`, `...recovered` end an alert. */
    status: z.enum(['firing', 'resolved'], { error: 'expected "firing" or "resolved"' }).optional(),
    summary: anyText,
    severity: anyText,
    symptom: anyText,
    fingerprint: anyText,
    group: anyText,
    startedAt: anyMoment,
    endedAt: anyMoment,
    labels: z.unknown().optional().transform(labelsFrom),
    url: anyText,
  },
  { error: "expected the event's data, a JSON object" },
);
export type AlertData = z.infer<typeof alertData>;

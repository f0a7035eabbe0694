import { z } from 'zod';
import { anyMoment, someText, text, textMap } from '../shapes.js';

const status = z.enum(['firing', 'resolved'], { error: 'expected "firing" or "resolved"' });

export const alert = z.object(
  {
    status,
    labels: textMap,
    annotations: textMap.nullish(),
    startsAt: anyMoment,
    /** Missing, or in the year 1, while the alert is open. */
    endsAt: anyMoment,
    generatorURL: text.nullish(),
    /** Versions before 0.20 send none. */
    fingerprint: text.nullish(),
  },
  { error: 'expected an alert' },
);
export type Alert = z.infer<typeof alert>;

/**
 * Alertmanager's webhook payload, version 4 (notify/webhook/webhook.go, template/template.go). Fields that are not
 * listed are ignored, and those that came with later versions may be missing.
 */
export const alertmanagerPayload = z.object({
  version: z.literal('4', { error: 'expected "4"' }),
  receiver: someText,
  /** What the route groups by, as one string: identifies the group within its receiver. */
  groupKey: someText,
  status: status.nullish(),
  /** Read one by one: a broken alert is left out, the others are taken. */
  alerts: z.array(z.unknown(), { error: 'expected a list of alerts' }),
  externalURL: text.nullish(),
  /** How many alerts `max_alerts` left out. */
  truncatedAlerts: z.number({ error: 'expected a number' }).int().nonnegative().nullish(),
});
export type AlertmanagerPayload = z.infer<typeof alertmanagerPayload>;

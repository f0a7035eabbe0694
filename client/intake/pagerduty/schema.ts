import { z } from 'zod';
import { moment } from '../moment.js';
import { anyMoment, anyText, id, someText } from '../shapes.js';

const reference = z.object({ id: anyText, summary: anyText }).nullish().catch(null);

/** An incident as V3 webhooks carry it (developer docs, webhooks, incident). */
export const pagerdutyIncident = z.object({
  id,
  type: z.literal('incident', { error: 'expected "incident"' }),
  status: someText,
  title: anyText,
  html_url: anyText,
  incident_key: anyText,
  /** Older subscriptions send none. */
  created_at: anyMoment,
  urgency: anyText,
  service: reference,
  priority: reference,
  escalation_policy: reference,
});
export type PagerdutyIncident = z.infer<typeof pagerdutyIncident>;

/** PagerDuty's V3 webhook: one event. `data` is read by the event's type. */
export const pagerdutyPayload = z.object(
  {
    event: z.object(
      {
        event_type: someText,
        occurred_at: moment,
        data: z.unknown().optional(),
      },
      { error: 'expected an event' },
    ),
  },
  { error: "expected PagerDuty's payload, a JSON object" },
);
export type PagerdutyEvent = z.infer<typeof pagerdutyPayload>['event'];

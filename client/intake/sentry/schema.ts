import { z } from 'zod';
import { anyMoment, anyText, anyTexts, id, someText } from '../shapes.js';

/** `[["environment", "prod"], ...]`; anything else is no tag. */
const tags = z
  .unknown()
  .optional()
  .transform((value): [string, string][] => {
    if (!Array.isArray(value)) return [];
    return value.flatMap((pair: unknown): [string, string][] => {
      if (!Array.isArray(pair)) return [];
      const [key, content] = pair as unknown[];
      return typeof key === 'string' && typeof content === 'string' ? [[key, content]] : [];
    });
  });

/** An issue alert (resource `event_alert`): the event that set it off, and the rule's name. */
export const issueAlert = z.object({
  event: z.object(
    {
      issue_id: id,
      datetime: anyMoment,
      title: anyText,
      culprit: anyText,
      level: anyText,
      environment: anyText,
      release: anyText,
      url: anyText,
      web_url: anyText,
      tags,
    },
    { error: 'expected an event' },
  ),
  triggered_rule: anyText,
});
export type IssueAlert = z.infer<typeof issueAlert>;

/** A metric alert (resource `metric_alert`). */
export const metricAlert = z.object({
  description_title: anyText,
  description_text: anyText,
  web_url: anyText,
  metric_alert: z.object(
    {
      date_started: anyMoment,
      date_closed: anyMoment,
      organization_id: anyText,
      projects: anyTexts,
      alert_rule: z.object(
        { id, name: someText, aggregate: anyText, query: anyText, environment: anyText },
        { error: 'expected an alert rule' },
      ),
    },
    { error: 'expected a metric alert' },
  ),
});
export type MetricAlert = z.infer<typeof metricAlert>;

/** An issue that changed its state (resource `issue`). */
export const issueChange = z.object({
  issue: z.object(
    {
      id,
      title: anyText,
      shortId: anyText,
      level: anyText,
      lastSeen: anyMoment,
      substatus: anyText,
      web_url: anyText,
      project: z.object({ slug: anyText }).nullish().catch(null),
    },
    { error: 'expected an issue' },
  ),
});
export type IssueChange = z.infer<typeof issueChange>;

/** What every webhook of an integration has. */
export const sentryPayload = z.object(
  {
    action: someText,
    data: z.record(z.string(), z.unknown(), { error: 'expected an object' }),
  },
  { error: "expected Sentry's payload, a JSON object" },
);

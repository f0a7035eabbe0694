import { z } from 'zod';
import { secondsOf } from '../moment.js';
import { textOf } from '../labels.js';

/** A variable of Datadog's template; one that the event does not have comes empty, as `null` or as its own name. */
const variable = z
  .unknown()
  .optional()
  .transform((value) => {
    const filled = textOf(value)?.trim() ?? '';
    return filled === '' || filled === 'null' || filled.startsWith('$') ? undefined : filled;
  });

const TEMPLATE = 'the JSON object of the template in docs/sources/datadog.md';

/** What only the documented template writes. Datadog's default payload and other templates have none. */
export const isFromTemplate = z.object(
  {
    monitor_id: z.unknown().refine((value) => value !== undefined, {
      error: `expected ${TEMPLATE}: paste it as the payload of the webhook in Datadog`,
    }),
  },
  { error: `expected ${TEMPLATE}` },
);

/** The body that docs/sources/datadog.md gives as the webhook's payload. A variable without a value is empty. */
export const datadogPayload = z.object(
  {
    id: variable,
    title: variable,
    alert_title: variable,
    body: variable,
    date: variable.transform(secondsOf),
    url: variable,
    tags: variable,
    hostname: variable,
    org: variable,
    monitor_id: variable,
    cycle: variable,
    transition: variable,
    alert_type: variable,
    query: variable,
    scope: variable,
    priority: variable,
    metric: variable,
    status: variable,
  },
  { error: `expected ${TEMPLATE}` },
);
export type DatadogPayload = z.infer<typeof datadogPayload>;

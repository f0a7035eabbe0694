import { compile } from '@jmespath-community/jmespath';
import { z } from 'zod';
import { withCredentials } from './base.js';

/** A JMESPath expression: it can pick and combine, not loop for ever or reach anything but the post. */
const path = z
  .string()
  .min(1)
  .superRefine((expression, context) => {
    try {
      compile(expression);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      context.addIssue({ code: 'custom', message: `expected a JMESPath expression: ${reason}` });
    }
  });

/** Where in an alert its parts are. */
const map = z.strictObject({
  /** What the alert is called. */
  title: path,
  /** What stays the same as long as it is the same alert. */
  fingerprint: path,
  /** Anything; `resolvedWhen` and `ignoredWhen` say what it means. An alert without one fires. */
  status: path.optional(),
  service: path.optional(),
  environment: path.optional(),
  summary: path.optional(),
  severity: path.optional(),
  symptom: path.optional(),
  /** RFC 3339, or seconds or milliseconds since 1970. */
  startedAt: path.optional(),
  endedAt: path.optional(),
  /** What belongs to one incident; the alert alone when left out. */
  group: path.optional(),
  /** An object of which text, numbers and booleans become labels. */
  labels: path.optional(),
  link: path.optional(),
});

const genericSource = z.strictObject({
  /** Part of its path: `POST /v1/generic/<name>`. */
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'expected small letters, digits and dashes'),
  ...withCredentials,
  /** The alerts of a post; the post itself is the alert when left out. */
  each: path.optional(),
  map,
  /** Words of `map.status`, in any case, that tell that the alert is over. */
  resolvedWhen: z.array(z.string().min(1)).min(1).default(['resolved', 'ok', 'closed', 'recovered', 'up']),
  /** Words of `map.status` for alerts that are left alone. */
  ignoredWhen: z.array(z.string().min(1)).default([]),
});
export type GenericConfig = z.infer<typeof genericSource>;

export const genericSources = z
  .array(genericSource)
  .default([])
  .superRefine((list, context) => {
    list.forEach(({ name }, i) => {
      if (list.findIndex((other) => other.name === name) === i) return;
      const message = `another generic source is called '${name}'; give each its own name`;
      context.addIssue({ code: 'custom', path: [i, 'name'], message });
    });
  });

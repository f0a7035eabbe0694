import { z } from 'zod';
import { alert } from '../alertmanager/schema.js';
import { anyText, someText, text } from '../shapes.js';

/** Alertmanager's alert with more in it. */
export const grafanaAlert = alert.extend({
  dashboardURL: anyText,
  panelURL: anyText,
  silenceURL: anyText,
  /** What each query of the rule last gave: `{"A": 0.43}`. */
  values: z.unknown().optional(),
});

/** Grafana Alerting's webhook payload, version 1: Alertmanager's with more in it. Fields not listed are ignored. */
export const grafanaPayload = z.object(
  {
    receiver: someText,
    groupKey: someText,
    orgId: z.number({ error: 'expected a number' }).nullish(),
    alerts: z.array(z.unknown(), { error: 'expected a list of alerts' }),
    externalURL: text.nullish(),
    truncatedAlerts: z.number({ error: 'expected a number' }).int().nonnegative().nullish(),
  },
  { error: "expected Grafana's payload, a JSON object" },
);
export type GrafanaPayload = z.infer<typeof grafanaPayload>;

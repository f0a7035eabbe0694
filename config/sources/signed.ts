import { z } from 'zod';
import { headerName, secrets, tolerance, withCredentials } from './base.js';

/** Grafana Alerting signs when its contact point has an HMAC secret; before Grafana 12 it shows credentials alone. */
export const grafanaSource = z.strictObject({
  ...withCredentials,
  signature: z
    .strictObject({
      secrets,
      header: headerName.default('X-Grafana-Alerting-Signature'),
      /** Header of the signed time, as the contact point names it; empty where it names none: then no replay is told. */
      timestampHeader: headerName.or(z.literal('')).default('X-Grafana-Alerting-Timestamp'),
      toleranceSeconds: tolerance(300),
    })
    .optional(),
});
export type GrafanaConfig = z.infer<typeof grafanaSource>;

export const pagerdutySource = z.strictObject({
  secrets,
  /** PagerDuty tries for twenty minutes, so what is signed may be that old and more. */
  toleranceSeconds: tolerance(3600),
});
export type PagerdutyConfig = z.infer<typeof pagerdutySource>;

export const sentrySource = z.strictObject({
  /** Client secrets of the internal integration. */
  secrets,
  toleranceSeconds: tolerance(300),
});
export type SentryConfig = z.infer<typeof sentrySource>;

export const snsSource = z.strictObject({
  /** ARNs of the topics that may post, and whose subscription is confirmed. */
  topics: z.array(z.string().regex(/^arn:aws[a-z-]*:sns:/, 'expected the ARN of an SNS topic')).min(1),
  /** Version 2 is SHA-256. Topics send version 1, SHA-1, unless their attribute SignatureVersion is 2. */
  signatureVersions: z
    .array(z.enum(['1', '2']))
    .min(1)
    .default(['2']),
  /** SNS tries for an hour by its own retry policy. */
  toleranceSeconds: tolerance(3600),
});
export type SnsConfig = z.infer<typeof snsSource>;

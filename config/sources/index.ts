import { z } from 'zod';
import { withCredentials } from './base.js';
import { genericSources } from './generic.js';
import { grafanaSource, pagerdutySource, sentrySource, snsSource } from './signed.js';

const credentialsOnly = z.strictObject(withCredentials);
export type CredentialsOnlyConfig = z.infer<typeof credentialsOnly>;

/**
 * The systems whose posts are taken: each is on when it stands here. Alertmanager is also on where `webhook.auth` is
 * set or the receiver listens on loopback.
 */
export const sources = z
  .strictObject({
    alertmanager: credentialsOnly.optional(),
    grafana: grafanaSource.optional(),
    pagerduty: pagerdutySource.optional(),
    datadog: credentialsOnly.optional(),
    sns: snsSource.optional(),
    googleCloud: credentialsOnly.optional(),
    sentry: sentrySource.optional(),
    opsgenie: credentialsOnly.optional(),
    cloudevents: credentialsOnly.optional(),
    generic: genericSources,
  })
  .prefault({});
export type SourcesConfig = z.infer<typeof sources>;

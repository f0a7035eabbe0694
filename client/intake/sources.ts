import { isAlertmanagerOn } from '../../config/exposure.js';
import type { Config } from '../../config/schema.js';
import { alertmanager } from './alertmanager/source.js';
import { cloudevents } from './cloudevents/source.js';
import { datadog } from './datadog/source.js';
import { generic } from './generic/source.js';
import { googleCloud } from './google-cloud/source.js';
import { grafana } from './grafana/source.js';
import { opsgenie } from './opsgenie/source.js';
import { pagerduty } from './pagerduty/source.js';
import { sentry } from './sentry/source.js';
import { sns } from './sns/source.js';
import type { Source } from './source.js';

/** The systems whose posts are taken: those that are configured, and Alertmanager as `isAlertmanagerOn` says. */
export function openSources(webhook: Config['webhook']): Source[] {
  const { sources } = webhook;
  const configured = [
    isAlertmanagerOn(webhook) && alertmanager(sources.alertmanager ?? {}),
    sources.grafana && grafana(sources.grafana),
    sources.pagerduty && pagerduty(sources.pagerduty),
    sources.datadog && datadog(sources.datadog),
    sources.sns && sns(sources.sns),
    sources.googleCloud && googleCloud(sources.googleCloud),
    sources.sentry && sentry(sources.sentry),
    sources.opsgenie && opsgenie(sources.opsgenie),
    sources.cloudevents && cloudevents(sources.cloudevents),
    ...sources.generic.map(generic),
  ];
  return configured.filter((source) => source !== undefined && source !== false);
}

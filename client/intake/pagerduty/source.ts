import type { PagerdutyConfig } from '../../../config/sources/signed.js';
import { demandFresh, isSignedBy, NotAuthentic } from '../authenticity.js';
import { parseJson } from '../json.js';
import { readBody } from '../malformed.js';
import { notAnAlert } from '../reading.js';
import { headerOf, type Source } from '../source.js';
import { signalOf, statusAfter } from './adapter.js';
import { pagerdutyIncident, pagerdutyPayload } from './schema.js';

const HEADER = 'x-pagerduty-signature';

/** PagerDuty's V3 webhooks. Every type of event is answered with 2xx: three refusals in a row disable the webhook. */
export function pagerduty({ secrets, toleranceSeconds }: PagerdutyConfig): Source {
  return {
    name: 'pagerduty',
    title: 'PagerDuty',
    credentials: { type: 'none' },
    authenticate({ bytes, headers, receivedAt }) {
      // `v1=<hex>,v1=<hex>`: one for each secret while they change.
      const signatures = (headerOf(headers, HEADER) ?? '')
        .split(',')
        .flatMap((part) => /^\s*v1=([0-9a-f]+)\s*$/i.exec(part)?.[1] ?? []);
      if (!isSignedBy(secrets, [bytes], signatures)) {
        throw new NotAuthentic('no secret of webhook.sources.pagerduty fits the X-PagerDuty-Signature');
      }
      const { event } = readBody(pagerdutyPayload, parseJson(bytes));
      demandFresh(event.occurred_at, receivedAt, toleranceSeconds);
    },
    read({ body }) {
      const { event } = readBody(pagerdutyPayload, body);
      const status = statusAfter(event.event_type);
      if (status === undefined) return [notAnAlert(`the event ${event.event_type}`)];
      const incident = readBody(pagerdutyIncident, event.data);
      const { event_type: eventType, occurred_at: occurredAt } = event;
      return [signalOf({ incident, status, eventType, occurredAt })];
    },
  };
}

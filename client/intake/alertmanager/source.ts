import { MalformedPayload, readBody } from '../malformed.js';
import type { CredentialsOnlyConfig } from '../../../config/sources/index.js';
import type { Item } from '../reading.js';
import type { Post, Source } from '../source.js';
import { itemsOf } from './adapter.js';
import { alertmanagerPayload } from './schema.js';

/** Prometheus Alertmanager's webhook, payload version 4. */
export function alertmanager({ auth }: CredentialsOnlyConfig): Source {
  return { name: 'alertmanager', title: 'Alertmanager', credentials: auth, read: readAlertmanager };
}

/** @throws MalformedPayload */
export function readAlertmanager({ body }: Pick<Post, 'body'>): Iterable<Item> {
  refuseOtherFormats(body);
  return itemsOf(readBody(alertmanagerPayload, body));
}

/** Says plainly what was sent when it is not Alertmanager's own payload at all. */
function refuseOtherFormats(body: unknown): void {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new MalformedPayload([{ field: '', problem: "expected Alertmanager's payload, a JSON object" }]);
  }
  if ('orgId' in body) {
    const problem = 'this is the payload of Grafana Alerting, which goes to /v1/grafana';
    throw new MalformedPayload([{ field: 'orgId', problem }]);
  }
  if (!('version' in body) && !('alerts' in body && 'groupKey' in body)) {
    const problem =
      "this is not Alertmanager's own payload (it has no version): remove `payload` from the webhook_configs entry, so that Alertmanager sends its default body";
    throw new MalformedPayload([{ field: 'version', problem }]);
  }
}

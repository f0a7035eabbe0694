import { MalformedPayload, readBody } from '../malformed.js';
import type { Post, ReadingSettings, Source } from '../source.js';
import { anomaliesOf } from './adapter.js';
import { alertmanagerPayload } from './schema.js';

/** Prometheus Alertmanager's webhook, payload version 4. */
export const alertmanager = {
  name: 'alertmanager',
  title: 'Alertmanager',
  read({ body, receivedAt }: Pick<Post, 'body' | 'receivedAt'>, settings: ReadingSettings) {
    refuseOtherFormats(body);
    return anomaliesOf(readBody(alertmanagerPayload, body), receivedAt, settings);
  },
} satisfies Source;

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

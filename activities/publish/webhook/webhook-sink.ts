import type { WebhookSinkConfig } from '../../../config/sinks/webhook.js';
import { oneLine } from '../../../report/escape.js';
import { revisionKey } from '../revision-key.js';
import { headerOf, SinkClient } from '../sink-client.js';
import type { Delivery, Sink } from '../sink.js';
import { eventOf } from './body.js';
import { signature } from './sign.js';

const LONGEST_REFERENCE = 200;

/**
 * Posts the record to any HTTP address as a CloudEvent (docs/webhook-sink.md). A lost reply is posted again with the
 * same `Idempotency-Key` and event id, by which the receiver knows it.
 */
export class WebhookSink implements Sink {
  readonly name: string;
  private readonly client: SinkClient;

  constructor(private readonly config: WebhookSinkConfig) {
    this.name = config.name;
    this.client = new SinkClient({ ...config, secrets: secretsOf(config) });
  }

  async post({ record, signal }: Delivery): Promise<string | null> {
    const { url, headers, signingSecret } = this.config;
    const body = JSON.stringify(eventOf(record));
    const request = {
      method: 'POST',
      url,
      headers: {
        ...headers,
        'Content-Type': 'application/cloudevents+json; charset=utf-8',
        'Idempotency-Key': revisionKey(record),
        ...(signingSecret !== undefined && {
          'Faultline-Signature': signature(body, signingSecret, Date.now() / 1000),
        }),
      },
      body,
    };
    const location = headerOf(await this.client.send(request, signal), 'location');
    return location === undefined ? null : oneLine(location, LONGEST_REFERENCE);
  }
}

function secretsOf({ headers, signingSecret }: WebhookSinkConfig): string[] {
  return [...Object.values(headers), ...(signingSecret === undefined ? [] : [signingSecret])];
}

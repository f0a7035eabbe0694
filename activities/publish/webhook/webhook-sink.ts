import axios, { isAxiosError, type AxiosResponse } from 'axios';
import { redact } from '../../../config/redact.js';
import type { OutgoingAuth, WebhookSinkConfig } from '../../../config/schema.js';
import type { IncidentRecord } from '../../../model/incident.js';
import { oneLine } from '../../../report/escape.js';
import { failureOf, outcomeOf } from '../outcome.js';
import type { Sink } from '../sink.js';
import { eventOf, idempotencyKey } from './body.js';
import { signature } from './sign.js';

/** How much of an answer that explains a refusal is kept. */
const SHOWN_ANSWER = 200;
const MAX_ANSWER_BYTES = 1024 * 1024;

/**
 * Posts the record to any HTTP address as a CloudEvent (docs/webhook-sink.md). A lost reply is posted again with the
 * same `Idempotency-Key` and event id, by which the receiver knows it.
 */
export class WebhookSink implements Sink {
  readonly name: string;
  private readonly secrets: string[];

  constructor(private readonly config: WebhookSinkConfig) {
    this.name = config.name;
    this.secrets = secretsOf(config);
  }

  async post(record: IncidentRecord, signal: AbortSignal): Promise<string | null> {
    const { url, headers, signingSecret, timeoutSeconds } = this.config;
    const body = JSON.stringify(eventOf(record));
    const response = await this.send(signal, () =>
      axios.post<string>(url, body, {
        headers: {
          ...headers,
          ...authorization(this.config.auth),
          'Content-Type': 'application/cloudevents+json; charset=utf-8',
          'Idempotency-Key': idempotencyKey(record),
          ...(signingSecret !== undefined && {
            'Faultline-Signature': signature(body, signingSecret, Date.now() / 1000),
          }),
        },
        // Kept as text: what a receiver answers is shown when it refuses, and not read otherwise.
        responseType: 'text',
        maxContentLength: MAX_ANSWER_BYTES,
        maxRedirects: 0,
        validateStatus: () => true,
        signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutSeconds * 1000)]),
      }),
    );
    const retryAfter: unknown = response.headers['retry-after'];
    const outcome = outcomeOf(
      response.status,
      typeof retryAfter === 'string' ? retryAfter : undefined,
      Date.now(),
    );
    if (outcome.kind === 'accepted') return location(response);
    throw failureOf(outcome, this.say(`answered ${response.status}${shown(response.data)}`));
  }

  /** A connection that fails or a reply that does not come may do better later. */
  private async send(
    signal: AbortSignal,
    request: () => Promise<AxiosResponse<string>>,
  ): Promise<AxiosResponse<string>> {
    try {
      return await request();
    } catch (error) {
      signal.throwIfAborted();
      const reason = isAxiosError(error) ? (error.code ?? error.message) : String(error);
      throw failureOf({ kind: 'later', afterSeconds: null }, this.say(`gave no answer (${reason})`));
    }
  }

  /** A message with the sink's name and host only: paths and queries of webhooks often are secrets. */
  private say(what: string): string {
    return redact(`sink ${this.name} at ${new URL(this.config.url).host} ${what}`, this.secrets);
  }
}

function authorization(auth: OutgoingAuth): Record<string, string> {
  if (auth.type === 'bearer') return { Authorization: `Bearer ${auth.token}` };
  if (auth.type === 'basic') {
    const login = Buffer.from(`${auth.username}:${auth.password}`).toString('base64');
    return { Authorization: `Basic ${login}` };
  }
  return {};
}

function secretsOf({ auth, headers, signingSecret }: WebhookSinkConfig): string[] {
  return [
    ...(auth.type === 'bearer' ? [auth.token] : []),
    ...(auth.type === 'basic' ? [auth.password] : []),
    ...Object.values(headers),
    ...(signingSecret === undefined ? [] : [signingSecret]),
  ];
}

function location(response: AxiosResponse<string>): string | null {
  const header: unknown = response.headers.location;
  return typeof header === 'string' && header !== '' ? oneLine(header, SHOWN_ANSWER) : null;
}

/** The receiver's words, when they are words and not a page. */
function shown(answer: string): string {
  const text = oneLine(answer, SHOWN_ANSWER);
  return text === '' || text.startsWith('<') ? '' : `: ${text}`;
}

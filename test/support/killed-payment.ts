import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { Scope } from '../../model/incident.js';

const FILE = new URL('../fixtures/otlp/killed-payment.jsonl.gz', import.meta.url);

/** When paymentservice was killed, and when the front's alert of it began; unix seconds. */
export const KILLED_AT = 1796035208;
export const ALERTED_AT = KILLED_AT + 40;

/** The requests of test/fixtures/otlp/killed-payment.jsonl.gz, one for each trace. */
export function killedPaymentRequests(): object[] {
  const text = gunzipSync(readFileSync(FILE)).toString('utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as object);
}

/** What is looked at because of the front's alert. */
export function killedPaymentScope(): Scope {
  const services = [
    'frontend',
    'checkoutservice',
    'paymentservice',
    'cartservice',
    'currencyservice',
    'redis',
  ];
  return {
    environment: 'default',
    service: 'frontend',
    symptom: 'errors',
    services,
    window: { start: KILLED_AT - 583, end: KILLED_AT + 150, stepSeconds: 5 },
    anomalyTime: ALERTED_AT,
    packs: [],
    graph: { services, edges: [], placements: [], external: [] },
    gaps: [],
  };
}

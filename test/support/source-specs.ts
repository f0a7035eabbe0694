import { readFileSync } from 'node:fs';
import type { z } from 'zod';
import { sns } from '../../client/intake/sns/source.js';
import { openSources } from '../../client/intake/sources.js';
import type { Source } from '../../client/intake/source.js';
import { configSchema } from '../../config/schema.js';
import {
  grafanaHeaders,
  pagerdutyHeaders,
  sentryHeaders,
  SNS_CERTIFICATE,
  SNS_HEADERS,
  SNS_TOPIC,
  snsEnvelope,
} from './foreign-senders.js';
import { fixture, NOW } from './intake-rig.js';

type SourcesInput = NonNullable<NonNullable<z.input<typeof configSchema>['webhook']>['sources']>;

export interface Sent {
  body: string;
  headers: Record<string, string>;
}

/** One source with what its sender posts, for tests that hold of all of them. */
export interface SourceSpec {
  name: string;
  path: string;
  settings: SourcesInput;
  /** Another post of an alert that fires. */
  firing: string;
  resolved: string;
  /** The sender tells it again. */
  repeat?: string;
  /** Posts that are fine and nothing to act on. */
  ignored: string[];
  /** Where its sender may add fields. @default at the beginning */
  addsAfter?: string;
  /** Sends a body as the product does, with this secret at this time. */
  send(body: string, secret: string, time: number): Sent;
  /** Replays can be told. */
  isTimed: boolean;
}

/** The secret in use, and the one that it replaces. */
export const SECRET = 'the new secret of the source';
export const SECRET_BEFORE = 'the old secret of the source';
const secrets = [SECRET, SECRET_BEFORE];

const bearer = { type: 'bearer' as const, tokens: secrets };
const withBearer = (body: string, secret: string): Sent => ({
  body,
  headers: { authorization: `Bearer ${secret}` },
});

export const SPECS: SourceSpec[] = [
  {
    name: 'Grafana, signed',
    path: '/v1/grafana',
    settings: { grafana: { signature: { secrets } } },
    firing: fixture('grafana/firing'),
    resolved: fixture('grafana/resolved'),
    ignored: [JSON.stringify({ ...(JSON.parse(fixture('grafana/firing')) as object), alerts: [] })],
    send: (body, secret, time) => ({ body, headers: grafanaHeaders(body, secret, time) }),
    isTimed: true,
  },
  {
    name: 'Grafana with a token',
    path: '/v1/grafana',
    settings: { grafana: { auth: bearer } },
    firing: fixture('grafana/firing'),
    resolved: fixture('grafana/resolved'),
    ignored: [],
    send: withBearer,
    isTimed: false,
  },
  {
    name: 'PagerDuty',
    path: '/v1/pagerduty',
    settings: { pagerduty: { secrets } },
    firing: fixture('pagerduty/triggered'),
    resolved: fixture('pagerduty/resolved'),
    ignored: [fixture('pagerduty/ping'), fixture('pagerduty/annotated')],
    send: (body, secret, time) => {
      const moved = body.replace(
        /"occurred_at": "[^"]+"/,
        `"occurred_at": "${new Date(time * 1000).toISOString()}"`,
      );
      return { body: moved, headers: pagerdutyHeaders(moved, 'a secret of somebody else', secret) };
    },
    isTimed: true,
  },
  {
    name: 'Datadog',
    path: '/v1/datadog',
    settings: { datadog: { auth: { type: 'header', name: 'X-Faultline-Token', values: secrets } } },
    firing: fixture('datadog/triggered'),
    resolved: fixture('datadog/recovered'),
    repeat: fixture('datadog/re-triggered'),
    ignored: [fixture('datadog/event')],
    send: (body, secret) => ({ body, headers: { 'x-faultline-token': secret } }),
    isTimed: false,
  },
  {
    name: 'Google Cloud',
    path: '/v1/google-cloud',
    settings: {
      googleCloud: {
        auth: { type: 'basic', username: 'google', password: SECRET, passwordBefore: SECRET_BEFORE },
      },
    },
    firing: fixture('google-cloud/open'),
    resolved: fixture('google-cloud/closed'),
    ignored: [fixture('google-cloud/test')],
    send: (body, secret) => {
      const pair = Buffer.from(`google:${secret}`).toString('base64');
      return { body, headers: { authorization: `Basic ${pair}` } };
    },
    isTimed: false,
  },
  {
    name: 'Sentry issue alerts',
    path: '/v1/sentry',
    settings: { sentry: { secrets } },
    firing: fixture('sentry/issue-alert'),
    resolved: fixture('sentry/issue-resolved'),
    ignored: [fixture('sentry/issue-created'), '{"action":"created","data":{"installation":{}}}'],
    send: (body, secret, time) => ({ body, headers: sentryHeaders(body, secret, time) }),
    isTimed: true,
  },
  {
    name: 'Sentry metric alerts',
    path: '/v1/sentry',
    settings: { sentry: { secrets } },
    firing: fixture('sentry/metric-critical'),
    resolved: fixture('sentry/metric-resolved'),
    ignored: [],
    send: (body, secret, time) => ({ body, headers: sentryHeaders(body, secret, time) }),
    isTimed: true,
  },
  {
    name: 'Opsgenie',
    path: '/v1/opsgenie',
    settings: { opsgenie: { auth: bearer } },
    firing: fixture('opsgenie/create'),
    resolved: fixture('opsgenie/close'),
    ignored: [fixture('opsgenie/add-note')],
    send: withBearer,
    isTimed: false,
  },
  {
    name: 'CloudEvents',
    path: '/v1/cloudevents',
    settings: { cloudevents: { auth: bearer } },
    firing: fixture('cloudevents/firing'),
    resolved: fixture('cloudevents/resolved'),
    addsAfter: '"data": {',
    ignored: [],
    send: (body, secret) => ({
      body,
      headers: { ...withBearer(body, secret).headers, 'content-type': 'application/cloudevents+json' },
    }),
    isTimed: false,
  },
  {
    name: 'a generic source',
    path: '/v1/generic/uptime',
    settings: {
      generic: [
        {
          name: 'uptime',
          auth: bearer,
          each: 'checks',
          map: {
            title: 'check.name',
            fingerprint: 'to_string(check.id)',
            status: 'state',
            service: 'tags.svc',
            severity: 'level',
            summary: 'message',
            startedAt: 'since',
            endedAt: 'until',
            labels: 'tags',
            link: 'check.url',
          },
          ignoredWhen: ['paused'],
        },
      ],
    },
    firing: fixture('generic/uptime'),
    resolved: fixture('generic/uptime').replace('"DOWN"', '"up"'),
    ignored: ['{"checks":[]}', '{}'],
    send: withBearer,
    isTimed: false,
  },
  {
    name: 'SNS',
    path: '/v1/sns',
    settings: { sns: { topics: [SNS_TOPIC] } },
    firing: fixture('sns/alarm'),
    resolved: fixture('sns/ok'),
    ignored: ['a plain text', '{"news":1}'],
    // Amazon alone has the key: a wrong secret is a signature of somebody else.
    send: (body, secret, time) => ({
      body: JSON.stringify(
        snsEnvelope(body, time, secrets.includes(secret) ? {} : { Signature: 'bm90IHNpZ25lZA==' }),
      ),
      headers: SNS_HEADERS,
    }),
    isTimed: true,
  },
];

/** The sources of a specification; SNS with an Amazon that has the certificate. */
export function sourcesOf({ settings }: SourceSpec): Source[] {
  const { webhook } = configSchema.parse({
    metrics: { type: 'prometheus', url: 'http://prometheus' },
    webhook: { sources: settings },
  });
  const amazon = { get: () => Promise.resolve(SNS_CERTIFICATE) };
  return webhook.sources.sns ? [sns(webhook.sources.sns, amazon)] : openSources(webhook);
}

export const sendNow = (spec: SourceSpec, body: string): Sent => spec.send(body, SECRET, NOW);

/** Pages of the documentation, as the tests of their examples read them. */
export function docsPage(name: string): string {
  return readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8');
}

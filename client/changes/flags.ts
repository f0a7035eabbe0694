import { z } from 'zod';
import type { LaunchdarklyHookConfig, UnleashHookConfig } from '../../config/change-hooks.js';
import { isSignedBy, NotAuthentic } from '../intake/authenticity.js';
import { readBody } from '../intake/malformed.js';
import { moment } from '../intake/moment.js';
import { anyText, anyTexts, id, someText } from '../intake/shapes.js';
import { headerOf } from '../intake/source.js';
import { changeOf, isCounted, type ChangeHook } from './hook.js';

const launchdarklyEntry = z.object(
  {
    _id: someText,
    /** Milliseconds. */
    date: moment,
    kind: someText,
    name: anyText,
    titleVerb: anyText,
    comment: anyText,
    member: z.object({ email: anyText }).nullish().catch(null),
    target: z.object({ resources: anyTexts }).nullish().catch(null),
  },
  { error: 'expected an entry of the audit log, a JSON object' },
);

/** `proj/shop:env/production:flag/new-checkout;tag` */
const FLAG_RESOURCE = /(?:^|:)env\/([^:;]+):flag\/([^:;]+)/;

/** LaunchDarkly's signed webhooks: entries of its audit log, of which changes of flags in an environment count. */
export function launchdarklyHook({ secrets, environments }: LaunchdarklyHookConfig): ChangeHook {
  return {
    name: 'launchdarkly',
    path: '/launchdarkly',
    credentials: { type: 'none' },
    authenticate({ bytes, headers }) {
      if (isSignedBy(secrets, [bytes], [headerOf(headers, 'x-ld-signature') ?? ''])) return;
      throw new NotAuthentic('no secret of webhook.changes.launchdarkly fits the X-LD-Signature');
    },
    read({ body }, { services }) {
      const entry = readBody(launchdarklyEntry, body);
      const [, environment, flag] = FLAG_RESOURCE.exec(entry.target?.resources[0] ?? '') ?? [];
      if (entry.kind !== 'flag' || flag === undefined || !isCounted(environments, environment)) return [];
      const verb = entry.titleVerb ?? 'changed the flag';
      return [
        changeOf({
          id: entry._id,
          source: 'launchdarkly',
          kind: 'flag',
          time: entry.date,
          service: services[flag] ?? null,
          title: `${flag}: ${entry.member?.email ?? 'somebody'} ${verb} ${entry.name ?? flag} in ${environment}`,
          details: entry.comment ?? '',
          author: entry.member?.email ?? null,
        }),
      ];
    },
  };
}

const unleashEvent = z.object(
  {
    id,
    type: someText,
    createdAt: moment,
    createdBy: anyText,
    featureName: anyText,
    project: anyText,
    environment: anyText,
    data: z.unknown().optional(),
    preData: z.unknown().optional(),
  },
  { error: 'expected an event of Unleash, a JSON object' },
);

/** Events of Unleash after which a flag may answer otherwise. */
const UNLEASH_TYPES = new Set([
  'feature-environment-enabled',
  'feature-environment-disabled',
  'feature-environment-variants-updated',
  'feature-variants-updated',
  'feature-strategy-add',
  'feature-strategy-update',
  'feature-strategy-remove',
  'feature-archived',
  'feature-revived',
  'segment-updated',
]);

/** Unleash's webhooks, with the event itself as body. */
export function unleashHook({ auth, environments }: UnleashHookConfig): ChangeHook {
  return {
    name: 'unleash',
    path: '/unleash',
    credentials: auth,
    read({ body }, { services }) {
      const event = readBody(unleashEvent, body);
      const { featureName: flag, environment, type } = event;
      if (!UNLEASH_TYPES.has(type) || (environment !== undefined && !isCounted(environments, environment)))
        return [];
      const place = environment === undefined ? '' : ` in ${environment}`;
      return [
        changeOf({
          id: event.id,
          source: 'unleash',
          kind: 'flag',
          time: event.createdAt,
          service: (flag !== undefined && services[flag]) || null,
          title: `${flag ?? event.project ?? 'Unleash'}: ${type}${place}`,
          details: diffOf(event.preData, event.data),
          author: event.createdBy ?? null,
        }),
      ];
    },
  };
}

/** What was and what is, as a diff. */
function diffOf(before: unknown, after: unknown): string {
  const line = (sign: string, value: unknown) => (value == null ? [] : [`${sign}${JSON.stringify(value)}`]);
  const lines = [...line('-', before), ...line('+', after)];
  return lines.length === 0 ? '' : ['--- flag', ...lines].join('\n');
}

import { z } from 'zod';
import type { FluxHookConfig } from '../../config/change-hooks.js';
import { isSignedBy, NotAuthentic } from '../intake/authenticity.js';
import { readBody } from '../intake/malformed.js';
import { secondsOf } from '../intake/moment.js';
import { anyText, someText } from '../intake/shapes.js';
import { headerOf, type RawPost } from '../intake/source.js';
import { changeOf, type ChangeHook } from './hook.js';

const event = z.object(
  {
    involvedObject: z.object({ kind: someText, name: someText, namespace: anyText }),
    reason: someText,
    message: anyText,
    timestamp: z.unknown().optional(),
    metadata: z.record(z.string(), z.unknown()).nullish().catch(null),
  },
  { error: 'expected an event of Flux, a JSON object' },
);

/** Reasons that tell that the cluster is now another. */
const TOOK_EFFECT = /^(ReconciliationSucceeded|(Install|Upgrade|Rollback)Succeeded)$/;

/**
 * Notifications of Flux, by a provider of type `generic` or `generic-hmac`. Events that changed nothing do not count.
 */
export function fluxHook({ auth, secrets }: FluxHookConfig): ChangeHook {
  return {
    name: 'flux',
    path: '/flux',
    // A signature is proof enough; credentials beside it are asked for when they are configured.
    credentials: auth ?? (secrets && { type: 'none' }),
    ...(secrets && { authenticate: (post: RawPost) => demandSignature(post, secrets) }),
    read({ body, receivedAt }, { services }) {
      const { involvedObject, reason, message, timestamp, metadata } = readBody(event, body);
      const { kind, name, namespace = 'default' } = involvedObject;
      const isApplied = kind === 'Kustomization' || kind === 'HelmRelease';
      if (!isApplied || !TOOK_EFFECT.test(reason)) return [];
      const revision = revisionIn(metadata ?? {});
      const time = secondsOf(timestamp) ?? receivedAt;
      // A Kustomization tells of every reconciliation: that of a revision which it has applied already is no change.
      const which =
        kind === 'Kustomization' && revision !== null ? revision : `${revision} ${Math.floor(time)}`;
      return [
        changeOf({
          id: `${kind}/${namespace}/${name}@${which}`,
          source: 'flux',
          kind: 'deploy',
          time,
          service: services[name] ?? name,
          title: `Flux applied ${kind} ${namespace}/${name}${revision === null ? '' : ` at ${revision}`}`,
          details: message ?? '',
        }),
      ];
    },
  };
}

/** Newer versions write the group in front: `kustomize.toolkit.fluxcd.io/revision`. */
function revisionIn(metadata: Record<string, unknown>): string | null {
  const entries = Object.entries(metadata);
  const [, revision] = entries.find(([key]) => key === 'revision' || key.endsWith('/revision')) ?? [];
  return typeof revision === 'string' && revision !== '' ? revision : null;
}

function demandSignature({ bytes, headers }: RawPost, secrets: readonly string[]): void {
  const [, signature = ''] = /^sha256=([0-9a-f]{64})$/i.exec(headerOf(headers, 'x-signature') ?? '') ?? [];
  if (isSignedBy(secrets, [bytes], [signature])) return;
  throw new NotAuthentic('no secret of webhook.changes.flux fits the X-Signature');
}

import { z } from 'zod';
import type { ReceiverAuth } from '../../config/receiver-auth.js';
import { readBody } from '../intake/malformed.js';
import { secondsOf } from '../intake/moment.js';
import { anyText, anyTexts, someText } from '../intake/shapes.js';
import { changeOf, type ChangeHook } from './hook.js';

/** What the template of docs/evidence/changes.md makes of a sync. */
const sync = z.object(
  {
    application: someText,
    revision: someText,
    phase: someText,
    finishedAt: z.unknown().optional(),
    images: anyTexts,
    author: anyText,
    message: anyText,
    link: anyText,
  },
  { error: 'expected the sync of an application, a JSON object' },
);

/** Argo CD's notifications of syncs, by the template of the documentation. One that did not succeed changes nothing. */
export function argocdHook({ auth }: { auth?: ReceiverAuth | undefined }): ChangeHook {
  return {
    name: 'argocd',
    path: '/argocd',
    credentials: auth,
    read({ body, receivedAt }, { services }) {
      const { application, revision, phase, finishedAt, images, author, message, link } = readBody(
        sync,
        body,
      );
      if (phase !== 'Succeeded') return [];
      const time = secondsOf(finishedAt) ?? receivedAt;
      const short = /^[0-9a-f]{40}$/.test(revision) ? revision.slice(0, 8) : revision;
      const details = [message ?? '', images.length > 0 ? `images: ${images.join(', ')}` : ''];
      return [
        changeOf({
          id: `${application}@${revision} ${Math.floor(time)}`,
          source: 'argocd',
          kind: 'deploy',
          time,
          service: services[application] ?? application,
          title: `Argo CD synced ${application} to ${short}`,
          details: details.filter((line) => line !== '').join('\n'),
          author: author ?? null,
          link: link ?? null,
        }),
      ];
    },
  };
}

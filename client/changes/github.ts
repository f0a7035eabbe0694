import { z } from 'zod';
import type { GithubHookConfig } from '../../config/change-hooks.js';
import { isSignedBy, NotAuthentic } from '../intake/authenticity.js';
import { readBody } from '../intake/malformed.js';
import { moment } from '../intake/moment.js';
import { anyText, id, someText } from '../intake/shapes.js';
import { headerOf } from '../intake/source.js';
import { changeOf, isCounted, type ChangeHook } from './hook.js';

const person = z.object({ login: anyText }).nullish().catch(null);
const repository = z.object({ full_name: someText, name: someText });

const deploymentStatus = z.object({
  repository,
  deployment_status: z.object({ state: someText, created_at: moment, log_url: anyText, target_url: anyText }),
  deployment: z.object({
    id,
    sha: someText,
    ref: someText,
    environment: someText,
    description: anyText,
    creator: person,
  }),
});

const release = z.object({
  action: someText,
  repository,
  release: z.object({
    id,
    tag_name: someText,
    name: anyText,
    body: anyText,
    html_url: anyText,
    author: person,
    published_at: z.unknown().optional(),
  }),
});

/** GitHub's webhooks `deployment_status` and `release`; every other event is taken and left alone. */
export function githubHook({ secrets, environments }: GithubHookConfig): ChangeHook {
  return {
    name: 'github',
    path: '/github',
    credentials: { type: 'none' },
    authenticate({ bytes, headers }) {
      const [, signature = ''] =
        /^sha256=([0-9a-f]{64})$/i.exec(headerOf(headers, 'x-hub-signature-256') ?? '') ?? [];
      if (isSignedBy(secrets, [bytes], [signature])) return;
      throw new NotAuthentic('no secret of webhook.changes.github fits the X-Hub-Signature-256');
    },
    read({ body, headers, receivedAt }, { services }) {
      const event = headerOf(headers, 'x-github-event');
      if (event === 'deployment_status') return deployed(body, services, environments);
      if (event === 'release') return released(body, services, receivedAt);
      return [];
    },
  };
}

type Services = Readonly<Record<string, string>>;

function deployed(body: unknown, services: Services, environments: readonly string[]) {
  const { repository: where, deployment, deployment_status: status } = readBody(deploymentStatus, body);
  if (status.state !== 'success' || !isCounted(environments, deployment.environment)) return [];
  const { sha, ref, environment } = deployment;
  const short = sha.slice(0, 8);
  return [
    changeOf({
      // As the API is read (activities/collect/changes/github.ts), so that who does both has one change.
      id: `${where.full_name}/deployments/${deployment.id}`,
      source: 'github',
      kind: 'deploy',
      time: status.created_at,
      service: services[where.full_name] ?? where.name,
      title: `${where.full_name} deployed to ${environment}: to ${ref === sha ? short : `${short} (${ref})`}`,
      details: deployment.description ?? '',
      author: deployment.creator?.login ?? null,
      link: status.log_url ?? status.target_url ?? null,
    }),
  ];
}

function released(body: unknown, services: Services, receivedAt: number) {
  const { action, repository: where, release: one } = readBody(release, body);
  if (action !== 'published') return [];
  const published = moment.safeParse(one.published_at);
  return [
    changeOf({
      id: `${where.full_name}/releases/${one.id}`,
      source: 'github',
      kind: 'deploy',
      time: published.success ? published.data : receivedAt,
      service: services[where.full_name] ?? where.name,
      title: `${where.full_name} released ${one.name ?? one.tag_name}`,
      details: one.body ?? '',
      author: one.author?.login ?? null,
      link: one.html_url ?? null,
    }),
  ];
}

import type { FastifyBaseLogger, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { isPlainChangesOn } from '../../config/exposure.js';
import type { WebhookConfig } from '../../config/webhook.js';
import { demandCredentials } from '../intake/auth.js';
import { parseJson } from '../intake/json.js';
import { demandMediaType, type RawPost } from '../intake/source.js';
import type { ChangeReports } from '../reported-changes.js';
import { argocdHook } from './argocd.js';
import { launchdarklyHook, unleashHook } from './flags.js';
import { fluxHook } from './flux.js';
import { githubHook } from './github.js';
import type { ChangeHook } from './hook.js';
import { plainHook } from './plain.js';

/** Where changes are posted. */
export const CHANGES_PATH = '/v1/changes';

/** A post of changes with their diffs; GitHub's releases with long notes are the largest. */
const BODY_LIMIT_BYTES = 1024 * 1024;

/** The systems whose changes are taken. */
export function openHooks(webhook: WebhookConfig): ChangeHook[] {
  const { plain, github, argocd, flux, launchdarkly, unleash } = webhook.changes;
  const configured = [
    isPlainChangesOn(webhook) && plainHook(plain ?? {}),
    github && githubHook(github),
    argocd && argocdHook(argocd),
    flux && fluxHook(flux),
    launchdarkly && launchdarklyHook(launchdarkly),
    unleash && unleashHook(unleash),
  ];
  return configured.filter((hook) => hook !== undefined && hook !== false);
}

/**
 * `POST /v1/changes` and below it, where pipelines and other systems report changes (docs/evidence/changes.md), for
 * `buildReceiver`.
 *
 * Answers 202 once Temporal holds the changes; 200 when a post told of none; 400, 401, 413 and 415 for what can never
 * succeed; 503 with Retry-After when Temporal does not take them. Errors are problem documents.
 */
export function changeRoutes(options: {
  webhook: WebhookConfig;
  reports: ChangeReports;
  log: FastifyBaseLogger;
  /** Unix seconds. @default the clock */
  now?: () => number;
}): (server: FastifyInstance) => void {
  const { webhook, reports, log, now = () => Date.now() / 1000 } = options;
  const { acceptTimeoutSeconds, auth, bodyLimitBytes } = webhook;
  const { services } = webhook.changes;

  async function take(hook: ChangeHook, request: FastifyRequest, reply: FastifyReply) {
    const bytes = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    const raw: RawPost = { bytes, headers: request.headers, receivedAt: now() };
    await hook.authenticate?.(raw);
    demandMediaType(hook, raw);
    const body = hook.parsesItself ? undefined : parseJson(bytes);
    const changes = hook.read({ ...raw, body }, { services });
    if (changes.length > 0) await reports.report(changes, { timeoutSeconds: acceptTimeoutSeconds });
    log.debug({ from: hook.name, changes: changes.length }, 'changes were taken');
    return reply.code(changes.length > 0 ? 202 : 200).send({ accepted: changes.length });
  }

  return (server) => {
    void server.register(async (posts) => {
      // Signatures are made of bytes, so each body is parsed when its sender is known.
      posts.removeAllContentTypeParsers();
      posts.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
      for (const hook of openHooks(webhook)) {
        const credentials = hook.credentials ?? auth;
        const isOpen = credentials.type === 'none' && !hook.authenticate;
        const bodyLimit = Math.min(BODY_LIMIT_BYTES, bodyLimitBytes);
        await posts.register(async (own) => {
          await demandCredentials(own, credentials);
          own.post(`${CHANGES_PATH}${hook.path}`, { bodyLimit, config: { isOpen } }, (request, reply) =>
            take(hook, request, reply),
          );
        });
      }
    });
  };
}

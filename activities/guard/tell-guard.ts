import { cancellationSignal } from '@temporalio/activity';
import { z } from 'zod';
import type { GuardConfig, GuardGithubConfig, GuardWebhookConfig } from '../../config/guard.js';
import type { GuardedCommit, GuardState } from '../../model/guard.js';
import { withoutSecrets } from '../../report/mask.js';
import { oneLine } from '../../report/escape.js';
import type { Activities } from '../contract.js';
import { githubHeaders, githubOutcome } from '../publish/github/issues-api.js';
import { JsonApi } from '../publish/json-api.js';
import { SinkClient } from '../publish/sink-client.js';
import { signature } from '../publish/webhook/sign.js';

/** What GitHub takes as a description: 140 characters. */
const LONGEST_DESCRIPTION = 120;

/**
 * The `tellGuard` activity: posts a guard's state to the configured webhook when it has ended, and writes the status of
 * the commit. Failures are `SinkUnavailable`, which is tried again, and, non-retryable, `SinkRefused`.
 */
export function createTellGuard({ webhook, github }: GuardConfig): Pick<Activities, 'tellGuard'> {
  return {
    async tellGuard({ to, state }) {
      const signal = cancellationSignal();
      if (to === 'webhook' && webhook) await post(webhook, state, signal);
      if (to === 'github' && github && state.request.commit) {
        await setStatus(github, state.request.commit, state, signal);
      }
    },
  };
}

/** A CloudEvent whose data is the state; its id is the same however often it is posted. */
async function post(config: GuardWebhookConfig, state: GuardState, signal: AbortSignal): Promise<void> {
  const { url, headers, signingSecret, timeoutSeconds, auth } = config;
  const now = Date.now() / 1000;
  const secrets = [...Object.values(headers), ...(signingSecret === undefined ? [] : [signingSecret])];
  const client = new SinkClient({ name: 'guard.webhook', timeoutSeconds, auth, secrets });
  const id = `${state.id}/${Math.floor(state.request.since)}`;
  const body = JSON.stringify({
    specversion: '1.0',
    id,
    type: 'faultline.guard.ended',
    source: `faultline/${encodeURIComponent(state.request.environment)}`,
    subject: state.request.service,
    time: new Date(now * 1000).toISOString(),
    datacontenttype: 'application/json',
    data: withoutSecrets(state),
  });
  const sent = {
    ...headers,
    'Content-Type': 'application/cloudevents+json; charset=utf-8',
    'Idempotency-Key': id,
    ...(signingSecret !== undefined && { 'Faultline-Signature': signature(body, signingSecret, now) }),
  };
  await client.send({ method: 'POST', url, headers: sent, body }, signal);
}

const GITHUB_STATES = { pass: 'success', fail: 'failure', 'cannot-tell': 'error' } as const;

async function setStatus(
  { url, token, context, timeoutSeconds }: GuardGithubConfig,
  { repository, sha }: GuardedCommit,
  { verdict, reason, url: run }: GuardState,
  signal: AbortSignal,
): Promise<void> {
  const client = new SinkClient({
    ...{ name: 'guard.github', timeoutSeconds, secrets: [token], decide: githubOutcome },
  });
  const api = new JsonApi(client, { url, headers: githubHeaders(token) });
  const body = {
    state: verdict === null ? 'pending' : GITHUB_STATES[verdict],
    description: verdict === null ? 'watching the rollout' : description(reason),
    context,
    ...(run !== null && { target_url: run }),
  };
  await api.ask({ method: 'POST', path: `repos/${repository}/statuses/${sha}`, body }, z.object({}), signal);
}

function description(reason: string): string {
  return Array.from(oneLine(reason)).slice(0, LONGEST_DESCRIPTION).join('');
}

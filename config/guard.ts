import { z } from 'zod';
import { httpUrl, outgoingAuth, seconds, secret, serverUrl } from './primitives.js';

const webhook = z.strictObject({
  /** Where the result of every deploy guard is posted. */
  url: httpUrl,
  auth: outgoingAuth.default({ type: 'none' }),
  headers: z.record(z.string(), secret).default({}),
  /** When set, the body is signed: `Faultline-Signature: t=<unix s>,v1=<hex HMAC-SHA256 of "t.body">`. */
  signingSecret: secret.optional(),
  timeoutSeconds: seconds.default(10),
});
export type GuardWebhookConfig = z.infer<typeof webhook>;

const github = z.strictObject({
  /** Base address of the REST API; of GitHub Enterprise Server `https://<host>/api/v3`. */
  url: serverUrl.default('https://api.github.com'),
  /** Token that may write commit statuses. */
  token: secret,
  /** What the status is called beside the commit. */
  context: z.string().min(1).max(100).default('faultline/guard'),
  timeoutSeconds: seconds.default(10),
});
export type GuardGithubConfig = z.infer<typeof github>;

/** Who is told what a deploy guard says, beside whoever runs `faultline guard`. */
export const guard = z.strictObject({ webhook: webhook.optional(), github: github.optional() }).prefault({});
export type GuardConfig = z.infer<typeof guard>;

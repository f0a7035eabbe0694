import { z } from 'zod';
import { httpUrl, secret } from '../primitives.js';
import { sinkBase } from './base.js';

export const githubSink = z.strictObject({
  type: z.literal('github'),
  ...sinkBase,
  /** Token that may read and write issues of the repository. */
  token: secret,
  repository: z.string().regex(/^[\w.-]+\/[\w.-]+$/, 'expected owner/name'),
  /** GitHub drops them without a word where the token may not push. */
  labels: z.array(z.string().min(1)).default(['incident']),
  /** Whether the issue is closed with the final report. */
  closeOnFinal: z.boolean().default(true),
  /** Base address of the REST API; of GitHub Enterprise Server `https://<host>/api/v3`. */
  url: httpUrl.default('https://api.github.com'),
});
export type GithubSinkConfig = z.infer<typeof githubSink>;

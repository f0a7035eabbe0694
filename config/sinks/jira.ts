import { z } from 'zod';
import { httpUrl, outgoingAuth } from '../primitives.js';
import { sinkBase } from './base.js';

export const jiraSink = z.strictObject({
  type: z.literal('jira'),
  ...sinkBase,
  /** Base address of the site: `https://example.atlassian.net`, or of a server with its context path. */
  url: httpUrl,
  /** Cloud: `basic` with e-mail address and API token. Data Center: `bearer` with a personal access token. */
  auth: outgoingAuth,
  /** Key of the project. */
  project: z.string().regex(/^[A-Z][A-Z0-9_]+$/, "expected a project's key such as OPS"),
  issueType: z.string().min(1).default('Task'),
  /** Jira takes none with a space in it. */
  labels: z.array(z.string().regex(/^\S+$/, 'expected a label without spaces')).default(['incident']),
  /** Transition that the issue goes through with the final report, by its name; none when left out. */
  finalTransition: z.string().min(1).optional(),
});
export type JiraSinkConfig = z.infer<typeof jiraSink>;

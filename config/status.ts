import { z } from 'zod';
import { outgoingAuth, seconds, secret, serverUrl, tls } from './primitives.js';

const statusSource = z.strictObject({
  name: z.string().min(1),
  /** Base address of a status page that speaks Statuspage's API: `https://www.githubstatus.com`. */
  url: serverUrl,
  auth: outgoingAuth.default({ type: 'none' }),
  tls,
  headers: z.record(z.string(), secret).default({}),
  timeoutSeconds: seconds.default(10),
  /** Which services of ours it is about, as metrics call them: `api.github.com`. The name when left out. */
  services: z.array(z.string().min(1).max(120)).min(1).max(20).optional(),
  /** Components of the page that count, by name, in any case; all when the list is empty. */
  components: z.array(z.string().min(1)).max(100).default([]),
});
export type StatusConfig = z.infer<typeof statusSource>;

/** Status pages of outside services. */
export const status = z
  .array(statusSource)
  .max(20)
  .default([])
  .superRefine((list, context) => {
    list.forEach(({ name }, i) => {
      if (list.findIndex((other) => other.name === name) === i) return;
      const message = `another status page is called '${name}'; give each its own name`;
      context.addIssue({ code: 'custom', path: [i, 'name'], message });
    });
  });

import { z } from 'zod';
import { seconds, serverUrl } from './primitives.js';

const statusSource = z.strictObject({
  name: z.string().min(1),
  /** Base address of a status page: `https://www.githubstatus.com`. */
  url: serverUrl,
  timeoutSeconds: seconds.default(10),
});
export type StatusConfig = z.infer<typeof statusSource>;

/** Status pages of outside services. */
export const status = z.array(statusSource).default([]);

import { z } from 'zod';
import { httpUrl, outgoingAuth } from '../primitives.js';
import { sinkBase } from './base.js';

export const grafanaSink = z.strictObject({
  type: z.literal('grafana'),
  ...sinkBase,
  /** Base address of Grafana. */
  url: httpUrl,
  /** `bearer` with a service account's token, or `basic`. */
  auth: outgoingAuth,
  /** Tags of every annotation, besides `faultline`, the service, the environment and the incident. */
  tags: z.array(z.string().min(1)).default([]),
  /** Ties annotations to one dashboard; any dashboard can show them by tag when left out. */
  dashboardUid: z.string().min(1).optional(),
});
export type GrafanaSinkConfig = z.infer<typeof grafanaSink>;

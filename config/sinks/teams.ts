import { z } from 'zod';
import { httpUrl } from '../primitives.js';
import { sinkBase } from './base.js';

export const teamsSink = z.strictObject({
  type: z.literal('teams'),
  ...sinkBase,
  /** Address of a workflow that posts to a channel or chat. Whoever has it can post, so it is a secret. */
  url: httpUrl.meta({ secret: true }),
});
export type TeamsSinkConfig = z.infer<typeof teamsSink>;

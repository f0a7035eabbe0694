import { z } from 'zod';

/*
 * What the message in Slack and the endpoint that hears its buttons must agree on.
 */

/** What a button asks for, as its `action_id`; its `value` is the incident's id. */
export const slackAction = z.enum([
  'faultline-acknowledge',
  'faultline-right',
  'faultline-wrong',
  'faultline-rerun',
]);
export type SlackAction = z.infer<typeof slackAction>;

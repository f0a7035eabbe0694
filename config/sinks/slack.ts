import { z } from 'zod';
import { httpUrl, secret } from '../primitives.js';
import { sinkBase } from './base.js';

export const slackSink = z.strictObject({
  type: z.literal('slack'),
  ...sinkBase,
  /** Bot token of the Slack app, `xoxb-...`. */
  token: secret,
  /** Id of the channel. Not its name: that may change, and half of Slack's methods take none. */
  channel: z
    .string()
    .regex(/^[CGD][A-Z0-9]{5,}$/, "expected a channel's id such as C0123456789, at the end of its details"),
  /**
   * Signing secrets of the Slack app. With them the message has buttons, and `POST /v1/slack/interactions` hears
   * them. Several may be valid at once, for rotation.
   */
  signingSecrets: z.array(secret).min(1).optional(),
  /** Base address of Slack's Web API. */
  url: httpUrl.default('https://slack.com/api/'),
});
export type SlackSinkConfig = z.infer<typeof slackSink>;

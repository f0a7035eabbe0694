import { z } from 'zod';
import { httpUrl, outgoingAuth, secret } from '../primitives.js';
import { sinkBase } from './base.js';

export const webhookSink = z.strictObject({
  type: z.literal('webhook'),
  ...sinkBase,
  url: httpUrl,
  auth: outgoingAuth.default({ type: 'none' }),
  headers: z.record(z.string(), secret).default({}),
  /** When set, the body is signed: `Faultline-Signature: t=<unix s>,v1=<hex HMAC-SHA256 of "t.body">`. */
  signingSecret: secret.optional(),
});
export type WebhookSinkConfig = z.infer<typeof webhookSink>;

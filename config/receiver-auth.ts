import { z } from 'zod';
import { secret } from './primitives.js';

/** What a sender shows in its headers. Several secrets may be valid at once, so that they can be changed one side after the other. */
export const receiverAuth = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('none') }),
  z.strictObject({ type: z.literal('bearer'), tokens: z.array(secret).min(1) }),
  z.strictObject({
    type: z.literal('basic'),
    username: z.string().min(1),
    password: secret,
    /** Still valid while senders change to the other. */
    passwordBefore: secret.optional(),
  }),
  /** A header of the sender's own, for those that can send no Authorization. */
  z.strictObject({
    type: z.literal('header'),
    name: z.string().regex(/^[A-Za-z0-9-]+$/, "expected a header's name, such as X-Faultline-Token"),
    values: z.array(secret).min(1),
  }),
]);
/** Who may use the API. The name of a token stands in the record as who did it; two tokens may have one name. */
export const apiAuth = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('none') }),
  z.strictObject({
    type: z.literal('bearer'),
    tokens: z.array(z.strictObject({ name: z.string().min(1).max(80), token: secret })).min(1),
  }),
]);
export type ApiAuth = z.infer<typeof apiAuth>;

export type ReceiverAuth = z.infer<typeof receiverAuth>;

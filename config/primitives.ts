import { z } from 'zod';

/** What settings are made of. */

/** A length of time. */
export const seconds = z.number().positive();

/** Never shown: redacted from messages and logs. */
export const secret = z.string().min(1).meta({ secret: true });

/** A path; a relative one is meant from the configuration file's folder. */
export const filePath = z.string().min(1).meta({ filePath: true });

export const httpUrl = z.url({ protocol: /^https?$/ });

/** How a request proves who sends it. */
export const outgoingAuth = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('none') }),
  z.strictObject({ type: z.literal('bearer'), token: secret }),
  z.strictObject({ type: z.literal('basic'), username: z.string().min(1), password: secret }),
]);
export type OutgoingAuth = z.infer<typeof outgoingAuth>;

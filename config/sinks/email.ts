import { z } from 'zod';
import { secret } from '../primitives.js';
import { sinkBase } from './base.js';

/** An address alone, or with a name before it: `Faultline <faultline@example.com>`. */
const mailbox = z
  .string()
  .regex(
    /^(?:[^<>\r\n,;]+<[^\s<>@,;]+@[^\s<>@,;]+>|[^\s<>@,;]+@[^\s<>@,;]+)$/,
    'expected one e-mail address',
  );

export const emailSink = z.strictObject({
  type: z.literal('email'),
  ...sinkBase,
  from: mailbox,
  to: z.array(mailbox).min(1),
  /** The server that takes mail. */
  host: z.string().min(1),
  port: z.int().min(1).max(65535).default(587),
  /** `starttls`: refused where the server does not offer it. `none` is for a server on the same host. */
  security: z.enum(['starttls', 'tls', 'none']).default('starttls'),
  /** None where the server asks for none. */
  login: z.strictObject({ username: z.string().min(1), password: secret }).optional(),
});
export type EmailSinkConfig = z.infer<typeof emailSink>;

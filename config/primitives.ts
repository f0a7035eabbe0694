import { z } from 'zod';

/** What settings are made of. */

/** A length of time. */
export const seconds = z.number().positive();

/** Never shown: redacted from messages and logs. */
export const secret = z.string().min(1).meta({ secret: true });

/** A path; a relative one is meant from the configuration file's folder. */
export const filePath = z.string().min(1).meta({ filePath: true });

export const httpUrl = z.url({ protocol: /^https?$/ });

/** The address of a server that is asked. What follows a # is never sent: it is the rest of a password. */
export const serverUrl = httpUrl.refine((address) => !address.includes('#'), {
  message: 'expected an address without #; in a password, write %23',
});

const bearer = z
  .strictObject({
    type: z.literal('bearer'),
    token: secret.optional(),
    /** Read for each request: who put the token there replaces it. */
    tokenFile: filePath.optional(),
  })
  .refine(({ token, tokenFile }) => (token === undefined) !== (tokenFile === undefined), {
    message: 'expected either token or tokenFile',
  });

/** Client credentials (RFC 6749, 4.4). */
const oauth2 = z.strictObject({
  type: z.literal('oauth2'),
  tokenUrl: httpUrl,
  clientId: z.string().min(1),
  clientSecret: secret,
  scopes: z.array(z.string().min(1)).default([]),
  /** Further parameters of the token request, such as an audience. */
  parameters: z.record(z.string(), z.string()).default({}),
});
export type OAuth2Auth = z.infer<typeof oauth2>;

/** Requests signed for AWS. Keys that are left out are read from the variables of AWS. */
const sigv4 = z.strictObject({
  type: z.literal('sigv4'),
  region: z.string().min(1),
  /** `aps` is Amazon Managed Service for Prometheus. */
  service: z.string().min(1).default('aps'),
  accessKeyId: z.string().min(1).optional(),
  secretAccessKey: secret.optional(),
  sessionToken: secret.optional(),
});
export type SigV4Auth = z.infer<typeof sigv4>;

/** How a request proves who sends it. */
export const outgoingAuth = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('none') }),
  bearer,
  z.strictObject({ type: z.literal('basic'), username: z.string().min(1), password: secret }),
  oauth2,
  sigv4,
]);
export type OutgoingAuth = z.infer<typeof outgoingAuth>;

/** Certificates of a connection, files in PEM form that are read again while it lives. */
export const tls = z
  .strictObject({
    /** Authorities that the server's certificate may be of, in place of those that everybody trusts. */
    caFile: filePath.optional(),
    /** What proves to the server who asks. */
    client: z.strictObject({ certFile: filePath, keyFile: filePath }).optional(),
  })
  .prefault({});
export type TlsSettings = z.infer<typeof tls>;

/** A server that is asked for evidence. */
export const queriedServer = {
  /** Name in reports and gaps. */
  name: z.string().min(1),
  url: serverUrl,
  auth: outgoingAuth.default({ type: 'none' }),
  tls,
  headers: z.record(z.string(), secret).default({}),
  /** How long one query may take. */
  timeoutSeconds: seconds.default(20),
};

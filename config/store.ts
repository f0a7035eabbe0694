import { z } from 'zod';
import { filePath, httpUrl, seconds, secret } from './primitives.js';

const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
/** Up to eight folders, so that with our own keys no key is longer than the 1,024 bytes of S3. */
const PREFIX = /^(?:[\w-][\w.-]{0,50}\/){0,8}$/;

/** An S3-compatible object store. */
const s3 = z
  .strictObject({
    /** Address of the server, without the bucket. */
    endpoint: httpUrl,
    /** Region that requests are signed for; servers other than Amazon's usually accept us-east-1. */
    region: z.string().min(1).default('us-east-1'),
    /** The bucket must exist. */
    bucket: z
      .string()
      .refine((name) => BUCKET.test(name), 'expected 3 to 63 lower-case letters, digits, dots and dashes'),
    /** Put before every key, for a bucket that holds other data too. */
    prefix: z
      .string()
      .refine((prefix) => PREFIX.test(prefix), 'expected folders that end with a slash, such as faultline/')
      .default(''),
    /** Whether the bucket is part of the path (true) or of the host name (false). */
    pathStyle: z.boolean().default(true),
    /** Without the two keys here, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN are read. */
    accessKeyId: z.string().min(1).optional(),
    secretAccessKey: secret.optional(),
    sessionToken: secret.optional(),
    /** Longest time of one request, its repeats included. */
    timeoutSeconds: seconds.default(10),
  })
  .refine(({ accessKeyId, secretAccessKey }) => (accessKeyId == null) === (secretAccessKey == null), {
    path: ['secretAccessKey'],
    message: 'expected accessKeyId and secretAccessKey together, or neither',
  });

const GIB = 1024 ** 3;

/** Where evidence, records and reports are kept, and for how long. */
export const store = z
  .strictObject({
    /** Folder of the store when `s3` is not set; relative to the configuration file. */
    directory: filePath.default('.faultline/store'),
    /** Lets other users of the machine, such as a web server, read the folder's `incidents`. */
    publicReports: z.boolean().default(false),
    /** Address under which the store's `incidents` are served, for links to the page of an incident. */
    reportsUrl: httpUrl.optional(),
    s3: s3.optional(),
    retention: z
      .strictObject({
        /** Incidents whose last revision is older are deleted. A quarter: time for the review after an outage. */
        days: z.number().nonnegative().default(90),
        /** The oldest closed incidents are deleted above this size. About 50,000 incidents of 400 kB each. */
        maxBytes: z
          .number()
          .int()
          .nonnegative()
          .default(20 * GIB),
      })
      .prefault({}),
  })
  .prefault({});
export type StoreConfig = z.infer<typeof store>;
export type S3Config = NonNullable<StoreConfig['s3']>;

import { z } from 'zod';
import { FAULT_KINDS } from '../model/choices.js';
import { filePath, httpUrl, seconds, secret } from './primitives.js';

/** `payment-db:5432`; an IPv6 address in brackets. */
const target = z
  .string()
  .regex(/^(?:\[[0-9a-f:.]+\]|[^\s:/[\]]+):\d{1,5}$/iu, 'expected host:port, such as payment-db:5432');

const common = {
  /** Name in summaries. */
  id: z.string().min(1).max(60),
  /** The check runs when this service, or a service that has it as a dependency, is a suspect. */
  service: z.string().min(1).max(200),
  /** Which kind of fault a failure speaks for. @default what a check of this type can tell */
  speaksFor: z.enum(FAULT_KINDS).optional(),
  timeoutSeconds: seconds.max(30).default(5),
};

const check = z.discriminatedUnion('type', [
  z.strictObject({
    ...common,
    type: z.literal('http'),
    url: httpUrl,
    headers: z.record(z.string(), secret).default({}),
    /** Status codes from this on fail; a redirect counts with its own, since it is not followed. */
    statusBelow: z.number().int().min(100).max(600).default(400),
    /** A text that the first 64 KiB of the answer must hold. */
    contains: z.string().min(1).optional(),
  }),
  z.strictObject({ ...common, type: z.literal('tcp'), target }),
  z.strictObject({
    ...common,
    type: z.literal('dns'),
    hostname: z.string().min(1).max(253),
    /** Name server that is asked, by its address, with a port if it is not 53; the system's own way when left out. */
    server: z.string().min(1).optional(),
  }),
  z.strictObject({
    ...common,
    type: z.literal('tls'),
    target,
    /** Name that the certificate must be for. @default the host of the target */
    serverName: z.string().min(1).optional(),
    caFile: filePath.optional(),
    /** A certificate that ends sooner than this fails. */
    daysLeft: z.number().nonnegative().default(3),
  }),
  z.strictObject({
    ...common,
    type: z.literal('grpc'),
    target,
    /** Service that is asked about; the whole server when left out. */
    healthService: z.string().default(''),
    tls: z.boolean().default(false),
  }),
  z.strictObject({
    ...common,
    type: z.literal('postgres'),
    target,
    database: z.string().min(1),
    user: z.string().min(1),
    password: secret.optional(),
    tls: z.boolean().default(false),
  }),
  z.strictObject({
    ...common,
    type: z.literal('redis'),
    target,
    user: z.string().min(1).optional(),
    password: secret.optional(),
    tls: z.boolean().default(false),
  }),
  /** Gets a question as JSON on its standard input and answers with JSON on its standard output (docs/checks.md). */
  z.strictObject({
    ...common,
    type: z.literal('command'),
    command: z.array(z.string().min(1)).min(1).max(50),
  }),
]);
export type CheckConfig = z.infer<typeof check>;

/** Checks of one's own, beside those that metric packs bring. */
export const checks = z
  .strictObject({
    /**
     * What checks may connect to: a host name, with `*` for any characters of it, an address or a network
     * (`10.20.0.0/16`), each with a port if only that is allowed. Names alone never allow loopback, link-local or
     * metadata addresses: those are allowed by address.
     */
    allow: z.array(z.string().min(1)).default([]),
    /** At most 200; of those that fit a suspect 20 run. */
    list: z.array(check).max(200).default([]),
  })
  .superRefine(({ list }, context) => {
    const ids = new Set<string>();
    list.forEach(({ id }, i) => {
      if (ids.has(id))
        context.addIssue({
          code: 'custom',
          path: ['list', i, 'id'],
          message: `expected an id of its own, ${id} is taken`,
        });
      ids.add(id);
    });
  })
  .prefault({});
export type ChecksConfig = z.infer<typeof checks>;

import { z } from 'zod';
import { FAULT_KINDS } from '../model/choices.js';
import { filePath, httpUrl, seconds, secret, serverUrl } from './primitives.js';

/** `payment-db:5432`; an IPv6 address in brackets. */
const target = z
  .string()
  .regex(/^(?:\[[0-9a-f:.]+\]|[^\s:/[\]]+):\d{1,5}$/iu, 'expected host:port, such as payment-db:5432');

/** It becomes a part of the name of a task queue. */
export const zoneName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,39}$/u, 'expected at most 40 small letters, digits and hyphens, such as eu-2');

const common = {
  /** Name in summaries. */
  id: z.string().min(1).max(60),
  /** The check may run when this service is a suspect. */
  service: z.string().min(1).max(200),
  /** Which kind of fault a failure speaks for. @default what a check of this type can tell */
  speaksFor: z.enum(FAULT_KINDS).optional(),
  timeoutSeconds: seconds.max(30).default(5),
  /** Where it runs: on workers that were started with `--zone` and this name, near what is asked. */
  zone: zoneName.optional(),
};

/** Who asks, where a server wants to know. */
const login = { user: z.string().min(1), password: secret.optional() };

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
    ...login,
    tls: z.boolean().default(false),
    /**
     * Bytes that the database may take: 90 % of them fail. PostgreSQL does not know its disk: not asked if left out.
     */
    mostBytes: z.number().int().positive().optional(),
  }),
  /** MySQL or MariaDB. */
  z.strictObject({ ...common, type: z.literal('mysql'), target, ...login, tls: z.boolean().default(false) }),
  z.strictObject({
    ...common,
    type: z.literal('redis'),
    target,
    user: z.string().min(1).optional(),
    password: secret.optional(),
    tls: z.boolean().default(false),
  }),
  z.strictObject({
    ...common,
    type: z.literal('kafka'),
    /** Brokers that are asked first; those that they name must be allowed as well. */
    brokers: z.array(target).min(1).max(20),
    /** Group of consumers whose lag is looked at; without it the partitions alone are. */
    group: z.string().min(1).optional(),
    /** Lag of the group, in messages, from which it is trouble. */
    mostLag: z.number().int().positive().default(10_000),
    sasl: z
      .strictObject({ mechanism: z.enum(['plain', 'scram-sha-256', 'scram-sha-512']), ...login })
      .optional(),
    tls: z.boolean().default(false),
  }),
  z.strictObject({
    ...common,
    type: z.literal('rabbitmq'),
    /** Address of its management plugin: `http://rabbitmq:15672`. */
    url: serverUrl,
    ...login,
    vhost: z.string().min(1).default('/'),
    /** Messages of one queue from which it is trouble. */
    mostMessages: z.number().int().positive().default(10_000),
  }),
  /** One query to the metrics source; the value nearest to failing counts. */
  z.strictObject({
    ...common,
    type: z.literal('promql'),
    /** `$name` in it stands for the suspect. */
    query: z.string().trim().min(1).max(5000),
    failsWhen: z.strictObject({ op: z.enum(['>', '>=', '<', '<=']), value: z.number() }),
    /** `1` is written as a percentage, `s` and `bytes` with a fitting prefix. */
    unit: z.string().max(20).default(''),
  }),
  /** Gets a question as JSON on its standard input and answers with JSON on its standard output (docs/checks.md). */
  z.strictObject({
    ...common,
    type: z.literal('command'),
    command: z.array(z.string().min(1)).min(1).max(50),
  }),
]);
export type CheckConfig = z.infer<typeof check>;

const checkModule = z.strictObject({
  file: filePath,
  /** What its checks need, such as addresses: they get nothing else of the worker. */
  settings: z.record(z.string(), z.string()).default({}),
  /** The same for what is never shown, such as passwords. */
  secrets: z.record(z.string(), secret).default({}),
  zone: zoneName.optional(),
});
export type CheckModuleConfig = z.infer<typeof checkModule>;

/** Checks of one's own, beside those that metric packs bring. */
export const checks = z
  .strictObject({
    /**
     * What checks may connect to: a host name, with `*` for any characters of it, an address or a network
     * (`10.20.0.0/16`), each with a port if only that is allowed. Names alone never allow loopback, link-local or
     * metadata addresses: those are allowed by address.
     */
    allow: z.array(z.string().min(1)).default([]),
    /** At most 200. */
    list: z.array(check).max(200).default([]),
    /** Files with checks of one's own, made with `defineCheck` (docs/checks.md). */
    modules: z.array(checkModule).max(50).default([]),
    /** How many checks of all suspects run in one investigation, those of metric packs among them, ... */
    most: z.number().int().positive().max(50).default(20),
    /** ... and what they may take together, each at its longest and four at a time. */
    budgetSeconds: seconds.max(300).default(60),
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

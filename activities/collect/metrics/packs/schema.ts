import { z } from 'zod';
import { changeKind } from '../../../../model/change.js';
import { faultKind } from '../../../../model/diagnosis.js';
import { signalKind } from '../../../../model/series.js';

/*
 * The form of a metric pack's file; packs/README.md explains it with an example. A pack says in PromQL where one
 * kind of instrumentation keeps what a diagnosis wants to know.
 */

const slug = z.string().regex(/^[a-z][a-z0-9-]*$/);
/** A label, or a variable of the pack that holds one. */
const labelName = z.string().regex(/^\$?[a-zA-Z_][a-zA-Z0-9_]*$/);
const metricName = z.string().regex(/^[a-zA-Z_:][a-zA-Z0-9_:]*$/);
const variables = z.record(z.string().regex(/^[a-z][a-zA-Z]*$/), z.string());
const promql = z.string().trim().min(1);
/** A metric's name, in which the pack's variables may stand. */
const metricTemplate = z.string().regex(/^[a-zA-Z_:$][a-zA-Z0-9_:${}]*$/);
/** What may stand between the braces of a selector. */
const matchers = z.string().trim().min(1);

/** Kubernetes makes the hashes of replica sets and pods of these letters. */
const HASHED = '[bcdfghjklmnpqrstvwxz2456789]';
/** `name-<replica set>-<pod>`, `name-<pod>` or `name-<ordinal>`. */
const POD = `$name(?:-${HASHED}{6,10})?-(?:${HASHED}{5}|[0-9]+)`;
/** A host name, which may be a pod's, with its port; of several of one service, such as `web-1`, without the number. */
const ADDRESS = `$name(?:-${HASHED}{6,10}-${HASHED}{5})?(?:-?[0-9]+)?(?:[.][^:]*)?(?::[0-9]+)?`;

/**
 * Metrics by which a pack is recognised: every one of `all` and, when given, one of `any` and one whose whole name
 * the pattern `like` (RE2) fits.
 */
const detection = z
  .strictObject({
    all: z.array(metricName).default([]),
    any: z.array(metricName).default([]),
    like: z.string().min(1).optional(),
  })
  .refine(
    ({ all, any, like }) => all.length + any.length > 0 || like !== undefined,
    'expected at least one metric under all or any, or a pattern under like',
  );
export type Detection = z.infer<typeof detection>;

/** A label that may name a service, or the part of its value that does: `$name` in the pattern stands for it. */
const serviceLabel = z
  .union([
    labelName,
    z.strictObject({
      label: labelName,
      pattern: z.string().refine((text) => text.includes('$name'), 'expected a pattern that holds $name'),
    }),
  ])
  .transform((value) => (typeof value === 'string' ? { label: value, pattern: undefined } : value));
export type ServiceLabel = z.infer<typeof serviceLabel>;

/**
 * Labels by which instrumentation of services names them where a pack does not say otherwise. `exported_*` is what a
 * target says of itself where the scraper has put its own beside it; `job` is often but the scraper's name for many
 * services, which pods and addresses tell apart.
 */
export const SERVICE_LABELS = [
  ...['service_name', 'exported_service', 'service', 'application', 'app', 'app_kubernetes_io_name'],
  ...['exported_job', 'job'],
  { label: 'pod', pattern: POD },
  { label: 'kubernetes_pod_name', pattern: POD },
  { label: 'instance', pattern: ADDRESS },
];

/** Labels that may name a service or a host, the best first: the first that most series carry is used. */
const labels = z.strictObject({
  service: z.array(serviceLabel).prefault(SERVICE_LABELS),
  host: z.array(labelName).default([]),
});

/** How a query is narrowed to services or hosts: by a matcher on this label, `$names` being `a|b|c`. */
const selection = z.strictObject({
  label: labelName,
  pattern: z
    .string()
    .refine((pattern) => pattern.includes('$names'), 'expected a pattern that holds $names')
    .default('$names'),
});

/** Where a query's subject differs from the pack's labels. */
const reading = {
  /** Label that names the service (the host, for `of: host`) in the answer. */
  label: labelName.optional(),
  select: selection.optional(),
};

const signal = z
  .strictObject({
    /** What is measured: two packs that measure one thing give it one id, and the first pack's is taken. */
    id: slug,
    /** For display: `latency p95`. */
    name: z.string().min(1),
    signal: signalKind,
    of: z.enum(['service', 'edge', 'host']),
    /** Label of the callee, for `of: edge`; the service's label names the caller. */
    callee: labelName.optional(),
    unit: z.string().min(1),
    worse: z.enum(['up', 'down', 'either']),
    perspective: z.enum(['server', 'client', 'self']),
    family: z.enum(['golden', 'edges', 'resources', 'hosts']),
    query: promql,
    ...reading,
  })
  .refine(({ of, callee }) => (of === 'edge') === (callee !== undefined), {
    path: ['callee'],
    message: 'expected the label of the callee where `of` is edge, and only there',
  })
  .refine(
    ({ of, family }) => (of === 'edge') === (family === 'edges') && (of === 'host') === (family === 'hosts'),
    {
      path: ['family'],
      message: 'expected edges for edges, hosts for hosts, golden or resources for services',
    },
  );
export type SignalSpec = z.infer<typeof signal>;

/** Which service calls which: one series for each pair. */
const edge = z.strictObject({ query: promql, callee: labelName, ...reading });
export type EdgeSpec = z.infer<typeof edge>;

/** What runs where: one series for each pair. */
const placement = z.strictObject({ query: promql, host: labelName.optional(), ...reading });

/** A step that means that something was changed. */
const change = z
  .strictObject({
    id: slug,
    kind: changeKind,
    /**
     * `label-appears`: a value of `valueLabel` is there that was not before. `value-changes`: the sample differs
     * from the one before. `age-resets`: the sample is an age in seconds, and fell.
     */
    when: z.enum(['label-appears', 'value-changes', 'age-resets']),
    valueLabel: labelName.optional(),
    /** `$name` is the service, `$from` and `$to` are the two values. */
    title: z.string().min(1),
    query: promql,
    ...reading,
  })
  .refine(({ when, valueLabel }) => (when === 'label-appears') === (valueLabel !== undefined), {
    path: ['valueLabel'],
    message: 'expected the label to watch where `when` is label-appears, and only there',
  });
export type ChangeSpec = z.infer<typeof change>;

const check = z.strictObject({
  id: slug,
  of: z.enum(['service', 'host']).default('service'),
  /** Only for services outside our own control: what their callers see. */
  onlyExternal: z.boolean().default(false),
  /** The fault kind that a failure speaks for; null when it says only that something is wrong. */
  speaksFor: faultKind.nullable(),
  /** One number for the service; the worst of several counts. */
  query: promql,
  failsWhen: z.strictObject({ op: z.enum(['>', '>=', '<', '<=']), value: z.number() }),
  /** `1` is written as a percentage, `s` and `bytes` with a fitting prefix. */
  unit: z.string().min(1),
  /** `$value`, `$limit` and `$name` are filled in. */
  statement: z.strictObject({ failed: z.string().min(1), passed: z.string().min(1) }),
  ...reading,
});
export type CheckSpec = z.infer<typeof check>;

const UNITS = ['s', 'ms', 'us', 'ns'] as const;
export type TimeUnit = (typeof UNITS)[number];

export function isTimeUnit(text: string): text is TimeUnit {
  return (UNITS as readonly string[]).includes(text);
}

/** Requests of one kind that one metric counts and, mostly, another times: what most instrumentation knows. */
const requestCounts = {
  /** Goes before the ids and names of the signals, where a service has requests of several kinds: `RPC`. */
  name: z.string().min(1).optional(),
  /** The counter. */
  count: metricTemplate,
  /** What times them: its name without `_bucket`, `_sum`, `_count`. */
  duration: metricTemplate.optional(),
  /** `histogram` has buckets; `summary` has quantiles that each process computes for itself. */
  timedBy: z.enum(['histogram', 'summary']).default('histogram'),
  /** Unit of what times them, or a variable of the pack that holds it. */
  unit: z.union([z.enum(UNITS), z.string().regex(/^\$[a-z][a-zA-Z]*$/)]).default('s'),
  /** Further matchers of all these metrics. */
  only: matchers.optional(),
  /** How it is known which failed; without it nothing is said of errors. */
  outcomes: z
    .strictObject({
      /** The counter that tells, where it is not `count`. */
      count: metricTemplate.optional(),
      /** Matchers of what failed; whatever one of them fits did. Without them `count` counts nothing but failures. */
      failed: z.array(matchers).optional(),
      /** Matchers of what tells how it ended at all: of others no error ratio is given, rather than a ratio of 0. */
      told: z.array(matchers).optional(),
    })
    .refine(({ count, failed }) => count !== undefined || failed !== undefined, {
      path: ['failed'],
      message: 'expected matchers of what failed, or a counter of failures under count',
    })
    .optional(),
  ...reading,
};

/** Requests that services serve. */
const servedRequests = z.strictObject(requestCounts);
/** Requests that services send: the series name both sides. */
const sentRequests = z.strictObject({
  ...requestCounts,
  /** Label of the callee; of several labels the first that a series has. */
  callee: z.union([labelName, z.array(serviceLabel).min(1)]),
});
export type RequestSpec = z.infer<typeof servedRequests> & {
  callee?: z.infer<typeof sentRequests>['callee'];
};

/** Labels that may name callees, the best first, and the metric that has them. */
export interface CalleeLabels {
  metric: string;
  labels: readonly ServiceLabel[];
}

const variant = z.strictObject({
  name: slug,
  about: z.string().min(1).optional(),
  detect: detection,
  set: variables.default({}),
  labels: labels.optional(),
});

/** A pack's file. */
export const packFile = z
  .strictObject({
    name: slug,
    about: z.string().min(1),
    /** Of two packs that know the same signal of a service, the one with the lower number is believed. */
    priority: z.number().int().default(50),
    detect: detection.optional(),
    /** One instrumentation under several names, the preferred first; each becomes a pack `name/variant`. */
    variants: z.array(variant).default([]),
    labels: labels.prefault({}),
    select: selection.optional(),
    /** Own variables for the queries: `$name` or `${name}`. */
    set: variables.default({}),
    /** What is served, and the calls that are made: written out as signals, edges and checks. */
    requests: z.array(servedRequests).default([]),
    calls: z
      .array(sentRequests)
      .refine(
        (calls) => calls.filter(({ callee }) => Array.isArray(callee)).length <= 1,
        'expected one with a list of labels of callees at most',
      )
      .default([]),
    /** Requests that `signals` measure by queries of their own, so that they can be told apart by slice too. */
    slices: z.array(servedRequests).default([]),
    signals: z.array(signal).default([]),
    edges: z.array(edge).default([]),
    placements: z.array(placement).default([]),
    changes: z.array(change).default([]),
    checks: z.array(check).default([]),
  })
  .refine(({ detect, variants }) => (detect === undefined) === variants.length > 0, {
    path: ['detect'],
    message: 'expected either detect or variants (with a detect each)',
  });
export type PackFile = z.infer<typeof packFile>;

/** A pack ready for use: one variant of a file, its own variables filled in. */
export interface Pack extends Omit<PackFile, 'variants' | 'set' | 'detect' | 'requests' | 'calls'> {
  detect: z.infer<typeof detection>;
  callees: CalleeLabels | null;
  /** The native histogram by which it is recognised; left out by a pack that reads classic ones. */
  native?: string;
  /** All requests that it says are served, whether its signals are written out of them or not. */
  slices: RequestSpec[];
  /** Where it was read, for messages. */
  file: string;
}
export type Selection = z.infer<typeof selection>;

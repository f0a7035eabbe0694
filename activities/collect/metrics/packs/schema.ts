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

/** Metrics by which a pack is recognised: every one of `all` and, when given, one of `any`. */
const detection = z
  .strictObject({ all: z.array(metricName).default([]), any: z.array(metricName).default([]) })
  .refine(({ all, any }) => all.length + any.length > 0, 'expected at least one metric under all or any');

/** Labels that may name a service or a host, the best first: the first that most series carry is used. */
const labels = z.strictObject({
  service: z.array(labelName).default([]),
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
export interface Pack extends Omit<PackFile, 'variants' | 'set' | 'detect'> {
  detect: z.infer<typeof detection>;
  /** Where it was read, for messages. */
  file: string;
}
export type Selection = z.infer<typeof selection>;

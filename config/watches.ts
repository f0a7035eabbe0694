import { z } from 'zod';
import { severity, symptomKind } from '../model/anomaly.js';
import { seconds } from './primitives.js';

/** Windows and burn rates that page within 2 % and 5 % of a month's budget (Google SRE Workbook, chapter 5). */
const USUAL_BURNS = [
  { longSeconds: 3600, shortSeconds: 300, factor: 14.4 },
  { longSeconds: 6 * 3600, shortSeconds: 1800, factor: 6 },
];

const promql = z.string().trim().min(1);

/** What is watched: a golden signal of a service, as the metric packs know it, or queries of one's own. */
const subject = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('signal'),
    service: z.string().min(1),
    signal: z.enum(['latency', 'errors', 'traffic']),
  }),
  /** Every series of the answer is watched by itself; a label of `webhook.serviceLabels` names its service. */
  z.strictObject({ type: z.literal('query'), query: promql, service: z.string().min(1).optional() }),
  /** Two rates, of what went wrong and of everything: their ratio is watched. */
  z.strictObject({
    type: z.literal('ratio'),
    bad: promql,
    total: promql,
    service: z.string().min(1).optional(),
  }),
]);

const threshold = z
  .strictObject({ type: z.literal('threshold'), above: z.number().optional(), below: z.number().optional() })
  .refine(({ above, below }) => above !== undefined || below !== undefined, 'expected above, below or both');

const burnRate = z.strictObject({
  type: z.literal('burn-rate'),
  /** Share of requests that should go well: 0.999. */
  objective: z.number().gt(0).lt(1),
  /** It fires when both windows of a pair burn the budget this many times too fast. */
  windows: z
    .array(
      z
        .strictObject({ longSeconds: seconds, shortSeconds: seconds, factor: z.number().positive() })
        .refine(({ longSeconds, shortSeconds }) => shortSeconds < longSeconds, {
          path: ['shortSeconds'],
          message: 'expected less than longSeconds',
        }),
    )
    .min(1)
    .default(USUAL_BURNS),
});

const strangeness = {
  direction: z.enum(['up', 'down', 'either']).default('either'),
  /** The stretch that is judged, up to now. */
  windowSeconds: seconds.default(300),
  /** The calm before it that it is compared with. */
  baselineSeconds: seconds.default(3600),
  /** How rare in the calm: 5 fires where calm data would do the same once in 100,000 windows (-log10 of the chance). */
  rarity: z.number().positive().max(8).default(5),
  /** Smallest change worth telling, as a share of what was expected. */
  leastChange: z.number().nonnegative().default(0.2),
};

const level = z.strictObject({ type: z.literal('level'), ...strangeness });

const seasonal = z.strictObject({
  type: z.literal('seasonal'),
  ...strangeness,
  /** Days back whose same hour says what to expect. */
  days: z.array(z.number().int().positive()).min(1).max(4).default([1, 7]),
});

const method = z.discriminatedUnion('type', [threshold, burnRate, level, seasonal]);

const watch = z
  .strictObject({
    /** Name of its schedule and of the anomalies that it raises. */
    name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,60}$/, 'expected small letters, digits and dashes'),
    of: subject,
    method,
    everySeconds: seconds.min(5).default(60),
    /** How long it must be so before it fires. */
    forSeconds: z.number().nonnegative().default(60),
    /** How long it must be well before it is over. */
    clearSeconds: z.number().nonnegative().default(300),
    severity: severity.default('warning'),
    /** What people would call it; follows from the signal when left out. */
    symptom: symptomKind.optional(),
  })
  .refine(({ of, method }) => method.type !== 'burn-rate' || of.type !== 'signal' || of.signal === 'errors', {
    path: ['of', 'signal'],
    message: 'expected errors: a burn rate is of an error budget (give bad and total for another one)',
  });
export type Watch = z.infer<typeof watch>;

/** What Faultline watches by itself; each runs on a Temporal Schedule of its own. */
export const watches = z
  .array(watch)
  .superRefine((list, context) => {
    list.forEach(({ name }, i) => {
      const first = list.findIndex((other) => other.name === name);
      if (first === i) return;
      const message = `watches[${first}] has the name '${name}' already; give each its own`;
      context.addIssue({ code: 'custom', path: [i, 'name'], message });
    });
  })
  .default([]);

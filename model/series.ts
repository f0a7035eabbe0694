import { z } from 'zod';

/** What a series measures: one of the golden signals, or a resource. */
export const signalKind = z.enum([
  'latency',
  'errors',
  'traffic',
  'saturation',
  'cpu',
  'memory',
  'disk',
  'network',
  'connections',
  'availability',
  'other',
]);
export type SignalKind = z.infer<typeof signalKind>;

/** Whom a series is about. */
export const subject = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('service'), service: z.string() }),
  z.object({ kind: z.literal('edge'), caller: z.string(), callee: z.string() }),
  z.object({ kind: z.literal('host'), host: z.string() }),
]);
export type Subject = z.infer<typeof subject>;

/** Everything about a series but its samples; small enough to travel with evidence. */
export const seriesMeta = z.object({
  /** Unique within one diagnosis, readable: `checkout/latency-p95`. */
  id: z.string(),
  subject,
  signal: signalKind,
  /** The metric's name for display: `latency p95`. */
  name: z.string(),
  /** Base units: `s`, `1` (a ratio from 0 to 1), `req/s`, `bytes`, `cores`, ... */
  unit: z.string(),
  /** Which direction is bad in itself. */
  worse: z.enum(['up', 'down', 'either']),
  /**
   * Who measured: the service about the work it serves (`server`), about calls it makes to others (`client`),
   * or its runtime and resources (`self`).
   */
  perspective: z.enum(['server', 'client', 'self']),
  /** The query that gives this series again, and the source that answered it. */
  query: z.string(),
  source: z.string(),
  /**
   * Set when this is the series `of` as it was `bySeconds` earlier, its times moved into the window: what the same
   * hour was like yesterday or last week. It is nobody's symptom, only what season explains.
   */
  earlier: z.object({ of: z.string(), bySeconds: z.number().positive() }).optional(),
});
export type SeriesMeta = z.infer<typeof seriesMeta>;

/**
 * One measured signal of one subject. `times` (unix seconds, ascending) may be shared between series;
 * `values` has the same length, with NaN where there is no sample.
 */
export interface Series extends SeriesMeta {
  times: Float64Array;
  values: Float64Array;
}

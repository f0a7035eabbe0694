import { z } from 'zod';
import { filePath, httpUrl, outgoingAuth, seconds, secret, serverUrl, tls } from './primitives.js';

/** An incident asks every source side by side: more of them are better joined by Thanos, Mimir or the like. */
export const MOST_METRICS_SOURCES = 20;

const names = z.array(z.string().min(1)).default([]);

/** The part of the estate that a source has metrics of; an empty list stands for any. Letter case does not count. */
const covers = z
  .strictObject({
    /** Alerts of other clusters do not ask this source. */
    clusters: names,
    /** The same of environments. */
    environments: names,
    /** Where its metrics have no label of a namespace, a single one here is theirs. */
    namespaces: names,
    /** Services whose metrics are taken from it; `*` stands for any part of a name. */
    services: names,
  })
  .prefault({});
export type Covers = z.infer<typeof covers>;

const prometheusSource = z.strictObject({
  type: z.literal('prometheus'),
  /** Name in reports and gaps. */
  name: z.string().min(1).default('prometheus'),
  /** Base address; Mimir's /prometheus and VictoriaMetrics' /select/... prefixes belong to it. */
  url: serverUrl,
  auth: outgoingAuth.default({ type: 'none' }),
  tls,
  /** Sent as X-Scope-OrgID (Mimir, Cortex). */
  tenant: z.string().min(1).optional(),
  headers: z.record(z.string(), secret).default({}),
  /** How long one query may take, from when it is sent. */
  timeoutSeconds: seconds.default(30),
  /**
   * Queries that one worker has under way at this source; others wait, and their time has not begun. Prometheus
   * answers 20 at a time by default, and dashboards need theirs. As many collecting activities run at a time.
   */
  maxConcurrentQueries: z.number().int().min(1).max(100).default(8),
  covers,
  /** Page on which people look at these metrics, linked in every summary; no link when left out. */
  publicUrl: httpUrl.optional(),
});
export type PrometheusSourceConfig = z.infer<typeof prometheusSource>;

const recordingSource = z.strictObject({
  type: z.literal('recording'),
  name: z.string().min(1).default('recording'),
  /** File made by `npm run record`. */
  file: filePath,
  /** Plays the recording as if its alert began at this moment (unix seconds); as recorded when left out. */
  playAt: z.number().positive().optional(),
});
export type RecordingSourceConfig = z.infer<typeof recordingSource>;

const metricsSource = z.discriminatedUnion('type', [prometheusSource, recordingSource]);
export type MetricsSourceConfig = z.infer<typeof metricsSource>;

/** Where metrics are read: one source, or a list of them, such as one for each cluster, region or team. */
export const metrics = z
  .union([metricsSource, z.array(metricsSource).min(1).max(MOST_METRICS_SOURCES)])
  .transform((given) => (Array.isArray(given) ? given : [given]));

import { z } from 'zod';
import { TRACE_ID, type TraceSourceConfig } from '../../../config/traces.js';
import type { Limits } from '../attempt.js';
import { HttpSource } from '../http-source.js';
import { QueryTooHeavy } from '../metrics/source/errors.js';
import { MAX_ANSWER_BYTES, MAX_TRACES } from './limits.js';
import {
  failedBy,
  KEPT_ATTRIBUTES,
  type RawSpan,
  type SpanKind,
  type TimeSpan,
  type TraceAnswer,
  type TraceQuery,
  type TraceSource,
} from './source.js';

export type OpenSearchConfig = Extract<TraceSourceConfig, { type: 'opensearch' }>;

/** What an index gives at once by default (index.max_result_window). */
const MAX_HITS = 10_000;

/** Traces whose spans are asked for at a time, so that spans of ordinary traces fit into one answer. */
const TRACES_AT_ONCE = 20;

/** OpenSearch gives no more groups of an aggregation (search.max_buckets is larger, memory is what counts). */
const MAX_SERVICES = 10_000;

const services = z.object({
  aggregations: z
    .object({ services: z.object({ buckets: z.array(z.object({ key: z.string() })) }) })
    .optional(),
});
const found = z.object({
  hits: z.object({ hits: z.array(z.object({ _source: z.object({ traceId: z.string() }) })) }),
});
const document = z.record(z.string(), z.unknown());
const spans = z.object({
  hits: z.object({
    total: z.object({ value: z.number() }),
    hits: z.array(z.object({ _source: document })),
  }),
});
const span = z.object({
  traceId: z.string(),
  spanId: z.string(),
  parentSpanId: z.string().nullish(),
  name: z.string().default(''),
  kind: z.string().default(''),
  serviceName: z.string().default(''),
  startTime: z.string(),
  durationInNanos: z.number(),
});

/** Spans in OpenSearch, as Data Prepper writes them (otel-v1-apm-span-*). */
export class OpenSearchSource implements TraceSource {
  readonly name: string;
  readonly mostTraces = MAX_TRACES;
  private readonly api: HttpSource;
  private readonly path: string;

  constructor(private readonly config: OpenSearchConfig) {
    this.name = config.name;
    this.path = `/${encodeURIComponent(config.index)}/_search`;
    this.api = new HttpSource(config, {
      setting: `traces.${config.name}`,
      mostBytes: MAX_ANSWER_BYTES,
    });
  }

  async services({ from, until }: TimeSpan, limits: Limits): Promise<string[]> {
    const json = {
      size: 0,
      query: { bool: { filter: [startsWithin(from, until)] } },
      aggs: { services: { terms: { field: 'serviceName', size: MAX_SERVICES } } },
    };
    const request = { path: this.path, operation: 'list of services', json };
    const { content } = await this.api.get(request, services, limits);
    return (content.aggregations?.services.buckets ?? []).map(({ key }) => key);
  }

  async find(query: TraceQuery, limits: Limits): Promise<TraceAnswer> {
    const json = {
      size: query.most,
      query: { bool: { filter: filterOf(query) } },
      sort: [{ startTime: 'desc' }],
      collapse: { field: 'traceId' },
      _source: ['traceId'],
    };
    const request = { path: this.path, operation: 'search for traces', json };
    const { content, bytes } = await this.api.get(request, found, limits);
    const ids = content.hits.hits.map(({ _source }) => _source.traceId);
    const answer: TraceAnswer = { traces: [], bytes };
    for (let first = 0; first < ids.length; first += TRACES_AT_ONCE) {
      const part = await this.wholeTraces(ids.slice(first, first + TRACES_AT_ONCE), limits);
      answer.traces.push(...part.traces);
      answer.bytes += part.bytes;
    }
    return answer;
  }

  /** Data Prepper's service map has pairs without counts or times; calls are learnt from traces instead. */
  calls(): Promise<null> {
    return Promise.resolve(null);
  }

  pageOf(traceId: string): string | null {
    return this.config.publicUrl?.replaceAll(TRACE_ID, traceId) ?? null;
  }

  close(): void {
    this.api.close();
  }

  private async wholeTraces(ids: readonly string[], limits: Limits): Promise<TraceAnswer> {
    const operation = 'spans of traces';
    const json = { size: MAX_HITS, query: { terms: { traceId: ids } }, track_total_hits: true };
    const { content, bytes } = await this.api.get({ path: this.path, operation, json }, spans, limits);
    if (content.hits.total.value > MAX_HITS) {
      const reason = `${ids.length} traces have ${content.hits.total.value} spans, and one answer holds ${MAX_HITS}`;
      throw new QueryTooHeavy({ operation, endpoint: this.path }, reason);
    }
    const byTrace = new Map<string, RawSpan[]>(ids.map((id) => [id, []]));
    for (const { _source } of content.hits.hits) {
      const raw = rawSpan(_source);
      if (raw !== null) byTrace.get(raw.traceId)?.push(raw);
    }
    return { traces: [...byTrace].map(([traceId, own]) => ({ traceId, spans: own })), bytes };
  }
}

function filterOf({ service, operation, from, until, which }: TraceQuery): object[] {
  return [
    { term: { serviceName: service } },
    startsWithin(from, until),
    ...(operation === null ? [] : [{ term: { name: operation } }]),
    ...(which === 'failing' ? [{ term: { 'status.code': 2 } }] : []),
    ...(typeof which === 'object'
      ? [{ range: { durationInNanos: { gte: Math.round(which.slowerThan * 1e9) } } }]
      : []),
  ];
}

function startsWithin(from: number, until: number): object {
  const iso = (time: number): string => new Date(time * 1000).toISOString();
  return { range: { startTime: { gte: iso(from), lte: iso(until) } } };
}

const KINDS: readonly SpanKind[] = ['server', 'client', 'producer', 'consumer'];

/** Null for a document that is no span. */
function rawSpan(source: z.infer<typeof document>): RawSpan | null {
  const parsed = span.safeParse(source);
  if (!parsed.success) return null;
  const { traceId, spanId, parentSpanId, name, kind, serviceName, startTime, durationInNanos } = parsed.data;
  const all = textsOf(source);
  const attributes: Record<string, string> = {};
  const resource: Record<string, string> = {};
  for (const [path, text] of Object.entries(all)) {
    const [, isOfResource, key] = /^(resource\.|span\.)?attributes\.(.+)$/.exec(path) ?? [];
    if (key === undefined) continue;
    // Data Prepper writes dots of a key as at signs.
    const dotted = key.replaceAll('@', '.');
    if (isOfResource === 'resource.') resource[dotted] = text;
    else if (KEPT_ATTRIBUTES.has(dotted)) attributes[dotted] = text;
  }
  return {
    traceId,
    spanId,
    parentId: parentSpanId ? parentSpanId : null,
    name,
    kind: KINDS.find((one) => kind.toUpperCase().endsWith(one.toUpperCase())) ?? 'internal',
    start: unixOf(startTime),
    duration: durationInNanos / 1e9,
    failed: all['status.code'] === '2' || failedBy(attributes) === true,
    resource: serviceName === '' ? resource : { ...resource, 'service.name': serviceName },
    attributes,
  };
}

/** Unix seconds of an ISO time with nanoseconds, of which `Date` reads the milliseconds only. */
function unixOf(time: string): number {
  const [, whole = '', fraction = ''] = /^(.{19})(\.\d+)?/.exec(time) ?? [];
  return Date.parse(`${whole}Z`) / 1000 + Number(fraction || 0);
}

/** Every text, number and truth value of a document under its path; documents may be nested or flat. */
function textsOf(source: Record<string, unknown>, prefix = ''): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const [key, value] of Object.entries(source)) {
    const path = prefix + key;
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      Object.assign(texts, textsOf(value as Record<string, unknown>, `${path}.`));
    } else if (['string', 'number', 'boolean'].includes(typeof value)) {
      texts[path] = String(value);
    }
  }
  return texts;
}

import { z } from 'zod';
import type { TraceSourceConfig } from '../../../config/traces.js';
import type { Limits } from '../attempt.js';
import { HttpSource } from '../http-source.js';
import { MAX_ANSWER_BYTES, MAX_SERVICE_NAMES, MAX_TRACES } from './limits.js';
import {
  failedBy,
  KEPT_ATTRIBUTES,
  type CountedCall,
  type RawSpan,
  type RawTrace,
  type SpanKind,
  type TimeSpan,
  type TraceAnswer,
  type TraceQuery,
  type TraceSource,
} from './source.js';

export type JaegerConfig = Extract<TraceSourceConfig, { type: 'jaeger' }>;

const tags = z.array(z.object({ key: z.string(), value: z.unknown() })).nullish();
const span = z.object({
  traceID: z.string(),
  spanID: z.string(),
  operationName: z.string(),
  references: z
    .array(z.object({ refType: z.string().optional(), traceID: z.string(), spanID: z.string() }))
    .nullish(),
  /** Microseconds, as all of Jaeger's times. */
  startTime: z.number(),
  duration: z.number(),
  tags,
  processID: z.string().optional(),
});
const traces = z.object({
  data: z.array(
    z.object({
      traceID: z.string(),
      spans: z.array(span),
      processes: z.record(z.string(), z.object({ serviceName: z.string(), tags })),
    }),
  ),
});
/** A Jaeger that holds nothing yet answers `null`. */
const names = z.object({ data: z.array(z.string()).nullable() });
const dependencies = z.object({
  data: z
    .array(z.object({ parent: z.string(), child: z.string(), callCount: z.number().optional() }))
    .nullable(),
});

/** Jaeger's query API, as its own page uses it (/api/traces, /api/services, /api/dependencies). */
export class JaegerSource implements TraceSource {
  readonly name: string;
  readonly mostTraces = MAX_TRACES;
  private readonly api: HttpSource;

  constructor(private readonly config: JaegerConfig) {
    this.name = config.name;
    this.api = new HttpSource(config, { setting: `traces.${config.name}`, mostBytes: MAX_ANSWER_BYTES });
  }

  async services(_window: TimeSpan, limits: Limits): Promise<string[]> {
    const { content } = await this.api.get(
      { path: '/api/services', operation: 'list of services' },
      names,
      limits,
    );
    return (content.data ?? []).slice(0, MAX_SERVICE_NAMES);
  }

  async find(query: TraceQuery, limits: Limits): Promise<TraceAnswer> {
    const request = { path: '/api/traces', operation: 'search for traces', params: paramsOf(query) };
    const { content, bytes } = await this.api.get(request, traces, limits);
    return { traces: content.data.map(rawTrace), bytes };
  }

  /** What Jaeger's storage counts; with Elasticsearch and Cassandra a job of its own has to run for it. */
  async calls({ from, until }: TimeSpan, limits: Limits): Promise<CountedCall[]> {
    const params = { endTs: millis(until), lookback: millis(until - from) };
    const request = { path: '/api/dependencies', operation: 'calls between services', params };
    const { content } = await this.api.get(request, dependencies, limits);
    return (content.data ?? []).map(({ parent, child, callCount }) => ({
      caller: parent,
      callee: child,
      count: callCount ?? null,
    }));
  }

  pageOf(traceId: string): string | null {
    const { publicUrl } = this.config;
    return publicUrl === undefined ? null : `${publicUrl.replace(/\/+$/, '')}/trace/${traceId}`;
  }

  close(): void {
    this.api.close();
  }
}

function paramsOf({ service, operation, from, until, which, most }: TraceQuery): Record<string, string> {
  return {
    service,
    ...(operation !== null && { operation }),
    start: micros(from),
    end: micros(until),
    limit: String(most),
    ...(which === 'failing' && { tags: '{"error":"true"}' }),
    ...(typeof which === 'object' && { minDuration: `${Math.round(which.slowerThan * 1e6)}us` }),
  };
}

function rawTrace({ traceID, spans, processes }: z.infer<typeof traces>['data'][number]): RawTrace {
  const resources = new Map(
    Object.entries(processes).map(([id, { serviceName, tags }]) => [
      id,
      { ...textsOf(tags), 'service.name': serviceName },
    ]),
  );
  return {
    traceId: idOf(traceID),
    spans: spans.map((one) => rawSpan(one, resources.get(one.processID ?? '') ?? {})),
  };
}

const KINDS: readonly SpanKind[] = ['server', 'client', 'producer', 'consumer'];

function rawSpan(one: z.infer<typeof span>, resource: Record<string, string>): RawSpan {
  const own = textsOf(one.tags, KEPT_ATTRIBUTES);
  const here = (one.references ?? []).filter(({ traceID }) => idOf(traceID) === idOf(one.traceID));
  const parent = here.find(({ refType }) => refType === 'CHILD_OF') ?? here[0];
  return {
    traceId: idOf(one.traceID),
    spanId: one.spanID.toLowerCase(),
    parentId: parent ? parent.spanID.toLowerCase() : null,
    name: one.operationName,
    kind: KINDS.find((kind) => kind === own['span.kind']) ?? 'internal',
    start: one.startTime / 1e6,
    duration: one.duration / 1e6,
    // Jaeger keeps a status only where it is an error.
    failed: failedBy(own) ?? false,
    resource,
    attributes: own,
  };
}

function textsOf(list: z.infer<typeof tags>, kept?: ReadonlySet<string>): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const { key, value } of list ?? []) {
    const isPlain = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
    if (isPlain && (kept?.has(key) ?? true)) texts[key] = String(value);
  }
  return texts;
}

/** Ids of 64 bits come with and without their leading zeros. */
function idOf(id: string): string {
  return id.toLowerCase().padStart(32, '0');
}

const micros = (seconds: number): string => String(Math.round(seconds * 1e6));
const millis = (seconds: number): string => String(Math.round(seconds * 1e3));

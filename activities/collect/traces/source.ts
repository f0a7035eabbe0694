import type { Limits } from '../attempt.js';

export type SpanKind = 'server' | 'client' | 'producer' | 'consumer' | 'internal';

/** One span as a source gives it. Ids are lower-case hex. */
export interface RawSpan {
  traceId: string;
  spanId: string;
  /** Null for one that has no parent. */
  parentId: string | null;
  name: string;
  kind: SpanKind;
  /** Unix seconds. */
  start: number;
  /** Seconds. */
  duration: number;
  /** Whether it failed; null when the source does not say. */
  failed: boolean | null;
  /** What OpenTelemetry says of the process: `service.name`, `k8s.deployment.name` ... */
  resource: Record<string, string>;
  /** Of the span's own attributes those that `KEPT_ATTRIBUTES` names. */
  attributes: Record<string, string>;
}

/** All spans that a source has of one trace. */
export interface RawTrace {
  traceId: string;
  spans: RawSpan[];
}

/** Which traces are wanted: those with a span that all of this holds for. */
export interface TraceQuery {
  /** As the source writes it. */
  service: string;
  /** Null for any. */
  operation: string | null;
  /** When the span starts; unix seconds. */
  from: number;
  until: number;
  /** `any` whatever it took; those that failed; those whose span took at least so many seconds. */
  which: 'any' | 'failing' | { slowerThan: number };
  /** Traces that are wanted at most. */
  most: number;
}

export interface TraceAnswer {
  traces: RawTrace[];
  /** Bytes that were read for it. */
  bytes: number;
}

/** A call between services, as a source counts them. Names are the source's. */
export interface CountedCall {
  caller: string;
  callee: string;
  /** Calls in the time asked for; null when the source only knows that there were some. */
  count: number | null;
}

export interface TimeSpan {
  /** Unix seconds. */
  from: number;
  until: number;
}

/**
 * Where traces are kept. Every method throws a `SourceError` when the source does not answer, and what
 * `limits.signal` was aborted with.
 */
export interface TraceSource {
  /** As configured, for gaps and provenance. */
  readonly name: string;
  /** Traces that may be asked of it in one look: where each costs a request there are fewer. */
  readonly mostTraces: number;

  /** Services that have spans, as the source writes them; at most `MAX_SERVICE_NAMES`. */
  services(window: TimeSpan, limits: Limits): Promise<string[]>;

  /** Whole traces, the latest of the time asked for where the source knows an order. */
  find(query: TraceQuery, limits: Limits): Promise<TraceAnswer>;

  /** Who calls whom, as the source itself has counted; null when it does not count. */
  calls(window: TimeSpan, limits: Limits): Promise<CountedCall[] | null>;

  /** The page on which people look at a trace; null when none is configured. */
  pageOf(traceId: string): string | null;

  close(): void;
}

/**
 * Attributes that tell whom a span called and how the call ended, in OpenTelemetry's spellings old and new. All others
 * are dropped when a span is read: they are most of its bytes, and may be secrets.
 */
export const KEPT_ATTRIBUTES: ReadonlySet<string> = new Set([
  'span.kind',
  'error',
  'error.type',
  'otel.status_code',
  'otel.status_description',
  'http.status_code',
  'http.response.status_code',
  'rpc.grpc.status_code',
  'rpc.service',
  'exception.type',
  'peer.service',
  'server.address',
  'net.peer.name',
  'db.system',
  'db.system.name',
  'db.name',
  'db.namespace',
  'messaging.system',
  'messaging.destination',
  'messaging.destination.name',
]);

/** Whether a span failed by what its attributes say; null when they say nothing of it. */
export function failedBy(attributes: Readonly<Record<string, string>>): boolean | null {
  const status = Number(attributes['http.response.status_code'] ?? attributes['http.status_code'] ?? NaN);
  if (attributes['error'] === 'true' || attributes['otel.status_code'] === 'ERROR' || status >= 500)
    return true;
  return attributes['error'] === 'false' || attributes['otel.status_code'] === 'OK' ? false : null;
}

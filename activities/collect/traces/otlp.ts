import { z } from 'zod';
import { failedBy, KEPT_ATTRIBUTES, type RawSpan, type SpanKind } from './source.js';

/*
 * Spans in OTLP's JSON form. By the specification ids are hex and enumerations numbers; Tempo writes ids in base64 and
 * enumerations by name, as protobuf's JSON does.
 */

const value = z.object({
  stringValue: z.string().optional(),
  boolValue: z.boolean().optional(),
  intValue: z.union([z.string(), z.number()]).optional(),
  doubleValue: z.number().optional(),
});
const attributes = z.array(z.object({ key: z.string(), value: value.optional() })).default([]);
const nanos = z.union([z.string(), z.number()]);
const code = z.union([z.string(), z.number()]);

const span = z.object({
  traceId: z.string(),
  spanId: z.string(),
  parentSpanId: z.string().default(''),
  name: z.string().default(''),
  kind: code.default(0),
  startTimeUnixNano: nanos,
  endTimeUnixNano: nanos,
  attributes,
  status: z
    .object({ code: code.default(0), message: z.string().default('') })
    .default({ code: 0, message: '' }),
});
const scopeSpans = z.array(z.object({ spans: z.array(span).default([]) })).default([]);
const resourceSpans = z.array(
  z.object({
    resource: z.object({ attributes }).default({ attributes: [] }),
    scopeSpans,
    /** What `scopeSpans` was called before OTLP 0.15. */
    instrumentationLibrarySpans: scopeSpans,
  }),
);

/** An ExportTraceServiceRequest, or a trace as Tempo answers it (`batches` in its first API, `trace` in its second). */
export const otlpTraces = z
  .object({
    resourceSpans: resourceSpans.optional(),
    batches: resourceSpans.optional(),
    trace: z.object({ resourceSpans: resourceSpans.optional() }).optional(),
  })
  .transform(({ resourceSpans, batches, trace }) =>
    (resourceSpans ?? batches ?? trace?.resourceSpans ?? []).flatMap((one) => {
      const resource = textsOf(one.resource.attributes);
      return [...one.scopeSpans, ...one.instrumentationLibrarySpans].flatMap(({ spans }) =>
        spans.map((each) => rawSpan(each, resource)),
      );
    }),
  );

const KINDS: readonly SpanKind[] = ['internal', 'internal', 'server', 'client', 'producer', 'consumer'];

function rawSpan(one: z.infer<typeof span>, resource: Record<string, string>): RawSpan {
  const start = secondsOf(one.startTimeUnixNano);
  const own = textsOf(one.attributes, KEPT_ATTRIBUTES);
  if (one.status.message !== '') own['otel.status_description'] = one.status.message;
  const parentId = hexOf(one.parentSpanId, 8);
  return {
    traceId: hexOf(one.traceId, 16),
    spanId: hexOf(one.spanId, 8),
    parentId: parentId === '' || /^0+$/.test(parentId) ? null : parentId,
    name: one.name,
    kind: kindOf(one.kind),
    start,
    duration: Math.max(0, secondsOf(one.endTimeUnixNano) - start),
    failed: isError(one.status.code) || failedBy(own) === true,
    resource,
    attributes: own,
  };
}

function textsOf(list: z.infer<typeof attributes>, kept?: ReadonlySet<string>): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const { key, value: given } of list) {
    const text = given?.stringValue ?? given?.boolValue ?? given?.intValue ?? given?.doubleValue;
    if (text !== undefined && (kept?.has(key) ?? true)) texts[key] = String(text);
  }
  return texts;
}

function kindOf(kind: string | number): SpanKind {
  if (typeof kind === 'number') return KINDS[kind] ?? 'internal';
  return KINDS.find((one) => kind === `SPAN_KIND_${one.toUpperCase()}`) ?? 'internal';
}

function isError(status: string | number): boolean {
  return status === 2 || status === 'STATUS_CODE_ERROR';
}

/** An id of so many bytes as lower-case hex, given as hex or in base64. */
function hexOf(id: string, bytes: number): string {
  if (id.length === 2 * bytes && /^[0-9a-f]+$/i.test(id)) return id.toLowerCase();
  return Buffer.from(id, 'base64').toString('hex');
}

/** Nanoseconds are larger than a double holds exactly: to the microsecond they are right. */
function secondsOf(time: string | number): number {
  return Number(time) / 1e9;
}

import { z } from 'zod';
import { filePath, httpUrl, queriedServer } from './primitives.js';

/** Stands in an address for the id of a trace. */
export const TRACE_ID = '{traceId}';

/** Page on which people look at one trace. */
const tracePage = httpUrl.refine((address) => address.includes(TRACE_ID), {
  message: `expected an address with ${TRACE_ID} where the id of the trace belongs`,
});

const traceSource = z.discriminatedUnion('type', [
  /** Jaeger's query API; VictoriaTraces has it under /select/jaeger. */
  z.strictObject({
    type: z.literal('jaeger'),
    ...queriedServer,
    /** Jaeger's page for people: summaries link traces on it; no link when left out. */
    publicUrl: httpUrl.optional(),
  }),
  z.strictObject({
    type: z.literal('tempo'),
    ...queriedServer,
    /** Sent as X-Scope-OrgID. */
    tenant: z.string().min(1).optional(),
    publicUrl: tracePage.optional(),
  }),
  /** Spans that Data Prepper has written into OpenSearch. */
  z.strictObject({
    type: z.literal('opensearch'),
    ...queriedServer,
    index: z.string().min(1).default('otel-v1-apm-span-*'),
    publicUrl: tracePage.optional(),
  }),
  /** OTLP JSON: one ExportTraceServiceRequest in the file, or one in each line. */
  z.strictObject({
    type: z.literal('otlp-file'),
    name: z.string().min(1),
    file: filePath,
    publicUrl: tracePage.optional(),
  }),
]);
export type TraceSourceConfig = z.infer<typeof traceSource>;

/** Where traces are read. */
export const traces = z.array(traceSource).default([]);

import { appendFile } from 'node:fs/promises';
import { ExportResultCode, W3CTraceContextPropagator, type ExportResult } from '@opentelemetry/core';
import { propagation } from '@opentelemetry/api';
import { JsonTraceSerializer } from '@opentelemetry/otlp-transformer';
import type { Resource } from '@opentelemetry/resources';
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  type ReadableSpan,
  type SpanExporter,
} from '@opentelemetry/sdk-trace-base';

/** Share of the requests at the edge whose whole way is kept. */
const KEPT = 0.1;
const EXPORT_EVERY_MS = 1000;

/** Appends each batch to a file as one line of OTLP JSON, as a collector's file exporter does. */
class FileExporter implements SpanExporter {
  constructor(private readonly file: string) {}

  export(spans: ReadableSpan[], done: (result: ExportResult) => void): void {
    const line = JsonTraceSerializer.serializeRequest(spans) ?? new Uint8Array();
    appendFile(this.file, Buffer.concat([line, Buffer.from('\n')])).then(
      () => done({ code: ExportResultCode.SUCCESS }),
      (error: unknown) => done({ code: ExportResultCode.FAILED, error: error as Error }),
    );
  }

  shutdown(): Promise<void> {
    return Promise.resolve();
  }
}

/** Makes spans of the requests that a service answers and sends, of a tenth of the ways from the edge on. */
export function startSpans(resource: Resource, file: string): BasicTracerProvider {
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  return new BasicTracerProvider({
    resource,
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(KEPT) }),
    spanProcessors: [
      new BatchSpanProcessor(new FileExporter(file), { scheduledDelayMillis: EXPORT_EVERY_MS }),
    ],
  });
}

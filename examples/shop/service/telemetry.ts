import { createRequire } from 'node:module';
import { context, metrics, type Attributes, type Meter, type Tracer } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { getRPCMetadata, RPCType } from '@opentelemetry/core';
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { AggregationType, MeterProvider, type ViewOptions } from '@opentelemetry/sdk-metrics';
import {
  ATTR_ERROR_TYPE,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_SERVICE_NAME,
  ATTR_SERVICE_VERSION,
  METRIC_HTTP_CLIENT_REQUEST_DURATION,
  METRIC_HTTP_SERVER_REQUEST_DURATION,
} from '@opentelemetry/semantic-conventions';
import type { Launch } from '../protocol.js';
import { startSpans } from './spans.js';

/** Seconds; fine enough that a quantile read off them is worth something from 1 ms to 10 s. */
const DURATION_BUCKETS = [
  0.001, 0.002, 0.005, 0.01, 0.015, 0.025, 0.04, 0.06, 0.1, 0.15, 0.25, 0.4, 0.6, 1, 1.5, 2.5, 4, 6, 10,
];

/**
 * The HTTP conventions name the status as the error type of a failed answer; the instrumentation sets the
 * type only for errors thrown on the way.
 */
const statusAsErrorType =
  (failsFrom: number) =>
  (attributes: Attributes): Attributes => {
    const status = Number(attributes[ATTR_HTTP_RESPONSE_STATUS_CODE]);
    if (!(status >= failsFrom) || attributes[ATTR_ERROR_TYPE] !== undefined) return attributes;
    return { ...attributes, [ATTR_ERROR_TYPE]: String(status) };
  };

/**
 * The SDK's Prometheus exporter leaves the unit out of the name; collectors and other languages put it there
 * (`http_server_request_duration_seconds`), and so do we.
 */
const durationView = (instrumentName: string, failsFrom = Infinity): ViewOptions => ({
  instrumentName,
  name: `${instrumentName}.seconds`,
  aggregation: {
    type: AggregationType.EXPLICIT_BUCKET_HISTOGRAM,
    options: { boundaries: DURATION_BUCKETS },
  },
  attributesProcessors: [{ process: statusAsErrorType(failsFrom) }],
});

export interface Telemetry {
  meter: Meter;
  tracer: Tracer;
  /** Answers a scrape. */
  exporter: PrometheusExporter;
}

/**
 * Switches on the metrics and spans of this process by the OpenTelemetry SDK and its HTTP instrumentation. A client
 * metric's `server.address` is the logical name of the callee, because the service really sends to that name
 * (see connections.ts, which resolves it).
 */
export function startTelemetry(launch: Launch): Telemetry {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const exporter = new PrometheusExporter({
    preventServerStart: true,
    withoutScopeInfo: true,
    withResourceConstantLabels: /^service\.name$/,
  });
  const resource = resourceFromAttributes({
    [ATTR_SERVICE_NAME]: launch.service,
    [ATTR_SERVICE_VERSION]: launch.version,
  });
  const provider = new MeterProvider({
    resource,
    readers: [exporter],
    views: [
      durationView(METRIC_HTTP_SERVER_REQUEST_DURATION, 500),
      durationView(METRIC_HTTP_CLIENT_REQUEST_DURATION, 400),
      durationView('db.client.connection.wait_time'),
    ],
  });
  metrics.setGlobalMeterProvider(provider);
  // The stable conventions; the instrumentation still defaults to the old ones.
  process.env['OTEL_SEMCONV_STABILITY_OPT_IN'] = 'http';
  const http = new HttpInstrumentation({
    ignoreIncomingRequestHook: (request) => request.socket.localPort === launch.adminPort,
  });
  http.setMeterProvider(provider);
  const spans = startSpans(resource, launch.spanFile);
  http.setTracerProvider(spans);
  // The instrumentation patches a module when it is required. `import http` sees the patch too: the default
  // export of a built-in is the very object that `require` gives.
  const require = createRequire(import.meta.url);
  for (const module of ['node:http', 'node:https']) require(module);
  return { meter: provider.getMeter('shop'), tracer: spans.getTracer('shop'), exporter };
}

/** Tells the instrumentation which route the current request took; without it the metric has no `http.route`. */
export function nameRoute(route: string): void {
  const metadata = getRPCMetadata(context.active());
  if (metadata?.type === RPCType.HTTP) metadata.route = route;
}

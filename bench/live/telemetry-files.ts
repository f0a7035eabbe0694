import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { readJsonLines, readText } from '../rca/tables.js';

const span = z.object({
  trace: z.string(),
  span: z.string(),
  parent: z.string().nullable(),
  service: z.string(),
  name: z.string(),
  kind: z.enum(['internal', 'server', 'client', 'producer', 'consumer']),
  start: z.number(),
  duration_s: z.number(),
  status: z.string(),
  attrs: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}),
});

const KINDS: z.infer<typeof span>['kind'][] = ['internal', 'server', 'client', 'producer', 'consumer'];

/** What the recorder called by words of its own, by the words of OpenTelemetry. */
const ATTRIBUTES: Record<string, string> = {
  callee: 'peer.service',
  'rpc.status': 'rpc.grpc.status_code',
  'http.status': 'http.response.status_code',
};

/** Files that the product's own sources read. */
export interface TelemetryFiles {
  logs: string | null;
  traces: string | null;
}

/** Writes what a recording holds of logs and traces into a folder: lines as they are, spans as OTLP JSON. */
export async function writeTelemetry(recording: string, folder: string): Promise<TelemetryFiles> {
  const write = async (
    source: string,
    target: string,
    text: (path: string) => string,
  ): Promise<string | null> => {
    const path = join(recording, source);
    if (!existsSync(path)) return null;
    const file = join(folder, target);
    await writeFile(file, text(path));
    return file;
  };
  return {
    logs: await write('logs.ndjson.gz', 'logs.ndjson', readText),
    traces: await write('traces.ndjson.gz', 'traces.jsonl', (path) =>
      readJsonLines(path)
        .map((one) => JSON.stringify(exportOf(span.parse(one))))
        .join('\n'),
    ),
  };
}

/** One span as a whole request of OTLP. */
function exportOf({
  trace,
  span: id,
  parent,
  service,
  name,
  kind,
  start,
  duration_s,
  status,
  attrs,
}: z.infer<typeof span>) {
  const attribute = (key: string, value: string | number | boolean) => ({
    key,
    value: { stringValue: String(value) },
  });
  const written = {
    ...{ traceId: trace, spanId: id, parentSpanId: parent ?? '', name },
    kind: KINDS.indexOf(kind) + 1,
    startTimeUnixNano: nanos(start),
    endTimeUnixNano: nanos(start + duration_s),
    attributes: Object.entries(attrs).map(([key, value]) => attribute(ATTRIBUTES[key] ?? key, value)),
    status: { code: status === 'error' ? 2 : 0, message: String(attrs['status.message'] ?? '') },
  };
  const resource = { attributes: [attribute('service.name', service)] };
  return { resourceSpans: [{ resource, scopeSpans: [{ spans: [written] }] }] };
}

/** Microseconds are what a double of unix seconds holds. */
const nanos = (seconds: number): string => `${Math.round(seconds * 1e6)}000`;

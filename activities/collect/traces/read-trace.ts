import { ascending } from 'd3-array';
import { identify } from '../../../model/identity/identify.js';
import { maskSecrets } from '../../../report/mask.js';
import type { ServiceNames } from '../scope/service-names.js';
import { MAX_OPERATION_CHARACTERS } from './limits.js';
import { failedAtPeer, peerOf } from './peers.js';
import type { RawSpan, RawTrace } from './source.js';
import type { TableSpan } from './span-table.js';

/** The label that names a service among those of OpenTelemetry; others are known to `identify`. */
const SERVICE_LABELS = ['service_name'];

/** SDKs write it where nobody named the service. */
const UNNAMED = /^unknown_service(:|$)/;

/** Clocks of two hosts may be apart by so many seconds. */
const CLOCK_SKEW = 1;

/**
 * Says who the services of spans are. Resources of one process are written with every span: each is looked at once.
 */
export class SpanServices {
  private readonly known = new Map<Record<string, string>, string>();

  constructor(readonly names: ServiceNames) {}

  serviceOf({ resource }: Pick<RawSpan, 'resource'>): string {
    const known = this.known.get(resource);
    if (known !== undefined) return known;
    const labels = Object.fromEntries(
      Object.entries(resource)
        .filter(([key, value]) => key !== 'service.name' || !UNNAMED.test(value))
        .map(([key, value]) => [key.replaceAll('.', '_'), value]),
    );
    const { name, namespace } = identify(labels, { serviceLabels: SERVICE_LABELS });
    const place = namespace ?? resource['service.namespace'];
    const service = maskSecrets((this.names.resolveIn(name, [place]) ?? name) || 'unknown');
    this.known.set(resource, service);
    return service;
  }
}

/**
 * The spans of a trace as a table takes them. A call to a service without spans of its own (a database, a queue, a
 * provider) gets one for it that lasts as long as the caller waited; where the callee did write spans, but was not told
 * of the caller, they are joined. Secrets are masked.
 */
export function readTrace({ spans }: RawTrace, services: SpanServices): TableSpan[] {
  const raw = withOwnIds(withoutRepeats(spans));
  const rows = raw.map((span) => tableSpan(span, services));
  const rowOf = new Map(rows.map((row) => [row.id, row]));
  const callers = new Set(rows.map(({ parentId }) => parentId));
  const unasked = rows.filter(
    ({ parentId }, index) => raw[index]!.kind === 'server' && (parentId === null || !rowOf.has(parentId)),
  );
  const peers: TableSpan[] = [];
  const exits = raw
    .map((span, index) => ({ span, row: rows[index]! }))
    .filter(({ row }) => !callers.has(row.id))
    .sort((a, b) => ascending(a.row.start, b.row.start));
  for (const { span, row } of exits) {
    const peer = peerOf(span, services.names);
    if (peer === null || peer === row.service) continue;
    const answer = unasked.findIndex((one) => one.service === peer && isWithin(one, row));
    if (answer >= 0) {
      unasked[answer]!.parentId = row.id;
      unasked.splice(answer, 1);
      continue;
    }
    const service = maskSecrets(peer);
    peers.push({ ...row, id: `${row.id}>`, parentId: row.id, service, failed: failedAtPeer(span) });
  }
  return [...rows, ...peers];
}

/** Whether a span can be the answer to a call: it began while the caller waited. */
function isWithin(answer: TableSpan, call: TableSpan): boolean {
  return answer.start >= call.start - CLOCK_SKEW && answer.start <= call.start + call.duration + CLOCK_SKEW;
}

function tableSpan(span: RawSpan, services: SpanServices): TableSpan {
  const { spanId: id, parentId, start, duration, failed } = span;
  const operation = operationOf(span.name);
  return { id, parentId, service: services.serviceOf(span), operation, start, duration, failed };
}

/** Numbers and ids in a path: `GET /orders/4711` is one operation with all its like. */
const ID_IN_PATH = /(?<=\/)(?:\d+|[0-9a-f]{8}-[0-9a-f-]{27}|(?=[a-f]*\d)[0-9a-f]{8,})(?=$|[/?#\s])/gi;

function operationOf(name: string): string {
  const short = maskSecrets(name.replace(/\s+/g, ' ').trim()).slice(0, MAX_OPERATION_CHARACTERS);
  return short.replace(ID_IN_PATH, '{id}');
}

/** A span that was delivered twice counts once. */
function withoutRepeats(spans: readonly RawSpan[]): RawSpan[] {
  const seen = new Set<string>();
  return spans.filter(({ spanId, kind }) => {
    const key = `${spanId} ${kind}`;
    return seen.has(key) ? false : seen.add(key);
  });
}

/** Zipkin's clients and servers share one id for both sides of a call: the client's side gets one of its own. */
function withOwnIds(spans: RawSpan[]): RawSpan[] {
  const clients = new Set(spans.filter(({ kind }) => kind === 'client').map(({ spanId }) => spanId));
  const shared = new Set(
    spans.filter(({ kind, spanId }) => kind === 'server' && clients.has(spanId)).map(({ spanId }) => spanId),
  );
  if (shared.size === 0) return spans;
  return spans.map((span) => {
    if (!shared.has(span.spanId)) return span;
    const client = `${span.spanId}<`;
    if (span.kind === 'client') return { ...span, spanId: client };
    return span.kind === 'server' ? { ...span, parentId: client } : span;
  });
}

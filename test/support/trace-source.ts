import type {
  RawSpan,
  RawTrace,
  TraceAnswer,
  TraceQuery,
  TraceSource,
} from '../../activities/collect/traces/source.js';

/** A span as a source gives it. */
export function rawSpan(span: Partial<RawSpan> & { service: string }): RawSpan {
  const { service, ...rest } = span;
  return {
    traceId: '0'.repeat(32),
    spanId: '1'.repeat(16),
    parentId: null,
    name: 'GET /',
    kind: 'server',
    start: 1000,
    duration: 0.1,
    failed: false,
    resource: { 'service.name': service },
    attributes: {},
    ...rest,
  };
}

/**
 * A source that holds these traces and answers as Jaeger does: of those that fit, the latest. It keeps what it was
 * asked.
 */
export class HeldTraces implements TraceSource {
  readonly name = 'held';
  readonly asked: TraceQuery[] = [];

  constructor(
    private readonly traces: readonly RawTrace[],
    readonly mostTraces = 480,
    private readonly bytesOfTrace = 1000,
  ) {}

  services(): Promise<string[]> {
    const all = this.traces.flatMap(({ spans }) => spans.map(({ resource }) => resource['service.name']!));
    return Promise.resolve([...new Set(all)].sort());
  }

  find(query: TraceQuery): Promise<TraceAnswer> {
    this.asked.push(query);
    const { service, operation, from, until, which, most } = query;
    const found = this.traces.filter(({ spans }) =>
      spans.some(
        (span) =>
          span.resource['service.name'] === service &&
          (operation === null || span.name === operation) &&
          span.start >= from &&
          span.start <= until &&
          (which === 'any' ||
            (which === 'failing' ? span.failed === true : span.duration >= which.slowerThan)),
      ),
    );
    const traces = found.sort((a, b) => b.spans[0]!.start - a.spans[0]!.start).slice(0, most);
    return Promise.resolve({ traces, bytes: traces.length * this.bytesOfTrace });
  }

  calls(): Promise<null> {
    return Promise.resolve(null);
  }

  pageOf(): null {
    return null;
  }

  close(): void {}
}

import { TRACE_CHOICES, type SpanTable, type TraceChoice } from '../../../model/telemetry.js';

/** One span on its way into a table. Ids are unique within its trace. */
export interface TableSpan {
  id: string | number;
  /** Null for one without a parent. */
  parentId: string | number | null;
  service: string;
  operation: string;
  /** Unix seconds. */
  start: number;
  /** Seconds. */
  duration: number;
  /** Null when it is not known. */
  failed: boolean | null;
}

/** What is known of a trace beside its spans. */
export interface TraceOrigin {
  /** At the source; empty where it has none. */
  id: string;
  page: string | null;
  choice: TraceChoice;
}

const ROOT = -1;
const ORPHAN = -2;
const UNKNOWN_OUTCOME = 255;

/** Puts traces into one table: parents become rows, names become numbers. */
export class SpanTableBuilder {
  private readonly services = new Map<string, number>();
  private readonly operations = new Map<string, number>();
  private readonly traces: TraceOrigin[] = [];
  private readonly spans: { span: TableSpan; trace: number; parent: number }[] = [];

  get rows(): number {
    return this.spans.length;
  }

  add(origin: TraceOrigin, spans: readonly TableSpan[]): void {
    const first = this.spans.length;
    const trace = this.traces.push(origin) - 1;
    const rowOf = new Map(spans.map(({ id }, index) => [id, first + index]));
    for (const span of spans) {
      const parent = span.parentId === null ? ROOT : (rowOf.get(span.parentId) ?? ORPHAN);
      this.spans.push({ span, trace, parent });
    }
  }

  build(): SpanTable {
    const { spans, traces } = this;
    return {
      trace: Uint32Array.from(spans, ({ trace }) => trace),
      parent: Int32Array.from(spans, ({ parent }) => parent),
      service: Uint32Array.from(spans, ({ span }) => numberOf(this.services, span.service)),
      operation: Uint32Array.from(spans, ({ span }) => numberOf(this.operations, span.operation)),
      start: Float64Array.from(spans, ({ span }) => span.start),
      duration: Float64Array.from(spans, ({ span }) => span.duration),
      failed: Uint8Array.from(spans, ({ span: { failed } }) =>
        failed === null ? UNKNOWN_OUTCOME : Number(failed),
      ),
      services: [...this.services.keys()],
      operations: [...this.operations.keys()],
      traceIds: traces.map(({ id }) => id),
      tracePages: traces.map(({ page }) => page ?? ''),
      choice: Uint8Array.from(traces, ({ choice }) => TRACE_CHOICES.indexOf(choice)),
    };
  }
}

function numberOf(names: Map<string, number>, name: string): number {
  const known = names.get(name);
  if (known !== undefined) return known;
  names.set(name, names.size);
  return names.size - 1;
}

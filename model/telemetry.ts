/**
 * Spans of sampled traces, columnar. Row i is one span. `parent` is the row of its parent,
 * -1 for the root of its trace, -2 when the parent is not in the table.
 */
export interface SpanTable {
  services: string[];
  operations: string[];
  trace: Uint32Array;
  parent: Int32Array;
  /** Index into `services`. */
  service: Uint32Array;
  /** Index into `operations`. */
  operation: Uint32Array;
  /** Unix seconds. */
  start: Float64Array;
  /** Seconds. */
  duration: Float64Array;
  /** 1 failed, 0 ok, 255 unknown. */
  failed: Uint8Array;
  /** For each trace its id at the source, hex; empty where it has none. */
  traceIds: string[];
  /** For each trace the page on which people look at it; empty where there is none. */
  tracePages: string[];
  /**
   * For each trace why it was read, as a number of `TRACE_CHOICES`: only those that were read whatever they are tell
   * how often something happens, and how long it takes.
   */
  choice: Uint8Array;
}

/** Why a trace was read. */
export const TRACE_CHOICES = ['ordinary', 'failing', 'slow'] as const;
export type TraceChoice = (typeof TRACE_CHOICES)[number];

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'unknown';

/** A kind of log line: what a service writes again and again, whatever differs from one line to the next. */
export interface LogKind {
  service: string;
  level: LogLevel;
  /** The line without what differs. */
  template: string;
  /** The earliest line of it, masked, at most 500 characters. */
  example: string;
}

/** Lines of logs, counted by their kind, service and step of time. */
export interface LogTable {
  /** Seconds that one count covers. */
  stepSeconds: number;
  kinds: LogKind[];
  /** One row for each kind and step that has lines. Index into `kinds`. */
  kind: Uint32Array;
  /** Start of the step, unix seconds: a multiple of `stepSeconds`. */
  time: Float64Array;
  /** How many lines. */
  lines: Uint32Array;
}

/** Tables of several sources as one; null when there is none. */
export function joinedLogs(tables: readonly LogTable[]): LogTable | null {
  if (tables.length <= 1) return tables[0] ?? null;
  const stepSeconds = Math.max(...tables.map((table) => table.stepSeconds));
  const rows = tables.reduce((sum, { time }) => sum + time.length, 0);
  const joined: LogTable = {
    stepSeconds,
    kinds: tables.flatMap(({ kinds }) => kinds),
    kind: new Uint32Array(rows),
    time: new Float64Array(rows),
    lines: new Uint32Array(rows),
  };
  let at = 0;
  let kinds = 0;
  for (const table of tables) {
    joined.kind.set(
      table.kind.map((kind) => kinds + kind),
      at,
    );
    joined.time.set(
      table.time.map((time) => Math.floor(time / stepSeconds + 1e-9) * stepSeconds),
      at,
    );
    joined.lines.set(table.lines, at);
    at += table.time.length;
    kinds += table.kinds.length;
  }
  return joined;
}

/** Tables of several sources as one, each trace as it was; null when there is none. */
export function joinedSpans(tables: readonly SpanTable[]): SpanTable | null {
  if (tables.length <= 1) return tables[0] ?? null;
  const rows = tables.reduce((sum, { parent }) => sum + parent.length, 0);
  const joined: SpanTable = {
    services: [],
    operations: [],
    trace: new Uint32Array(rows),
    parent: new Int32Array(rows),
    service: new Uint32Array(rows),
    operation: new Uint32Array(rows),
    start: new Float64Array(rows),
    duration: new Float64Array(rows),
    failed: new Uint8Array(rows),
    traceIds: tables.flatMap(({ traceIds }) => traceIds),
    tracePages: tables.flatMap(({ tracePages }) => tracePages),
    choice: Uint8Array.from(tables.flatMap(({ choice }) => Array.from(choice))),
  };
  const services = new Numbers(joined.services);
  const operations = new Numbers(joined.operations);
  let at = 0;
  let traces = 0;
  for (const table of tables) {
    const service = table.services.map((name) => services.of(name));
    const operation = table.operations.map((name) => operations.of(name));
    for (let row = 0; row < table.parent.length; row += 1) {
      const parent = table.parent[row]!;
      joined.trace[at + row] = traces + table.trace[row]!;
      joined.parent[at + row] = parent < 0 ? parent : at + parent;
      joined.service[at + row] = service[table.service[row]!]!;
      joined.operation[at + row] = operation[table.operation[row]!]!;
    }
    joined.start.set(table.start, at);
    joined.duration.set(table.duration, at);
    joined.failed.set(table.failed, at);
    at += table.parent.length;
    traces += table.traceIds.length;
  }
  return joined;
}

/** Numbers names in the order in which they are first seen. */
class Numbers {
  private readonly numbers = new Map<string, number>();

  constructor(private readonly names: string[]) {}

  of(name: string): number {
    const number = this.numbers.get(name) ?? this.names.push(name) - 1;
    this.numbers.set(name, number);
    return number;
  }
}

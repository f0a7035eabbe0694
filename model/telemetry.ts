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
   * For each trace why it was read, as a number of `TRACE_CHOICES`: only those that were read whatever they are tell how
   * often something happens, and how long it takes.
   */
  choice: Uint8Array;
}

/** Why a trace was read. */
export const TRACE_CHOICES = ['ordinary', 'failing', 'slow'] as const;
export type TraceChoice = (typeof TRACE_CHOICES)[number];

/** One log line: time in unix seconds. */
export interface LogLine {
  time: number;
  service: string;
  level: 'debug' | 'info' | 'warn' | 'error' | 'unknown';
  message: string;
}

/** What logs say, as read from the source; templates are mined by the analysis. */
export interface LogTable {
  lines: LogLine[];
}

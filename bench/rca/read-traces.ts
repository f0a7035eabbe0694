import { group } from 'd3-array';
import { SpanTableBuilder } from '../../activities/collect/traces/span-table.js';
import type { SpanTable } from '../../model/telemetry.js';
import { readTable, readText } from './tables.js';

/** Spans by row; `parent` and `trace` are rows and numbers within these spans. */
interface Spans {
  trace: ArrayLike<number>;
  parent: ArrayLike<number>;
  service: string[];
  operation: string[];
  /** Unix seconds. */
  start: Float64Array;
  /** Seconds. */
  duration: Float64Array;
  failed: ArrayLike<number>;
}

const ROOT = -1;
const ORPHAN = -2;
const UNKNOWN_OUTCOME = 255;

/**
 * Reads `trace,span,parent,service,operation,start_ms,duration_us` (parent -1: root, -2: not in the file; an
 * optional `status` or `error` column). `zero` is the unix time that start_ms counts from.
 */
export function readSpansCsv(path: string, zero: number): Spans {
  const table = readTable(path);
  const outcomes = table.texts('status') ?? table.texts('error') ?? table.texts('status_code');
  return {
    trace: table.numbers('trace'),
    parent: rowsOf(table.numbers('parent'), table.numbers('span')),
    service: table.texts('service') ?? missing('service'),
    operation: table.texts('operation') ?? missing('operation'),
    start: table.numbers('start_ms').map((ms) => zero + ms / 1e3),
    duration: table.numbers('duration_us').map((us) => us / 1e6),
    failed: outcomes?.map(outcomeOf) ?? new Uint8Array(table.rows).fill(UNKNOWN_OUTCOME),
  };
}

/** Rows of the spans with these ids; ids that are negative stay. Most files number their spans by row. */
function rowsOf(parents: Float64Array, ids: Float64Array): Float64Array {
  if (ids.every((id, row) => id === row)) return parents.map((id) => (id < ids.length ? id : ORPHAN));
  const row = new Map<number, number>();
  ids.forEach((id, index) => row.set(id, index));
  return parents.map((id) => (id < 0 ? id : (row.get(id) ?? ORPHAN)));
}

function missing(column: string): never {
  throw new Error(`has no column "${column}"`);
}

function outcomeOf(status: string): number {
  const text = status.trim().toLowerCase();
  if (text === '') return UNKNOWN_OUTCOME;
  return ['ok', 'unset', 'false', '0', 'status_code_ok', 'success'].includes(text) ||
    /^[123]\d\d$/u.test(text)
    ? 0
    : 1;
}

interface JsonSpan {
  trace_id?: string;
  span_id?: string;
  parent_id?: string | null;
  service?: string;
  name?: string;
  start?: string;
  duration_ms?: number;
  status?: string;
}

/**
 * Reads a list of spans in JSON. A span whose trace is only called "same" belongs to the trace before it, and
 * its parent is then looked for in that trace.
 */
export function readSpansJson(path: string): Spans {
  const list = JSON.parse(readText(path)) as JsonSpan[];
  if (!Array.isArray(list)) throw new Error('is not a list of spans');
  const traces = new Map<string, number>();
  const rows = new Map<string, number>();
  let current = 0;
  const trace = list.map((span, index) => {
    const id = span.trace_id ?? 'same';
    if (id !== 'same' || index === 0) {
      current = traces.get(id) ?? traces.size;
      traces.set(id, current);
    }
    rows.set(`${current} ${span.span_id ?? index}`, index);
    return current;
  });
  return {
    trace,
    parent: list.map(({ parent_id: parent }, index) =>
      parent == null ? ROOT : (rows.get(`${trace[index]!} ${parent}`) ?? ORPHAN),
    ),
    service: list.map(({ service }) => service ?? 'unknown'),
    operation: list.map(({ name }) => name ?? ''),
    start: Float64Array.from(list, ({ start }) => Date.parse(start ?? '') / 1e3),
    duration: Float64Array.from(list, ({ duration_ms: ms }) => (ms ?? 0) / 1e3),
    failed: list.map(({ status }) => outcomeOf(status ?? '')),
  };
}

/** Moves the spans so that the last of them ends at `end` (unix seconds): a calm stretch from another day. */
export function endAt(spans: Spans, end: number): Spans {
  const last = spans.start.reduce(
    (max, start, row) => Math.max(max, start + spans.duration[row]!),
    -Infinity,
  );
  return { ...spans, start: spans.start.map((start) => start - last + end) };
}

/** Puts spans of several files in one table; traces of different files stay apart. */
export function toSpanTable(parts: Spans[]): SpanTable {
  const table = new SpanTableBuilder();
  for (const part of parts) {
    const rows = Array.from(part.start.keys());
    for (const own of group(rows, (row) => part.trace[row]!).values()) {
      table.add(
        { id: '', page: null, choice: 'ordinary' },
        own.map((row) => ({
          id: row,
          parentId: part.parent[row] === ROOT ? null : part.parent[row]!,
          service: part.service[row]!,
          operation: part.operation[row]!,
          start: part.start[row]!,
          duration: part.duration[row]!,
          failed: part.failed[row] === UNKNOWN_OUTCOME ? null : part.failed[row] === 1,
        })),
      );
    }
  }
  return table.build();
}

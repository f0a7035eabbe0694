import { TRACE_CHOICES, type SpanTable, type TraceChoice } from '../../model/telemetry.js';

/**
 * The traces of some choices, as a table of their own. Traces that were read because they are slow would make every
 * comparison of times a slowdown, failing ones every share of failures a rise: those are made of ordinary ones.
 */
export function tracesOf(spans: SpanTable, choices: readonly TraceChoice[]): SpanTable {
  const wanted = Array.from(spans.choice, (choice) => choices.includes(TRACE_CHOICES[choice]!));
  if (!wanted.includes(false)) return spans;
  const rows: number[] = [];
  const rowOf = new Int32Array(spans.parent.length).fill(-1);
  spans.trace.forEach((trace, row) => {
    if (wanted[trace]) rowOf[row] = rows.push(row) - 1;
  });
  return {
    ...spans,
    trace: Uint32Array.from(rows, (row) => spans.trace[row]!),
    parent: Int32Array.from(rows, (row) => {
      const parent = spans.parent[row]!;
      return parent < 0 ? parent : rowOf[parent]!;
    }),
    service: Uint32Array.from(rows, (row) => spans.service[row]!),
    operation: Uint32Array.from(rows, (row) => spans.operation[row]!),
    start: Float64Array.from(rows, (row) => spans.start[row]!),
    duration: Float64Array.from(rows, (row) => spans.duration[row]!),
    failed: Uint8Array.from(rows, (row) => spans.failed[row]!),
  };
}

import type { SpanTable } from '../../model/telemetry.js';
import { TRACES } from './weights.js';
import type { EndChange, TraceWindow } from './read.js';

/** Tells runs that call nobody from service numbers. */
const NOBODY = -1;

interface Ends {
  calm: Map<number, number>;
  incident: Map<number, number>;
  calmRuns: number;
  incidentRuns: number;
}

/**
 * Which service the runs of each operation called last. A run that breaks off breaks off after the call that
 * failed it, whether or not that call says that it failed.
 */
export function endChanges(spans: SpanTable, window: TraceWindow, answeredBy: Int32Array): EndChange[] {
  const rows = spans.parent.length;
  const lastStart = new Float64Array(rows).fill(-Infinity);
  const lastCallee = new Int32Array(rows).fill(NOBODY);
  const calls = new Uint8Array(rows);
  for (let row = 0; row < rows; row += 1) {
    const parent = spans.parent[row]!;
    const answer = answeredBy[row]!;
    if (parent < 0 || answer < 0) continue;
    calls[parent] = 1;
    if (spans.start[row]! < lastStart[parent]!) continue;
    lastStart[parent] = spans.start[row]!;
    lastCallee[parent] = spans.service[answer]!;
  }
  const width = spans.operations.length;
  const callers = new Set<number>();
  for (let row = 0; row < rows; row += 1) {
    if (calls[row] === 1) callers.add(spans.service[row]! * width + spans.operation[row]!);
  }
  const ends = new Map<number, Ends>();
  for (let row = 0; row < rows; row += 1) {
    const key = spans.service[row]! * width + spans.operation[row]!;
    // The sending side of a call has but one child: it ends nowhere else.
    if (answeredBy[row]! >= 0 || !callers.has(key)) continue;
    const start = spans.start[row]!;
    const during = start >= window.from && start <= window.until;
    if (!during && start >= window.calmUntil) continue;
    let entry = ends.get(key);
    if (entry === undefined) {
      entry = { calm: new Map(), incident: new Map(), calmRuns: 0, incidentRuns: 0 };
      ends.set(key, entry);
    }
    const tally = during ? entry.incident : entry.calm;
    tally.set(lastCallee[row]!, (tally.get(lastCallee[row]!) ?? 0) + 1);
    if (during) entry.incidentRuns += 1;
    else entry.calmRuns += 1;
  }
  return [...ends].flatMap(([key, entry]) => {
    if (entry.calmRuns < TRACES.minSpans || entry.incidentRuns < TRACES.minSpans) return [];
    return [...entry.incident].flatMap(([callee, count]) => {
      const before = (entry.calm.get(callee) ?? 0) / entry.calmRuns;
      const after = count / entry.incidentRuns;
      if (after - before < TRACES.leastEndChange) return [];
      return [
        {
          service: spans.services[Math.floor(key / width)]!,
          operation: spans.operations[key % width]!,
          callee: callee === NOBODY ? null : spans.services[callee]!,
          before,
          after,
        },
      ];
    });
  });
}

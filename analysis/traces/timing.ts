import type { SpanTable } from '../../model/telemetry.js';

/** Where the time of each span went. Arrays run in parallel with the table's rows. */
export interface Timing {
  /**
   * Seconds that the span's own service spent: its duration without what any span below it covers, also below one that
   * was started and not waited for. For the sending side of a call (its one child belongs to another service) it is the
   * time on the way: network and queues.
   */
  own: Float64Array;
  /** Row of the span that answered, for the sending side of a call; -1 for all others. */
  answeredBy: Int32Array;
  children: Uint32Array;
}

/** O(n log n) in spans. */
export function timingOf(spans: SpanTable): Timing {
  const rows = spans.parent.length;
  const children = new Uint32Array(rows);
  const answeredBy = new Int32Array(rows).fill(-1);
  for (let row = 0; row < rows; row += 1) {
    const parent = spans.parent[row]!;
    if (parent < 0) continue;
    children[parent] = children[parent]! + 1;
    answeredBy[parent] = spans.service[row] === spans.service[parent] ? -1 : row;
  }
  const until = endsOfSubtrees(spans);
  const own = spans.duration.slice();
  // By start, so that each parent meets its children in order and the part that is covered twice is taken once.
  const order = Uint32Array.from({ length: rows }, (_, row) => row).sort(
    (a, b) => spans.start[a]! - spans.start[b]! || a - b,
  );
  const coveredUntil = new Float64Array(rows).fill(-Infinity);
  for (const row of order) {
    const parent = spans.parent[row]!;
    if (children[row] !== 1) answeredBy[row] = -1;
    if (parent < 0) continue;
    const from = Math.max(spans.start[row]!, coveredUntil[parent]!, spans.start[parent]!);
    const to = Math.min(until[row]!, spans.start[parent]! + spans.duration[parent]!);
    if (to <= from) continue;
    own[parent] = own[parent]! - (to - from);
    coveredUntil[parent] = to;
  }
  for (let row = 0; row < rows; row += 1) {
    const answer = answeredBy[row]!;
    // Two clocks: only durations are compared across a call.
    if (answer >= 0) own[row] = spans.duration[row]! - (until[answer]! - spans.start[answer]!);
    own[row] = Math.max(0, own[row]!);
  }
  return { own, answeredBy, children };
}

/** When the last of a span and all below it ended: a span that starts work and does not wait for it ends before it. */
function endsOfSubtrees({ parent, start, duration }: SpanTable): Float64Array {
  const until = start.map((begin, row) => begin + duration[row]!);
  for (let row = 0; row < until.length; row += 1) {
    const end = start[row]! + duration[row]!;
    // A chain is as long as a trace is deep; ends that an ancestor has already need not be carried on.
    for (let at = parent[row]!, steps = 0; at >= 0 && steps < MOST_DEEP; at = parent[at]!, steps += 1) {
      if (until[at]! >= end) break;
      until[at] = end;
    }
  }
  return until;
}

/** Deeper traces are broken ones: parents that go in a circle. */
const MOST_DEEP = 256;

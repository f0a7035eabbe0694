import type { SpanTable } from '../../model/telemetry.js';

/** Where the time of each span went. Arrays run in parallel with the table's rows. */
export interface Timing {
  /**
   * Seconds that the span's own service spent: its duration without that of its children. For the sending side
   * of a call (its one child belongs to another service) it is the time on the way: network and queues.
   */
  own: Float64Array;
  /** Row of the span that answered, for the sending side of a call; -1 for all others. */
  answeredBy: Int32Array;
  children: Uint32Array;
}

/** One pass over the spans for the children's time, one for the rest. */
export function timingOf(spans: SpanTable): Timing {
  const rows = spans.parent.length;
  const childTime = new Float64Array(rows);
  const children = new Uint32Array(rows);
  const answeredBy = new Int32Array(rows).fill(-1);
  for (let row = 0; row < rows; row += 1) {
    const parent = spans.parent[row]!;
    if (parent < 0) continue;
    childTime[parent] = childTime[parent]! + spans.duration[row]!;
    children[parent] = children[parent]! + 1;
    answeredBy[parent] = spans.service[row] === spans.service[parent] ? -1 : row;
  }
  const own = new Float64Array(rows);
  for (let row = 0; row < rows; row += 1) {
    if (children[row] !== 1) answeredBy[row] = -1;
    // Children that ran side by side can take longer than their parent.
    own[row] = Math.max(0, spans.duration[row]! - childTime[row]!);
  }
  return { own, answeredBy, children };
}

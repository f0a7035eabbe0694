import { descending } from 'd3-array';
import type { SymptomKind } from '../../model/anomaly.js';
import type { ExemplaryTrace } from '../../model/diagnosis.js';
import type { SpanTable } from '../../model/telemetry.js';
import { quantity } from '../../model/wording.js';
import { quantileSorted } from '../stats/order.js';
import { LIMITS } from '../limits.js';
import { TRACES } from './weights.js';
import { failuresBelow } from './failures.js';
import type { TraceWindow } from './read.js';
import { timingOf } from './timing.js';

/** One trace of the incident as its reader would look at it. */
interface Seen {
  trace: number;
  /** Row of the request itself: the longest span that nothing in the trace has called. */
  root: number;
  /** Row in which it began to fail; -1 when it did not fail. */
  failedAt: number;
  /** What requests to the same operation took before; null when none was seen. */
  before: Usual | null;
  /** Number of the service to name (where it failed, or spent time), and the seconds in it or on the way to it. */
  service: number;
  spent: number;
}

interface Usual {
  /** Seconds that half of them took at most, and those from which one is slow. */
  median: number;
  slowFrom: number;
}

/**
 * Up to three traces of the incident that show what happened: failing ones first when the alert is about errors, slow
 * ones first when it is about latency, and those first that lead through the suspect. A trace is slow when it took
 * longer than nearly all requests to the same operation did before, and clearly longer than half of them.
 */
export function exemplaryTraces(
  spans: SpanTable,
  window: TraceWindow,
  { suspect, symptom }: { suspect: string; symptom: SymptomKind },
): ExemplaryTrace[] {
  const suspectNumber = spans.services.indexOf(suspect);
  const seen = tracesSeen(spans, window, suspectNumber);
  const excess = ({ root, before }: Seen): number => spans.duration[root]! - (before?.median ?? 0);
  const isSlow = ({ root, before }: Seen): boolean =>
    before !== null && spans.duration[root]! > before.slowFrom;
  const telling = seen.filter((one) => one.failedAt >= 0 || isSlow(one));
  const slowFirst = symptom === 'latency';
  return telling
    .sort(
      (a, b) =>
        descending(Number(a.service === suspectNumber), Number(b.service === suspectNumber)) ||
        descending(Number(a.failedAt >= 0 !== slowFirst), Number(b.failedAt >= 0 !== slowFirst)) ||
        descending(excess(a), excess(b)) ||
        a.trace - b.trace,
    )
    .slice(0, LIMITS.traces)
    .map((one) => ({
      traceId: spans.traceIds[one.trace]!,
      page: spans.tracePages[one.trace]! || null,
      request: `${spans.operations[spans.operation[one.root]!]!} of ${spans.services[spans.service[one.root]!]!}`,
      statement: statementOf(spans, one),
    }));
}

/** `1.8 s, of which payment 1.6 s (usually 210 ms)`, `failed after 40 ms, at Charge of payment`. */
function statementOf(spans: SpanTable, { root, failedAt, before, service, spent }: Seen): string {
  const took = quantity(spans.duration[root]!, 's');
  if (failedAt >= 0) {
    const where = `${spans.operations[spans.operation[failedAt]!]!} of ${spans.services[spans.service[failedAt]!]!}`;
    return `failed after ${took}, at ${where}`;
  }
  const most = `of which ${spans.services[service]!} ${quantity(spent, 's')}`;
  return `${took}, ${most}${before === null ? '' : ` (usually ${quantity(before.median, 's')})`}`;
}

function tracesSeen(spans: SpanTable, window: TraceWindow, suspect: number): Seen[] {
  const width = spans.operations.length;
  const roots = rootsOf(spans);
  const usual = usualTimes(spans, roots, window, width);
  const { own, answeredBy } = timingOf(spans);
  const spent = new Map<number, Map<number, number>>();
  const failedAt = new Map<number, number>();
  const below = failuresBelow(spans);
  for (let row = 0; row < spans.parent.length; row += 1) {
    const trace = spans.trace[row]!;
    const answer = answeredBy[row]!;
    // Time on the way to a service is time that its caller waited for it.
    const service = spans.service[answer < 0 ? row : answer]!;
    const times = spent.get(trace) ?? new Map<number, number>();
    times.set(service, (times.get(service) ?? 0) + own[row]!);
    spent.set(trace, times);
    if (spans.failed[row] !== 1 || below[row] !== 0) continue;
    if (!failedAt.has(trace) || spans.service[row] === suspect) failedAt.set(trace, row);
  }
  return [...roots].flatMap(([trace, root]) => {
    const start = spans.start[root]!;
    if (start < window.from || start > window.until) return [];
    const times = spent.get(trace)!;
    const begun = failedAt.get(trace) ?? -1;
    const [most] = [...times].sort(([a, one], [b, other]) => other - one || a - b)[0]!;
    const isSuspects = (times.get(suspect) ?? 0) >= TRACES.leastTold * spans.duration[root]!;
    const service = begun >= 0 ? spans.service[begun]! : isSuspects ? suspect : most;
    const key = spans.service[root]! * width + spans.operation[root]!;
    return [
      {
        trace,
        root,
        failedAt: begun,
        before: usual.get(key) ?? null,
        service,
        spent: times.get(service) ?? 0,
      },
    ];
  });
}

/** For each trace the longest span that nothing in it has called. */
function rootsOf({ parent, trace, duration }: SpanTable): Map<number, number> {
  const roots = new Map<number, number>();
  parent.forEach((above, row) => {
    if (above >= 0) return;
    const known = roots.get(trace[row]!);
    if (known === undefined || duration[row]! > duration[known]!) roots.set(trace[row]!, row);
  });
  return roots;
}

/** What ordinary requests to each operation took before. */
function usualTimes(
  spans: SpanTable,
  roots: ReadonlyMap<number, number>,
  { calmUntil }: TraceWindow,
  width: number,
): Map<number, Usual> {
  const times = new Map<number, number[]>();
  for (const [trace, root] of roots) {
    if (spans.choice[trace] !== 0 || spans.start[root]! >= calmUntil) continue;
    const key = spans.service[root]! * width + spans.operation[root]!;
    times.set(key, [...(times.get(key) ?? []), spans.duration[root]!]);
  }
  return new Map(
    [...times].map(([key, seconds]) => {
      const sorted = Float64Array.from(seconds).sort();
      const median = quantileSorted(sorted, 0.5);
      const nearlyAll = quantileSorted(sorted, TRACES.slowQuantile);
      return [key, { median, slowFrom: Math.max(nearlyAll, TRACES.slowFactor * median) }];
    }),
  );
}

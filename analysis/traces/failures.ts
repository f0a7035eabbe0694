import type { SpanTable } from '../../model/telemetry.js';
import { TRACES } from './weights.js';
import { tracesOf } from './choice.js';
import type { TraceWindow } from './read.js';

/** A service in which failing requests began to fail. */
export interface FailureBeginning {
  service: string;
  /** Where most of them did. */
  operation: string;
  /** Failing traces of the incident that began to fail there, and all of them. */
  count: number;
  of: number;
  /** How far that is beyond what failed there before, 0 (as often) to 1 (never before). */
  rise: number;
}

interface Tally {
  calm: number;
  incident: number;
  operations: Map<number, number>;
}

/**
 * Where failing traces began to fail: in spans that failed although nothing below them did. Few requests fail, so
 * failing traces are read on purpose; the latest of a time, so that their number says little. How often they came is
 * therefore taken as high as it can have been before (from the first one on), and as low as it can be during.
 */
export function failureBeginnings(all: SpanTable, window: TraceWindow): FailureBeginning[] {
  const spans = tracesOf(all, ['ordinary', 'failing']);
  const tallies = new Map<number, Tally>();
  let firstCalm = Infinity;
  let failing = 0;
  for (const rows of beginningsByTrace(spans)) {
    const start = Math.min(...rows.map((row) => spans.start[row]!));
    const during = start >= window.from && start <= window.until;
    if (!during && start >= window.calmUntil) continue;
    if (during) failing += 1;
    else firstCalm = Math.min(firstCalm, start);
    const services = new Set(rows.map((row) => spans.service[row]!));
    for (const service of services) {
      const tally = tallies.get(service) ?? { calm: 0, incident: 0, operations: new Map<number, number>() };
      tally[during ? 'incident' : 'calm'] += 1 / services.size;
      for (const row of during ? rows : []) {
        if (spans.service[row] !== service) continue;
        const operation = spans.operation[row]!;
        tally.operations.set(operation, (tally.operations.get(operation) ?? 0) + 1);
      }
      tallies.set(service, tally);
    }
  }
  if (failing < TRACES.leastSample) return [];
  const calmSeconds = Math.max(1, window.calmUntil - firstCalm);
  const seconds = Math.max(1, window.until - window.from);
  return [...tallies].flatMap(([service, { calm, incident, operations }]) => {
    if (incident < TRACES.leastSample) return [];
    const rise = Math.max(0, 1 - calm / calmSeconds / (incident / seconds));
    const [operation] = [...operations].sort(([a, one], [b, other]) => other - one || a - b)[0]!;
    const names = { service: spans.services[service]!, operation: spans.operations[operation]! };
    return [{ ...names, count: Math.round(incident), of: failing, rise }];
  });
}

/** For each failing trace the rows of the spans in which it began to fail. */
function beginningsByTrace(spans: SpanTable): Iterable<number[]> {
  const below = failuresBelow(spans);
  const beginnings = new Map<number, number[]>();
  spans.failed.forEach((failed, row) => {
    if (failed !== 1 || below[row] !== 0) return;
    const trace = spans.trace[row]!;
    const rows = beginnings.get(trace);
    if (rows) rows.push(row);
    else beginnings.set(trace, [row]);
  });
  return beginnings.values();
}

/** Failed children of each span. */
export function failuresBelow(spans: SpanTable): Uint32Array {
  const below = new Uint32Array(spans.parent.length);
  for (let row = 0; row < below.length; row += 1) {
    const parent = spans.parent[row]!;
    if (parent >= 0 && spans.failed[row] === 1) below[parent] = below[parent]! + 1;
  }
  return below;
}

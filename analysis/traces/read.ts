import type { SpanTable } from '../../model/telemetry.js';
import { TRACES } from './weights.js';
import { group } from 'd3-array';
import { larger } from '../stats/exact.js';
import { compare, type Comparison } from './compare.js';
import { tracesOf } from './choice.js';
import { endChanges } from './ends.js';
import { failureBeginnings, failuresBelow, type FailureBeginning } from './failures.js';
import { timingOf } from './timing.js';

/** Extra time per incident's trace, where it was spent, and how far that is from calm. */
export interface SlowPart {
  /** The service that spent it; for time on the way, the service that called. */
  service: string;
  /** The service that answered, for time on the way; null for a service's own time. */
  callee: string | null;
  operation: string;
  before: number;
  after: number;
  /** -log10 of the chance that nothing changed, after allowance for how many parts were compared. */
  decades: number;
  /** Seconds in all, over the spans of the incident. */
  excess: number;
}

/** How often one operation made a call or a step of its own, per run of it, before and after. */
export interface PathChange {
  service: string;
  operation: string;
  /** Service and operation that it calls; the same service for an inner step. */
  callee: string;
  step: string;
  before: number;
  after: number;
  sigmas: number;
}

/** Share of the runs of an operation whose last call goes to `callee`; null for runs that call nobody. */
export interface EndChange {
  service: string;
  operation: string;
  callee: string | null;
  before: number;
  after: number;
}

/** How many of a service's spans failed without a failed child. */
export interface FailedPart {
  service: string;
  before: number;
  after: number;
  count: number;
}

export interface TraceFacts {
  /** What was compared. */
  window: TraceWindow;
  slow: SlowPart[];
  /** For each caller how many of its callees enough calls are known of, before and during. */
  callees: Map<string, number>;
  paths: PathChange[];
  /** Where runs of an operation end, when they end elsewhere than before. */
  ends: EndChange[];
  failed: FailedPart[];
  /** Where failing traces began to fail. */
  beginnings: FailureBeginning[];
  /** Seconds that whole requests took during the incident, roots alone. */
  rootSeconds: number;
  /** Spans before and during the incident. */
  calmSpans: number;
  incidentSpans: number;
}

/** Spans that start before `calmUntil` are calm, those in `[from, until]` belong to the incident (unix seconds). */
export interface TraceWindow {
  calmUntil: number;
  from: number;
  until: number;
}

interface Part {
  service: string;
  callee: string | null;
  operation: string;
  calm: number[];
  incident: number[];
}

/**
 * Compares the spans of the incident with those before it; linear in spans. Null when there are none of the incident.
 * Of traces that were read because they fail it is told where they began to; all else is of ordinary ones.
 */
export function readTraces(all: SpanTable, window: TraceWindow): TraceFacts | null {
  const spans = tracesOf(all, ['ordinary']);
  const { own, answeredBy } = timingOf(spans);
  const rows = spans.parent.length;
  // Blocks of calm are blocks of time only if the rows are in order.
  const order = Uint32Array.from({ length: rows }, (_, row) => row).sort(
    (a, b) => spans.start[a]! - spans.start[b]! || a - b,
  );
  const parts = new Map<string, Part>();
  const failures = new Map<
    number,
    { calm: number; calmFailed: number; incident: number; incidentFailed: number }
  >();
  const failedBelow = failuresBelow(spans);
  let calmSpans = 0;
  let incidentSpans = 0;
  let rootSeconds = 0;
  for (const row of order) {
    const start = spans.start[row]!;
    const during = start >= window.from && start <= window.until;
    if (!during && start >= window.calmUntil) continue;
    if (during) incidentSpans += 1;
    else calmSpans += 1;
    if (during && spans.parent[row]! < 0) rootSeconds += spans.duration[row]!;
    const answer = answeredBy[row]!;
    const service = spans.service[row]!;
    const key = answer < 0 ? `${service} ${spans.operation[row]!}` : `${service}>${spans.service[answer]!}`;
    let part = parts.get(key);
    if (part === undefined) {
      part = {
        service: spans.services[service]!,
        callee: answer < 0 ? null : spans.services[spans.service[answer]!]!,
        operation: answer < 0 ? spans.operations[spans.operation[row]!]! : '',
        calm: [],
        incident: [],
      };
      parts.set(key, part);
    }
    (during ? part.incident : part.calm).push(own[row]!);

    if (spans.failed[row] === 255) continue;
    const tally = failures.get(service) ?? { calm: 0, calmFailed: 0, incident: 0, incidentFailed: 0 };
    const deepest = spans.failed[row] === 1 && failedBelow[row] === 0 ? 1 : 0;
    if (during) {
      tally.incident += 1;
      tally.incidentFailed += deepest;
    } else {
      tally.calm += 1;
      tally.calmFailed += deepest;
    }
    failures.set(service, tally);
  }
  const beginnings = failureBeginnings(all, window);
  if (incidentSpans === 0 && beginnings.length === 0) return null;
  const compared = comparedParts([...parts.values()]);
  return {
    window,
    slow: slowParts(compared),
    callees: countBy(compared.filter(({ callee }) => callee !== null).map(({ service }) => service)),
    paths: pathChanges(spans, window, order),
    ends: endChanges(spans, window, answeredBy),
    failed: [...failures].map(([service, tally]) => ({
      service: spans.services[service]!,
      before: tally.calm === 0 ? 0 : tally.calmFailed / tally.calm,
      after: tally.incident === 0 ? 0 : tally.incidentFailed / tally.incident,
      count: tally.incidentFailed,
    })),
    beginnings,
    rootSeconds,
    calmSpans,
    incidentSpans,
  };
}

/** A part with its comparison, and the calm that it was compared with. */
type Compared = Part & Comparison & { usual: number[] };

/**
 * Rare calls have too few spans by themselves: the calm of a way from one caller is that of all callers to the callee
 * where it has none of its own.
 */
function comparedParts(parts: Part[]): Compared[] {
  const calmTo = new Map<string, number[]>();
  for (const { callee, calm } of parts) {
    if (callee !== null) calmTo.set(callee, [...(calmTo.get(callee) ?? []), ...calm]);
  }
  return parts.flatMap((part) => {
    const isRare = part.callee !== null && part.calm.length < TRACES.minSpans;
    const usual = isRare ? calmTo.get(part.callee!)! : part.calm;
    const comparison = compare(usual, part.incident);
    return comparison === null ? [] : [{ ...part, usual, ...comparison }];
  });
}

/**
 * The parts that became slower. The operations of one service, and the ways from all callers to one callee, are also
 * judged together, each against its own usual time.
 */
function slowParts(compared: Compared[]): SlowPart[] {
  const groups = group(compared, ({ service, callee }) =>
    JSON.stringify(callee === null ? [service] : ['to', callee]),
  );
  return [...groups.values()].flatMap((alike) => {
    const calm = new Map(alike.map(({ usual, before }) => [usual, before]));
    const moved = [...calm].flatMap(([usual, before]) => usual.map((seconds) => seconds - before));
    const during = alike.flatMap(({ incident, before }) => incident.map((seconds) => seconds - before));
    const together = larger(moved, during) - Math.log10(groups.size);
    return alike.flatMap(({ service, callee, operation, before, after, isClear, ...part }) => {
      const decades = Math.max(part.decades - Math.log10(compared.length), together);
      if (!isClear || decades < TRACES.leastDecades) return [];
      return [{ service, callee, operation, before, after, decades, excess: (after - before) * part.count }];
    });
  });
}

function countBy(names: string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

/** Runs and steps, by block of the calm and for the incident. */
interface Counts {
  calm: Float64Array;
  incident: number;
}

function pathChanges(spans: SpanTable, window: TraceWindow, order: Uint32Array): PathChange[] {
  const width = spans.operations.length;
  const calmRows = order.filter(
    (row) => spans.start[row]! < window.calmUntil && spans.start[row]! < window.from,
  );
  const blockOf = new Int8Array(spans.parent.length).fill(-1);
  const size = Math.max(1, Math.ceil(calmRows.length / TRACES.blocks));
  calmRows.forEach((row, index) => (blockOf[row] = Math.floor(index / size)));
  const INCIDENT = TRACES.blocks;
  for (const row of order) {
    const start = spans.start[row]!;
    if (start >= window.from && start <= window.until) blockOf[row] = INCIDENT;
  }
  const count = (counts: Map<number, Counts>, key: number, block: number): void => {
    let entry = counts.get(key);
    if (entry === undefined)
      counts.set(key, (entry = { calm: new Float64Array(TRACES.blocks), incident: 0 }));
    if (block === INCIDENT) entry.incident += 1;
    else entry.calm[block] = entry.calm[block]! + 1;
  };
  const runs = new Map<number, Counts>();
  const steps = new Map<number, Map<number, Counts>>();
  for (const row of order) {
    const block = blockOf[row]!;
    const key = spans.service[row]! * width + spans.operation[row]!;
    if (block >= 0) count(runs, key, block);
    const parent = spans.parent[row]!;
    // A step belongs to the time of the run that made it.
    const parentBlock = parent < 0 ? -1 : blockOf[parent]!;
    if (parentBlock < 0) continue;
    const parentKey = spans.service[parent]! * width + spans.operation[parent]!;
    let children = steps.get(parentKey);
    if (children === undefined) steps.set(parentKey, (children = new Map<number, Counts>()));
    count(children, key, parentBlock);
  }
  const changes: PathChange[] = [];
  for (const [key, children] of steps) {
    const run = runs.get(key)!;
    const total = run.calm.reduce((sum, value) => sum + value, 0);
    if (total < TRACES.minSpans || run.incident < TRACES.minSpans) continue;
    for (const [childKey, child] of children) {
      const before = child.calm.reduce((sum, value) => sum + value, 0) / total;
      const after = child.incident / run.incident;
      // Beyond what counting alone makes the blocks differ by, the mix of requests changes by this much.
      let mix = 0;
      for (let block = 0; block < TRACES.blocks; block += 1) {
        const blockRuns = run.calm[block]!;
        if (blockRuns < TRACES.minSpans) continue;
        const apart = (child.calm[block]! / blockRuns - before) ** 2;
        mix = Math.max(mix, apart - TRACES.blockSigmas ** 2 * (before / blockRuns));
      }
      const noise = Math.sqrt(Math.max(before, after) * (1 / total + 1 / run.incident) + mix) + 0.005;
      changes.push({
        service: spans.services[Math.floor(key / width)]!,
        operation: spans.operations[key % width]!,
        callee: spans.services[Math.floor(childKey / width)]!,
        step: spans.operations[childKey % width]!,
        before,
        after,
        sigmas: (after - before) / noise,
      });
    }
  }
  return changes.filter(({ sigmas }) => Math.abs(sigmas) >= TRACES.clear);
}

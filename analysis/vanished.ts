import type { CallGraph } from './graph/call-graph.js';
import type { Baseline } from './series/baseline.js';
import { RANK } from './weights.js';
import { SERIES } from './series/weights.js';

/** A service that stopped reporting: how many metrics it has and which of them ended. */
export interface Vanished {
  all: number;
  gone: string[];
}

interface Count extends Vanished {
  /** What the process says of itself rather than others of it, and how much of that ended. */
  own: number;
  ownEnded: number;
  /** What somebody else still counts, and counts nothing. */
  zero: number;
}

/** Services whose metrics mostly end when the incident begins, by number. */
export function vanishedServices(
  baselines: Baseline[],
  begin: number | null,
  graph: CallGraph,
): Map<number, Vanished> {
  const counts = new Map<number, Count>();
  if (begin === null) return new Map();
  for (const level of baselines) {
    const { subject, name, perspective } = level.series;
    const service = subject.kind === 'service' ? graph.indexOf.get(subject.service) : undefined;
    if (service === undefined) continue;
    // What never counted anything cannot stop to.
    if (level.flat && level.centre === 0) continue;
    const count = counts.get(service) ?? { all: 0, gone: [], own: 0, ownEnded: 0, zero: 0 };
    const ended = endsAt(level, begin);
    const zero = fallsToZero(level, begin);
    count.all += 1;
    if (ended || zero) count.gone.push(name);
    if (zero) count.zero += 1;
    else if (perspective === 'self') {
      count.own += 1;
      if (ended) count.ownEnded += 1;
    }
    counts.set(service, count);
  }
  // Latency ends and traffic falls to nothing also when nobody asks; what a process says of itself only ends with it.
  const silent = [...counts].filter(
    ([, { all, gone, own, ownEnded, zero }]) =>
      gone.length >= RANK.vanishedShare * all && (zero === 0 || (own > 0 && ownEnded === own)),
  );
  // When most fall silent together, it is the source that failed.
  return new Map(silent.length > counts.size / 2 ? [] : silent);
}

/** Somebody else counts what it does, and now that is nothing at all. */
function fallsToZero({ deviations, centre, scale }: Baseline, begin: number): boolean {
  if (centre <= 0) return false;
  let isSeen = false;
  for (let bin = begin + 1; bin < deviations.length; bin += 1) {
    const deviation = deviations[bin]!;
    if (Number.isNaN(deviation)) continue;
    if (Math.abs(centre + deviation * scale) >= 1e-9 * centre) return false;
    isSeen = true;
  }
  return isSeen;
}

/** Steady samples up to the beginning, hardly any after. */
function endsAt({ deviations, filledBefore }: Baseline, begin: number): boolean {
  const filled = (from: number, to: number): number => {
    let count = 0;
    for (let bin = from; bin < to; bin += 1) if (!Number.isNaN(deviations[bin]!)) count += 1;
    return to > from ? count / (to - from) : 0;
  };
  const { length } = deviations;
  const last = Math.max(0, begin - 1);
  return (
    filledBefore >= RANK.steadyShare &&
    filled(Math.max(0, last - SERIES.referenceBins), last) >= RANK.steadyShare &&
    filled(Math.min(begin + 1, length - 1), length) <= 1 - RANK.steadyShare
  );
}

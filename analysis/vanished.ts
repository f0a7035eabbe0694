import type { CallGraph } from './graph/call-graph.js';
import type { Level } from './series/level.js';
import { RANK, SERIES } from './weights.js';

/** A service that stopped reporting: how many metrics it has and which of them ended. */
export interface Vanished {
  all: number;
  gone: string[];
}

/** Services whose metrics mostly end when the incident begins, by number. */
export function vanishedServices(
  levels: Level[],
  begin: number | null,
  graph: CallGraph,
): Map<number, Vanished> {
  const counts = new Map<number, Vanished>();
  if (begin === null) return counts;
  for (const level of levels) {
    const { subject, name } = level.series;
    const service = subject.kind === 'service' ? graph.indexOf.get(subject.service) : undefined;
    if (service === undefined) continue;
    const count = counts.get(service) ?? { all: 0, gone: [] };
    count.all += 1;
    if (endsAt(level, begin)) count.gone.push(name);
    counts.set(service, count);
  }
  const silent = [...counts].filter(([, { all, gone }]) => gone.length >= RANK.vanishedShare * all);
  // When most fall silent together, it is the source that failed.
  return new Map(silent.length > counts.size / 2 ? [] : silent);
}

/** Steady samples up to the beginning, hardly any after. */
function endsAt({ deviations, filledBefore }: Level, begin: number): boolean {
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

import type { Series } from '../model/series.js';
import type { Baseline } from './series/baseline.js';
import type { Deviation } from './series/deviation.js';
import { quantileSorted } from './stats/order.js';
import { RANK } from './weights.js';

/** How much a resource's rise matters beside what services of this system use of it, 0..1. */
export type Material = (move: Deviation) => number;

/** Resources whose amounts compare between services. */
const AMOUNTS = new Set<string>(['cpu', 'memory', 'disk', 'network']);
/** Fewer services are no measure of what is usual. */
const LEAST_SERVICES = 4;

/**
 * A gauge that rests near nothing has no sigma that means anything: it may grow a thousandfold and take nothing from
 * anybody. So a rise counts in full only from a share of the median service's usual use on. Shares of a limit compare
 * with their limit.
 */
export function materialOf(baselines: readonly Baseline[]): Material {
  const levels = new Map<string, number[]>();
  for (const { series, centre } of baselines) {
    if (!isAmount(series)) continue;
    const key = keyOf(series);
    const known = levels.get(key);
    if (known === undefined) levels.set(key, [Math.abs(centre)]);
    else known.push(Math.abs(centre));
  }
  const usual = new Map(
    [...levels].flatMap(([key, all]): [string, number][] =>
      all.length < LEAST_SERVICES ? [] : [[key, quantileSorted(Float64Array.from(all).sort(), 0.5)]],
    ),
  );
  return ({ series, before, after }) => {
    const median = isAmount(series) ? (usual.get(keyOf(series)) ?? 0) : 0;
    return median <= 0 ? 1 : Math.min(1, Math.abs(after - before) / (RANK.material * median));
  };
}

function isAmount({ subject, signal, unit }: Series): boolean {
  return subject.kind === 'service' && AMOUNTS.has(signal) && unit !== '1';
}

function keyOf({ name, unit }: Series): string {
  return `${name} ${unit}`;
}

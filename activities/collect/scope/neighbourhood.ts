import type { CallEdge } from '../../../model/graph.js';
import { Calls } from './calls.js';

/**
 * Services that may be involved in a fault seen at `start`, with their distance in calls: what it depends on, what
 * depends on it, and the other callers of what it depends on, for they may overload it.
 */
export function neighbourhood(
  edges: readonly CallEdge[],
  start: string,
  maxHops: number,
): Map<string, number> {
  const calls = new Calls(edges.map(({ caller, callee }) => [caller, callee] as const));
  const distances = new Map([[start, 0]]);
  const add = (service: string, distance: number): void => {
    distances.set(service, Math.min(distance, distances.get(service) ?? Infinity));
  };
  const below = calls.below(start, maxHops);
  for (const paths of [below, calls.above(start, maxHops)]) {
    for (const [service, path] of paths) add(service, path.length - 1);
  }
  for (const [service, path] of below) {
    for (const caller of calls.callersOf(service)) add(caller, path.length);
  }
  return distances;
}

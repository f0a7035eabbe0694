import type { CallEdge } from '../../../model/graph.js';

/** Calls from each service on to another, in one direction. */
type Adjacency = ReadonlyMap<string, readonly string[]>;

/**
 * Services that may have to do with trouble at `start`, with their distance in hops: whom it calls, through others
 * too; who calls it; and who else calls those that it depends on, for they may overload them.
 */
export function around(edges: readonly CallEdge[], start: string, maxHops: number): Map<string, number> {
  const callees = adjacency(edges.map(({ caller, callee }) => [caller, callee]));
  const callers = adjacency(edges.map(({ caller, callee }) => [callee, caller]));
  const down = walk(callees, start, maxHops);
  const distances = new Map(down);
  for (const [service, distance] of walk(callers, start, maxHops)) add(distances, service, distance);
  for (const [service, distance] of down) {
    for (const caller of callers.get(service) ?? []) add(distances, caller, distance + 1);
  }
  return distances;
}

function add(distances: Map<string, number>, service: string, distance: number): void {
  distances.set(service, Math.min(distance, distances.get(service) ?? Infinity));
}

function adjacency(pairs: readonly (readonly [string, string])[]): Adjacency {
  const next = new Map<string, string[]>();
  for (const [from, to] of pairs) {
    const known = next.get(from);
    if (known) known.push(to);
    else next.set(from, [to]);
  }
  return next;
}

function walk(next: Adjacency, start: string, maxHops: number): Map<string, number> {
  const distances = new Map([[start, 0]]);
  let edge = [start];
  for (let hop = 1; hop <= maxHops && edge.length > 0; hop++) {
    const further = edge.flatMap((service) => next.get(service) ?? []);
    edge = [...new Set(further)].filter((service) => !distances.has(service));
    for (const service of edge) distances.set(service, hop);
  }
  return distances;
}

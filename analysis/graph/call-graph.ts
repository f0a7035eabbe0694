import type { ServiceGraph } from '../../model/graph.js';

/**
 * Services by number, with their callers and callees. Built once per diagnosis in time linear in services and
 * edges; everything that walks the graph works on numbers.
 */
export interface CallGraph {
  names: string[];
  indexOf: Map<string, number>;
  callees: number[][];
  callers: number[][];
  /** Whether any call is known at all. */
  known: boolean;
  external: Set<number>;
  /** Services that run on the same host, by host. */
  hosts: Map<string, number[]>;
}

/** `extraServices` are subjects of series and changes that the graph does not name. */
export function buildCallGraph(graph: ServiceGraph, extraServices: Iterable<string>): CallGraph {
  const all = new Set(graph.services);
  for (const edge of graph.edges) all.add(edge.caller).add(edge.callee);
  for (const placement of graph.placements) all.add(placement.service);
  for (const service of extraServices) all.add(service);
  // Sorted, so that nothing depends on the order in which a source listed them.
  const names = [...all].sort();
  const indexOf = new Map(names.map((name, index) => [name, index]));
  const callees = names.map(() => new Set<number>());
  const callers = names.map(() => new Set<number>());
  for (const edge of graph.edges) {
    const caller = indexOf.get(edge.caller)!;
    const callee = indexOf.get(edge.callee)!;
    if (caller === callee) continue;
    callees[caller]!.add(callee);
    callers[callee]!.add(caller);
  }
  const hosts = new Map<string, number[]>();
  for (const { service, host } of graph.placements) {
    const tenants = hosts.get(host) ?? [];
    tenants.push(indexOf.get(service)!);
    hosts.set(host, tenants);
  }
  const ascending = (set: Set<number>): number[] => [...set].sort((a, b) => a - b);
  return {
    names,
    indexOf,
    callees: callees.map(ascending),
    callers: callers.map(ascending),
    known: callees.some((set) => set.size > 0),
    external: new Set(graph.external.flatMap((name) => indexOf.get(name) ?? [])),
    hosts,
  };
}

/** Hops from `start` along `neighbours`, breadth first; -1 where it cannot be reached. */
export function hopsFrom(start: number, neighbours: number[][]): Int32Array {
  const hops = new Int32Array(neighbours.length).fill(-1);
  const queue = new Int32Array(neighbours.length);
  hops[start] = 0;
  queue[0] = start;
  let tail = 1;
  for (let head = 0; head < tail; head += 1) {
    const here = queue[head]!;
    for (const next of neighbours[here]!) {
      if (hops[next] !== -1) continue;
      hops[next] = hops[here]! + 1;
      queue[tail] = next;
      tail += 1;
    }
  }
  return hops;
}

/** Whether each service can be reached from one of `starts` along `neighbours`; the starts themselves can. */
export function reachableFrom(starts: readonly number[], neighbours: readonly number[][]): boolean[] {
  const reached = neighbours.map(() => false);
  const open = [...starts];
  for (const start of starts) reached[start] = true;
  for (let here = open.pop(); here !== undefined; here = open.pop()) {
    for (const next of neighbours[here]!) {
      if (reached[next]) continue;
      reached[next] = true;
      open.push(next);
    }
  }
  return reached;
}

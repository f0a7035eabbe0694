/** A call between services, `caller` first. */
export type Call = readonly [caller: string, callee: string];

/** A way along calls, both ends included. */
export type Path = readonly string[];

type Neighbours = ReadonlyMap<string, ReadonlySet<string>>;

const NONE: ReadonlySet<string> = new Set();

/** Which service calls which, to be walked in both directions. */
export class Calls {
  private readonly callees = new Map<string, Set<string>>();
  private readonly callers = new Map<string, Set<string>>();
  /** What `below` has found: a round of triage asks about the same services many times. */
  private readonly found = new Map<string, ReadonlyMap<string, Path>>();

  constructor(calls: Iterable<Call>) {
    for (const [caller, callee] of calls) {
      if (caller === callee) continue;
      put(this.callees, caller, callee);
      put(this.callers, callee, caller);
    }
  }

  calleesOf(service: string): ReadonlySet<string> {
    return this.callees.get(service) ?? NONE;
  }

  callersOf(service: string): ReadonlySet<string> {
    return this.callers.get(service) ?? NONE;
  }

  /** All services that one depends on within so many calls, nearest first, by a shortest path to each. */
  below(service: string, maxHops: number): ReadonlyMap<string, Path> {
    const key = `${maxHops} ${service}`;
    const paths = this.found.get(key) ?? shortestPaths(this.callees, service, maxHops);
    this.found.set(key, paths);
    return paths;
  }

  /** All services that depend on one within so many calls, nearest first, by a shortest path to each. */
  above(service: string, maxHops: number): Map<string, Path> {
    return shortestPaths(this.callers, service, maxHops);
  }
}

/** Breadth first; without the start itself. */
function shortestPaths(neighbours: Neighbours, start: string, maxHops: number): Map<string, Path> {
  const paths = new Map<string, Path>([[start, [start]]]);
  let edge: Path[] = [[start]];
  for (let hop = 1; hop <= maxHops && edge.length > 0; hop++) {
    const next: Path[] = [];
    for (const path of edge) {
      for (const neighbour of neighbours.get(path.at(-1)!) ?? NONE) {
        if (paths.has(neighbour)) continue;
        const further = [...path, neighbour];
        paths.set(neighbour, further);
        next.push(further);
      }
    }
    edge = next;
  }
  paths.delete(start);
  return paths;
}

function put(map: Map<string, Set<string>>, key: string, value: string): void {
  const known = map.get(key);
  if (known) known.add(value);
  else map.set(key, new Set([value]));
}

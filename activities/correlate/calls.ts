/** Calls between services, `caller` first. */
export type Call = readonly [caller: string, callee: string];

/** A way along calls, both ends included. */
export type Path = readonly string[];

/** Who calls whom, to be walked in both directions. */
export class Calls {
  private readonly callees = new Map<string, Set<string>>();
  private readonly callers = new Map<string, Set<string>>();
  /** What `below` has found: a round asks about the same services many times. */
  private readonly reached = new Map<string, ReadonlyMap<string, Path>>();

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

  /** Everything that a service depends on within so many calls, nearest first, by a shortest way to it. */
  below(service: string, maxHops: number): ReadonlyMap<string, Path> {
    const key = `${maxHops} ${service}`;
    const known = this.reached.get(key);
    if (known) return known;
    const found = this.search(service, maxHops);
    this.reached.set(key, found);
    return found;
  }

  private search(service: string, maxHops: number): Map<string, Path> {
    const paths = new Map<string, Path>([[service, [service]]]);
    let edge: Path[] = [[service]];
    for (let hop = 1; hop <= maxHops && edge.length > 0; hop++) {
      const next: Path[] = [];
      for (const path of edge) {
        for (const callee of this.calleesOf(path.at(-1)!)) {
          if (paths.has(callee)) continue;
          const further = [...path, callee];
          paths.set(callee, further);
          next.push(further);
        }
      }
      edge = next;
    }
    paths.delete(service);
    return paths;
  }
}

const NONE: ReadonlySet<string> = new Set();

function put(map: Map<string, Set<string>>, key: string, value: string): void {
  const known = map.get(key);
  if (known) known.add(value);
  else map.set(key, new Set([value]));
}

import { baseOf } from '../../model/identity/names.js';
import type { AffectedService } from '../../model/triage.js';
import type { PlacedService } from '../collect/scope/estate.js';

/** Where metrics have services, to tell a service from its namesakes in other namespaces and clusters. */
export class KnownPlaces {
  /** Namespaces by a service's name, as far as metrics tell. */
  private readonly namespaces = new Map<string, Set<string>>();

  constructor(services: Iterable<PlacedService> = []) {
    for (const { name, namespace } of services) {
      if (namespace === null) continue;
      const base = baseOf(name);
      this.namespaces.set(base, (this.namespaces.get(base) ?? new Set()).add(namespace));
    }
  }

  /** Whether alerts under one name are of one service: in no different places, or in the only place that it has. */
  isOne(a: AffectedService, b: AffectedService): boolean {
    if (isApart(a.clusters, b.clusters)) return false;
    return !isApart(a.namespaces, b.namespaces) || this.namespaces.get(a.name)?.size === 1;
  }

  /**
   * Whether one service may call the other: not when they are in different clusters, nor when the caller's namespace
   * has a service of the other's name itself, as copies of a system do.
   */
  mayCall(a: AffectedService, b: AffectedService): boolean {
    if (isApart(a.clusters, b.clusters)) return false;
    if (!isApart(a.namespaces, b.namespaces)) return true;
    const isIn = ({ name }: AffectedService, { namespaces = [] }: AffectedService): boolean =>
      namespaces.some((one) => this.namespaces.get(name)?.has(one));
    return !isIn(b, a) && !isIn(a, b);
  }
}

/** Whether both say where they are, and nothing is the same. */
function isApart(a: readonly string[] = [], b: readonly string[] = []): boolean {
  return a.length > 0 && b.length > 0 && !a.some((one) => b.includes(one));
}

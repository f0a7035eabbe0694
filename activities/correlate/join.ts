import type { AffectedService, AffectedServices, GroupTarget } from '../../model/triage.js';
import type { Calls, Path } from '../collect/scope/calls.js';
import type { KnownPlaces } from './places.js';

export interface JoinRules {
  maxHops: number;
  joinSeconds: number;
  sharedCallers: number;
  /** Whether groups whose services have one name in the metrics are joined. */
  joinsNames: boolean;
}

/** An alert group that is to be placed, or an open incident. */
interface Party {
  target: { kind: 'incident'; id: string } | { kind: 'group'; index: number };
  services: Map<string, AffectedService>;
  /** Its services that call no other of them. */
  roots: string[];
}

/** What links are made by. */
interface View {
  calls: Calls;
  ownersOf: ReadonlyMap<string, Party[]>;
  rules: JoinRules;
  places: KnownPlaces;
}

interface Link {
  to: Party;
  hops: number;
  apart: number;
  why: string;
}

/**
 * Says which alert groups belong to which incident, or to each other, by who calls whom.
 *
 * Faults spread from a service to its callers. So an alert group belongs to an affected service that it calls, within
 * `maxHops` and `joinSeconds`; and a group that an incident's deepest service calls is a deeper cause of it. Only the
 * roots of a party (services that call none of its others) make links: a gateway that is affected by three faults at
 * once is explained by the first and does not connect the other two to it. Two roots that call the same service without
 * alerts belong together when most of its callers have alerts. Namesakes in other namespaces and clusters are none of
 * these services (`places`).
 */
export function joinGroups(
  calls: Calls,
  groups: readonly AffectedServices[],
  incidents: readonly (AffectedServices & { id: string })[],
  rules: JoinRules,
  places: KnownPlaces,
): (GroupTarget | null)[] {
  const party = ({ services }: AffectedServices, target: Party['target']): Party => {
    const own = new Map(services.map((one) => [one.name, one]));
    return { target, services: own, roots: rootsOf(calls, own, rules.maxHops) };
  };
  const open = incidents.map((one) => party(one, { kind: 'incident', id: one.id }));
  const fresh = groups.map((one, index) => party(one, { kind: 'group', index }));
  const ownersOf = owners([...open, ...fresh]);

  const view: View = { calls, ownersOf, rules, places };
  const links = fresh.map((one) => linkByName(view, one) ?? linkDown(view, one));
  cutCycles(fresh, links);

  // A group that calls no affected service is the deepest known: its callers may have an incident already.
  const adopted = new Set<string>();
  const shared = sharedBy(calls, ownersOf, rules);
  for (const [index, one] of fresh.entries()) {
    if (links[index]) continue;
    links[index] = linkUp(view, one, open, adopted) ?? undefined;
  }
  for (const [index, one] of fresh.entries()) {
    if (links[index]) continue;
    // Only towards those that are placed already, so that two never point at each other.
    const standing = [...open, ...fresh.slice(0, index).filter((_, i) => !links[i])];
    links[index] = linkAside(view, one, standing, shared) ?? undefined;
  }
  return links.map((link) => (link ? { ...link.to.target, why: link.why } : null));
}

/** Services that call no other of the same party, at any distance of reach. In a circle all are. */
function rootsOf(calls: Calls, own: ReadonlyMap<string, unknown>, maxHops: number): string[] {
  const services = [...own.keys()];
  const roots = services.filter(
    (service) => ![...calls.below(service, maxHops).keys()].some((other) => own.has(other)),
  );
  return roots.length > 0 ? roots : services;
}

function owners(parties: readonly Party[]): Map<string, Party[]> {
  const found = new Map<string, Party[]>();
  for (const party of parties) {
    for (const service of party.services.keys()) {
      const known = found.get(service);
      if (known) known.push(party);
      else found.set(service, [party]);
    }
  }
  return found;
}

/** The party of the same service under another spelling, or in a namespace that only one spelling tells. */
function linkByName({ ownersOf, rules, places }: View, one: Party): Link | undefined {
  if (!rules.joinsNames) return undefined;
  const { target } = one;
  for (const [name, own] of one.services) {
    const others = (ownersOf.get(name) ?? []).filter(
      (to) => to !== one && places.isOne(own, to.services.get(name)!),
    );
    // Which of two in different places is meant cannot be told.
    const where = new Set(others.map(({ services }) => placeOf(services.get(name)!)));
    if (where.size > 1) continue;
    const to = others.find(
      (other) =>
        other.target.kind === 'incident' || (target.kind === 'group' && other.target.index < target.index),
    );
    if (to) return { to, hops: 0, apart: 0, why: `also of ${name}, as its metrics call it` };
  }
  return undefined;
}

function placeOf({ namespaces, clusters }: AffectedService): string {
  return JSON.stringify([namespaces, clusters]);
}

/** The nearest affected service that a group depends on. */
function linkDown({ calls, ownersOf, rules, places }: View, one: Party): Link | undefined {
  const found: Link[] = [];
  for (const root of one.roots) {
    const caller = one.services.get(root)!;
    for (const [callee, path] of calls.below(root, rules.maxHops)) {
      for (const to of ownersOf.get(callee) ?? []) {
        const called = to.services.get(callee)!;
        if (to === one || !places.mayCall(caller, called)) continue;
        found.push(linkAlong(path, to, Math.abs(caller.at - called.at)));
      }
    }
  }
  return nearest(found, rules);
}

/** The nearest incident whose root calls this group. Each such root leads to one group only. */
function linkUp(
  { calls, rules, places }: View,
  one: Party,
  open: readonly Party[],
  adopted: Set<string>,
): Link | undefined {
  const found: (Link & { by: string })[] = [];
  for (const to of open) {
    for (const root of to.roots) {
      const by = JSON.stringify([to.target, root]);
      if (adopted.has(by)) continue;
      const caller = to.services.get(root)!;
      for (const [callee, path] of calls.below(root, rules.maxHops)) {
        const called = one.services.get(callee);
        if (!called || !places.mayCall(caller, called)) continue;
        found.push({ ...linkAlong(path, to, Math.abs(called.at - caller.at)), by });
      }
    }
  }
  const best = nearest(found, rules);
  if (best) adopted.add(best.by);
  return best;
}

/** The nearest party that calls the same service without alerts, of which most callers have alerts. */
function linkAside(
  { calls, rules, places }: View,
  one: Party,
  parties: readonly Party[],
  shared: (service: string) => boolean,
): Link | undefined {
  const found: Link[] = [];
  for (const root of one.roots) {
    const caller = one.services.get(root)!;
    for (const callee of calls.calleesOf(root)) {
      if (!shared(callee)) continue;
      for (const to of parties) {
        for (const other of to.roots) {
          const beside = to.services.get(other)!;
          const callsIt = other !== root && calls.calleesOf(other).has(callee);
          if (!callsIt || !places.mayCall(caller, beside)) continue;
          const apart = Math.abs(caller.at - beside.at);
          const why = `${root} and ${other} both call ${callee}, ${inWords(apart)}`;
          found.push({ to, hops: 2, apart, why });
        }
      }
    }
  }
  return nearest(found, rules);
}

/** Whether a service without alerts may be the cause of those of its callers. */
function sharedBy(
  calls: Calls,
  ownersOf: ReadonlyMap<string, Party[]>,
  rules: JoinRules,
): (service: string) => boolean {
  return (service) => {
    if (ownersOf.has(service)) return false;
    const callers = [...calls.callersOf(service)];
    const affected = callers.filter((caller) => ownersOf.has(caller)).length;
    return affected >= 2 && affected / callers.length >= rules.sharedCallers;
  };
}

/** Of links that form a circle the earliest group's is cut: it opens the incident. */
function cutCycles(fresh: readonly Party[], links: (Link | undefined)[]): void {
  for (const start of fresh.keys()) {
    const way: number[] = [];
    for (let index = start; ;) {
      const at = way.indexOf(index);
      if (at >= 0) {
        links[earliest(fresh, way.slice(at))] = undefined;
        break;
      }
      way.push(index);
      const target = links[index]?.to.target;
      if (target?.kind !== 'group') break;
      index = target.index;
    }
  }
}

function earliest(fresh: readonly Party[], indices: readonly number[]): number {
  const begins = (index: number): number =>
    Math.min(...[...fresh[index]!.services.values()].map(({ at }) => at));
  return [...indices].sort((a, b) => begins(a) - begins(b) || a - b)[0]!;
}

function nearest<L extends Link>(links: readonly L[], rules: JoinRules): L | undefined {
  return links
    .filter(({ apart }) => apart <= rules.joinSeconds)
    .sort((a, b) => a.hops - b.hops || a.apart - b.apart || (a.why < b.why ? -1 : 1))[0];
}

function linkAlong(path: Path, to: Party, apart: number): Link {
  const through = path.slice(1, -1);
  const way = through.length > 0 ? ` through ${through.join(', ')}` : '';
  const why = `${path[0]} calls ${path.at(-1)}${way}, ${inWords(apart)}`;
  return { to, hops: path.length - 1, apart, why };
}

function inWords(seconds: number): string {
  const whole = Math.round(seconds);
  return whole === 0
    ? 'at the same time'
    : whole < 120
      ? `${whole} s apart`
      : `${Math.round(whole / 60)} min apart`;
}

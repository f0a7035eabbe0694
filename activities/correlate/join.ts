import type { AffectedServices, GroupTarget } from '../../model/triage.js';
import type { Calls, Path } from '../collect/scope/calls.js';

export interface JoinRules {
  maxHops: number;
  joinSeconds: number;
  sharedCallers: number;
}

/** An alert group that is to be placed, or an open incident. */
interface Party {
  target: { kind: 'incident'; id: string } | { kind: 'group'; index: number };
  began: Map<string, number>;
  /** Its services that call no other of them. */
  roots: string[];
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
 * alerts belong together when most of its callers have alerts.
 */
export function joinGroups(
  calls: Calls,
  groups: readonly AffectedServices[],
  incidents: readonly (AffectedServices & { id: string })[],
  rules: JoinRules,
): (GroupTarget | null)[] {
  const party = ({ services }: AffectedServices, target: Party['target']): Party => {
    const began = new Map(services.map(({ name, at }) => [name, at]));
    return { target, began, roots: rootsOf(calls, began, rules.maxHops) };
  };
  const open = incidents.map((one) => party(one, { kind: 'incident', id: one.id }));
  const fresh = groups.map((one, index) => party(one, { kind: 'group', index }));
  const ownersOf = owners([...open, ...fresh]);

  const links = fresh.map((one) => linkDown(calls, one, ownersOf, rules));
  cutCycles(fresh, links);

  // A group that calls no affected service is the deepest known: its callers may have an incident already.
  const adopted = new Set<string>();
  const shared = sharedBy(calls, ownersOf, rules);
  for (const [index, one] of fresh.entries()) {
    if (links[index]) continue;
    links[index] = linkUp(calls, one, open, rules, adopted) ?? undefined;
  }
  for (const [index, one] of fresh.entries()) {
    if (links[index]) continue;
    // Only towards those that are placed already, so that two never point at each other.
    const standing = [...open, ...fresh.slice(0, index).filter((_, i) => !links[i])];
    links[index] = linkAside(calls, one, standing, shared, rules) ?? undefined;
  }
  return links.map((link) => (link ? { ...link.to.target, why: link.why } : null));
}

/** Services that call no other of the same party, at any distance of reach. In a circle all are. */
function rootsOf(calls: Calls, began: ReadonlyMap<string, number>, maxHops: number): string[] {
  const services = [...began.keys()];
  const roots = services.filter(
    (service) => ![...calls.below(service, maxHops).keys()].some((other) => began.has(other)),
  );
  return roots.length > 0 ? roots : services;
}

function owners(parties: readonly Party[]): Map<string, Party[]> {
  const found = new Map<string, Party[]>();
  for (const party of parties) {
    for (const service of party.began.keys()) {
      const known = found.get(service);
      if (known) known.push(party);
      else found.set(service, [party]);
    }
  }
  return found;
}

/** The nearest affected service that a group depends on. */
function linkDown(
  calls: Calls,
  one: Party,
  ownersOf: ReadonlyMap<string, Party[]>,
  rules: JoinRules,
): Link | undefined {
  const found: Link[] = [];
  for (const root of one.roots) {
    for (const [callee, path] of calls.below(root, rules.maxHops)) {
      for (const to of ownersOf.get(callee) ?? []) {
        if (to === one) continue;
        found.push(linkAlong(path, to, Math.abs(one.began.get(root)! - to.began.get(callee)!)));
      }
    }
  }
  return nearest(found, rules);
}

/** The nearest incident whose root calls this group. Each such root leads to one group only. */
function linkUp(
  calls: Calls,
  one: Party,
  open: readonly Party[],
  rules: JoinRules,
  adopted: Set<string>,
): Link | undefined {
  const found: (Link & { by: string })[] = [];
  for (const to of open) {
    for (const root of to.roots) {
      const by = JSON.stringify([to.target, root]);
      if (adopted.has(by)) continue;
      for (const [callee, path] of calls.below(root, rules.maxHops)) {
        const at = one.began.get(callee);
        if (at !== undefined) found.push({ ...linkAlong(path, to, Math.abs(at - to.began.get(root)!)), by });
      }
    }
  }
  const best = nearest(found, rules);
  if (best) adopted.add(best.by);
  return best;
}

/** The nearest party that calls the same service without alerts, of which most callers have alerts. */
function linkAside(
  calls: Calls,
  one: Party,
  parties: readonly Party[],
  shared: (service: string) => boolean,
  rules: JoinRules,
): Link | undefined {
  const found: Link[] = [];
  for (const root of one.roots) {
    for (const callee of calls.calleesOf(root)) {
      if (!shared(callee)) continue;
      for (const to of parties) {
        for (const other of to.roots) {
          if (other === root || !calls.calleesOf(other).has(callee)) continue;
          const apart = Math.abs(one.began.get(root)! - to.began.get(other)!);
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
  const begins = (index: number): number => Math.min(...fresh[index]!.began.values());
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

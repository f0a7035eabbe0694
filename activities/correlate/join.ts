import type { Trouble, TroubleHome } from '../../model/triage.js';
import type { Calls, Path } from '../collect/scope/calls.js';

export interface JoinRules {
  maxHops: number;
  joinSeconds: number;
  sharedCallers: number;
}

/** A trouble that is to be placed, or an incident that is open. */
interface Party {
  home: { kind: 'incident'; id: string } | { kind: 'trouble'; index: number };
  began: Map<string, number>;
  /** Its services that nothing of its own explains: they call no other of them. */
  roots: string[];
}

interface Link {
  to: Party;
  hops: number;
  apart: number;
  why: string;
}

/**
 * Says which troubles belong to which incident, or to each other, by who calls whom.
 *
 * Trouble climbs from a service to its callers. So a trouble belongs to what it calls, within `maxHops` and
 * `joinSeconds`; and an incident whose deepest service calls a new trouble has found a deeper one. Only the roots of a
 * party (services that call none of its others) make links: a gateway that suffers from three faults at once is
 * explained by the first and does not tie the other two to it. Two roots that call the same quiet service belong
 * together when most of its callers have trouble.
 */
export function joinTroubles(
  calls: Calls,
  troubles: readonly Trouble[],
  incidents: readonly (Trouble & { id: string })[],
  rules: JoinRules,
): (TroubleHome | null)[] {
  const party = (trouble: Trouble, home: Party['home']): Party => {
    const began = new Map(trouble.services.map(({ name, at }) => [name, at]));
    return { home, began, roots: rootsOf(calls, began, rules.maxHops) };
  };
  const open = incidents.map((one) => party(one, { kind: 'incident', id: one.id }));
  const fresh = troubles.map((one, index) => party(one, { kind: 'trouble', index }));
  const ownersOf = owners([...open, ...fresh]);

  const links = fresh.map((one) => linkDown(calls, one, ownersOf, rules));
  cutCycles(fresh, links);

  // What depends on nothing that has trouble is the deepest known: its callers may have an incident already.
  const adopted = new Set<string>();
  const shared = sharedBy(calls, ownersOf, rules);
  for (const [index, one] of fresh.entries()) {
    if (links[index]) continue;
    links[index] = linkUp(calls, one, open, rules, adopted) ?? undefined;
  }
  for (const [index, one] of fresh.entries()) {
    if (links[index]) continue;
    // Only towards what stands already, so that two never lean on each other.
    const standing = [...open, ...fresh.slice(0, index).filter((_, i) => !links[i])];
    links[index] = linkAside(calls, one, standing, shared, rules) ?? undefined;
  }
  return links.map((link) => (link ? { ...link.to.home, why: link.why } : null));
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

/** The nearest trouble that one depends on. */
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

/** The nearest incident whose own depth calls this trouble. Each such service leads to one trouble only. */
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
      const by = JSON.stringify([to.home, root]);
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

/** The nearest party that calls the same quiet service, of which most callers have trouble. */
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

/** Whether a service without trouble of its own may be behind that of its callers. */
function sharedBy(
  calls: Calls,
  ownersOf: ReadonlyMap<string, Party[]>,
  rules: JoinRules,
): (service: string) => boolean {
  return (service) => {
    if (ownersOf.has(service)) return false;
    const callers = [...calls.callersOf(service)];
    const troubled = callers.filter((caller) => ownersOf.has(caller)).length;
    return troubled >= 2 && troubled / callers.length >= rules.sharedCallers;
  };
}

/** Of links that lead round in a circle the earliest trouble's is cut: it opens the incident. */
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
      const home = links[index]?.to.home;
      if (home?.kind !== 'trouble') break;
      index = home.index;
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

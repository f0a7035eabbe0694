import type { Change } from '../../model/change.js';
import type { ServiceGraph } from '../../model/graph.js';
import type { ELSEWHERE } from './weights.js';

/** When and where a change took effect. */
export interface Effect {
  /** Unix seconds; null when it was never rolled out, as far as the deploys tell. */
  time: number | null;
  /** Services that it concerns; empty when it belongs to no single one. */
  services: string[];
  /** Whether its source itself names a service: a deploy, a flag. */
  named: boolean;
}

/** Where a change is, seen from the failure: `suspect` is where it seems to have begun. */
export type Where = 'suspect' | keyof typeof ELSEWHERE;

/**
 * A change that names its service takes effect at its own time. A commit that names none ships with the next
 * deploy: of the services that its files belong to, or of any when they are shared. Where no deploys are known
 * at all, its own time counts.
 */
export function effectOf(change: Change, changes: Change[], services: string[]): Effect {
  if (change.service !== null) return { time: change.time, services: [change.service], named: true };
  if (change.kind !== 'other') return { time: change.time, services: [], named: true };
  const owners = services.filter((service) => change.files.some((file) => ownsFile(service, file)));
  const deploys = changes.filter(({ kind, service }) => kind === 'deploy' && service !== null);
  if (deploys.length === 0) return { time: change.time, services: owners, named: false };
  const carriers = deploys
    .filter(({ time, service }) => time >= change.time && (owners.length === 0 || owners.includes(service!)))
    .map(({ time }) => time);
  return { time: carriers.length === 0 ? null : Math.min(...carriers), services: owners, named: false };
}

const ROLLBACK = /\broll(?:ed|ing|s)?[ -]?back\b|\brevert(?:ed|ing|s)?\b/iu;

/** Whether a change brings back what ran before. */
export function isRollback({ title }: Change): boolean {
  return ROLLBACK.test(title);
}

/** When a change was taken back: by the next one of its service, if that is a rollback. Null: it is in effect. */
export function undoneAt(change: Change, changes: Change[]): number | null {
  if (change.service === null || isRollback(change)) return null;
  const next = changes
    .filter(
      ({ service, time, kind }) => service === change.service && time > change.time && kind !== 'restart',
    )
    .reduce<Change | null>((a, b) => (a !== null && a.time <= b.time ? a : b), null);
  return next !== null && isRollback(next) ? next.time : null;
}

/** Whether a file's path names the service: all words of the service's name are among the path's. */
function ownsFile(service: string, file: string): boolean {
  const bare = service.toLowerCase().replace(/[-_]?(?:service|svc|server)$/u, '');
  const path = file.toLowerCase().split(/[/\\]/u);
  if (path.includes(service.toLowerCase()) || path.includes(bare)) return true;
  const parts = bare.split(/[-_.]/u).filter((part) => !/^\d*$/u.test(part));
  const inPath = new Set(path.flatMap((part) => part.split(/[-_.]/u)));
  return parts.length > 1 && parts.every((part) => inPath.has(part));
}

/** Where the services of a change stand to those that fail (`failing`, the likeliest origin first). */
export function placeOf(services: string[], failing: string[], graph: ServiceGraph): Where {
  if (services.length === 0) return 'shared';
  const [origin] = failing;
  if (origin !== undefined && services.includes(origin)) return 'suspect';
  if (services.some((service) => failing.includes(service))) return 'failing';
  const callees = reach(failing, graph, 'down');
  if (services.some((service) => callees.has(service))) return 'callee';
  const callers = reach(failing, graph, 'up');
  return services.some((service) => callers.has(service)) ? 'caller' : 'unrelated';
}

/** All services that can be reached from these along the calls, or against them. */
function reach(from: string[], graph: ServiceGraph, direction: 'down' | 'up'): Set<string> {
  const next = new Map<string, string[]>();
  for (const { caller, callee } of graph.edges) {
    const [here, there] = direction === 'down' ? [caller, callee] : [callee, caller];
    const list = next.get(here);
    if (list) list.push(there);
    else next.set(here, [there]);
  }
  const reached = new Set(from);
  for (const service of reached) for (const other of next.get(service) ?? []) reached.add(other);
  return reached;
}

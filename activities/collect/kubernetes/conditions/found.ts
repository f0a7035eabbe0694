import type { Condition } from '../../../../model/condition.js';
import { maskSecrets } from '../../../../report/mask.js';
import type { Root } from '../owners.js';

/** A condition as one object tells it, before those of one workload are put together. */
export interface Found extends Pick<
  Condition,
  'kind' | 'service' | 'host' | 'object' | 'since' | 'until' | 'message' | 'count'
> {
  /** An event said so; objects say better what is. */
  isEvent?: true;
  /** The workload, or whatever else it is told of once. */
  of: string;
}

export const ofRoot = ({ kind, namespace, name }: Root): string => `${kind} ${namespace}/${name}`;

/** What a condition's message may hold. */
const MAX_MESSAGE = 500;

/**
 * Conditions of one cluster: those of every service of a large scope, several each. Beyond them the latest are kept.
 */
export const MAX_CONDITIONS = 500;

/**
 * Puts together what the objects of one workload tell alike, and masks their words: it began with the first of them,
 * and lasts while one of them lasts. The message is that of the first
 * object, else of the first event.
 */
export function mergedConditions(found: readonly Found[], source: string): Condition[] {
  const groups = new Map<string, Found[]>();
  for (const one of found) {
    const key = JSON.stringify([one.kind, one.service, one.host, one.of]);
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  const conditions = [...groups.values()].map((group): Condition => {
    const ordered = [...group].sort((a, b) => a.since - b.since || (a.object < b.object ? -1 : 1));
    const first = ordered.find(({ isEvent }) => !isEvent) ?? ordered[0]!;
    const others = new Set(ordered.map(({ object }) => object)).size - 1;
    const lasts = ordered.some(({ until }) => until === null);
    const { kind, service, host } = first;
    return {
      ...{ kind, service, host },
      object: first.object,
      since: ordered[0]!.since,
      until: lasts ? null : Math.max(...ordered.map(({ until }) => until ?? 0)),
      message: shown(others === 0 ? first.message : `${first.message} (and ${others} more like it)`),
      count: Math.max(1, ...ordered.map(({ count }) => count), others + 1),
      source,
      link: null,
    };
  });
  return conditions
    .sort((a, b) => b.since - a.since || (a.object < b.object ? -1 : 1))
    .slice(0, MAX_CONDITIONS);
}

/** In one line and without secrets. */
function shown(text: string): string {
  const line = maskSecrets(text).replace(/\s+/g, ' ').trim();
  const characters = Array.from(line);
  return characters.length <= MAX_MESSAGE ? line : `${characters.slice(0, MAX_MESSAGE - 1).join('')}…`;
}

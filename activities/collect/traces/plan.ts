import type { Scope } from '../../../model/incident.js';
import { Calls } from '../scope/calls.js';
import type { ServiceNames } from '../scope/service-names.js';
import type { TimeSpan } from './source.js';

/** Spans come with a delay, and a trace is whole only when its last span has come. */
const SETTLE_SECONDS = 20;

/** An alert tells late that something began: so many seconds before it belong to neither side for certain ... */
const DOUBT_SECONDS = 600;
/** ... but no more than this share of the time before it. */
const DOUBT_SHARE = 0.25;

/** Parts of the calm: the analysis tells by four of them what is noise. */
const CALM_PARTS = 4;
const DURING_PARTS = 3;
/** Shorter parts are not worth a query of their own. */
const SHORTEST_PART = 10;

/** Which traces are asked for, in pairs of before and since: wherever reading ends, both have their share. */
export interface TracePlan {
  /** Parts of time of equal rank; of each as many traces are read. */
  parts: TimeSpan[];
  /** The time before anything can have begun, and that since then. */
  calm: TimeSpan;
  since: TimeSpan;
}

/** Divides the window of an investigation. `now` is when it is read, unix seconds. */
export function planOf(
  { window, anomalyTime }: Pick<Scope, 'window' | 'anomalyTime'>,
  now: number,
): TracePlan {
  const until = Math.max(window.start, Math.min(window.end, now - SETTLE_SECONDS));
  const alert = Math.min(anomalyTime, until);
  const doubt = alert - Math.min(DOUBT_SECONDS, DOUBT_SHARE * (alert - window.start));
  const calm = divided({ from: window.start, until: doubt }, CALM_PARTS);
  const during = divided({ from: alert, until }, DURING_PARTS);
  const parts = calm.flatMap((part, i) => [part, ...during.slice(i, i + 1)]);
  return {
    parts: [...parts, ...divided({ from: doubt, until: alert }, 1)],
    calm: { from: window.start, until: doubt },
    since: { from: doubt, until },
  };
}

function divided({ from, until }: TimeSpan, most: number): TimeSpan[] {
  const length = until - from;
  if (length <= 0) return [];
  const count = Math.max(1, Math.min(most, Math.floor(length / SHORTEST_PART)));
  return Array.from({ length: count }, (_, i) => ({
    from: from + (i * length) / count,
    until: from + ((i + 1) * length) / count,
  }));
}

/** Services whose traces are tried one after the other until some are found. */
const MOST_ENTRIES = 4;
/** Names of one service at the source that are asked: a service may report under two for a while. */
const MOST_NAMES = 2;
const MAX_HOPS = 2;

/** A service whose traces lead through the incident, with its names at the source. */
export interface Entry {
  service: string;
  names: string[];
}

/**
 * Whose traces to read: the alerting service's, since they hold its way to whatever it depends on; where it writes
 * none, those of its callers, the nearest first, and then of its callees.
 *
 * @param listed services as the source writes them
 */
export function entriesOf(
  scope: Pick<Scope, 'service' | 'graph'>,
  listed: readonly string[],
  names: ServiceNames,
): Entry[] {
  const written = new Map<string, string[]>();
  for (const name of listed) {
    const service = names.resolve(name);
    if (service !== null) written.set(service, [...(written.get(service) ?? []), name]);
  }
  const calls = new Calls(scope.graph.edges.map(({ caller, callee }) => [caller, callee] as const));
  const order = [
    scope.service,
    ...calls.above(scope.service, MAX_HOPS).keys(),
    ...calls.below(scope.service, MAX_HOPS).keys(),
  ];
  return order
    .flatMap((service) => {
      const own = written.get(service);
      return own ? [{ service, names: own.slice(0, MOST_NAMES) }] : [];
    })
    .slice(0, MOST_ENTRIES);
}

import type { Anomaly } from '../../model/anomaly.js';
import { isSameName } from '../../model/identity/names.js';
import { SERVICE_PLACES } from './limits.js';

/** What alerts tell of a service: when one of them began (unix seconds), and where the service is. */
export interface Affected {
  at: number;
  /** Namespaces and clusters that its alerts name; empty when none does. */
  namespaces: string[];
  clusters: string[];
}

/** The service of an alert. */
export type ServiceOf = Pick<Anomaly, 'service' | 'namespace' | 'cluster'>;

/** How well a service that is known fits that of an alert. */
export type Fit =
  /** Another service: the name differs, or the place. */
  | 'other'
  /** The same name, but one of the two does not say where it is. */
  | 'unplaced'
  | 'same';

/** Notes where an alert says that its service is. */
export function addPlace(affected: Affected, { namespace, cluster }: ServiceOf): void {
  add(affected.namespaces, namespace);
  add(affected.clusters, cluster);
}

/**
 * Whether an alert's service is one that is known: two of one name are two services when alerts say that they are in
 * different namespaces or clusters.
 *
 * @param apart names of services of their own that look alike
 */
export function fitOf(
  known: readonly [name: string, affected: Affected],
  alert: ServiceOf,
  apart: ReadonlySet<string>,
): Fit {
  const [name, { namespaces, clusters }] = known;
  if (!isSameName(name, alert.service, apart)) return 'other';
  const places = [
    [namespaces, alert.namespace],
    [clusters, alert.cluster],
  ] as const;
  const isElsewhere = places.some(
    ([list, one]) => one !== undefined && list.length > 0 && !list.includes(one),
  );
  if (isElsewhere) return 'other';
  const isPlaced = places.every(([list, one]) =>
    one === undefined ? list.length === 0 : list.includes(one),
  );
  return isPlaced ? 'same' : 'unplaced';
}

function add(places: string[], place: string | undefined): void {
  if (place === undefined || places.includes(place)) return;
  places.push(place);
  if (places.length > SERVICE_PLACES) places.shift();
}

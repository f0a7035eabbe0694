import type { Owners } from '../owners.js';
import { fullName } from '../metadata.js';
import type { Event, Metadata, Pod } from '../objects.js';
import { ofRoot, type Found } from './found.js';
import { kindOfReason } from './reasons.js';

/** Kubelet and controllers repeat what goes on at least so often; what was not said for longer is over. */
const REPEATED_WITHIN_SECONDS = 330;

/**
 * What events tell: also of pods that are gone, and when it began. A condition of an object that still stands says
 * better whether it lasts; `mergedConditions` puts the two together.
 */
export function eventConditions(
  events: readonly Event[],
  pods: readonly Pod[],
  owners: Owners,
  now: number,
): Found[] {
  const known = new Map(pods.map(({ metadata }) => [fullName(metadata), metadata]));
  return events.flatMap((event): Found[] => {
    const { reason, message, involvedObject: object } = event;
    const kind = kindOfReason(reason, message);
    if (kind === null) return [];
    const metadata =
      object.kind === 'Pod' ? (known.get(fullName(object)) ?? nameOnly(object)) : nameOnly(object);
    const service = owners.serviceOf(object.kind, metadata);
    if (service === null) return [];
    return [
      {
        ...{ kind, service, host: null, message, ...spanOf(event, now) },
        object: `${object.kind.toLowerCase()} ${fullName(object)}`,
        isEvent: true,
        of: ofRoot(owners.rootOf(object.kind, metadata)),
      },
    ];
  });
}

/** When an event was first and last seen, in the words of old and new reporters. */
export function spanOf(event: Event, now: number): Pick<Found, 'since' | 'until' | 'count'> {
  const since = event.firstTimestamp ?? event.eventTime ?? event.metadata.creationTimestamp ?? now;
  const last = event.lastTimestamp ?? event.series?.lastObservedTime ?? event.eventTime ?? since;
  const until = now - last <= REPEATED_WITHIN_SECONDS ? null : Math.max(last, since);
  return { since, until, count: Math.max(1, event.count ?? event.series?.count ?? 1) };
}

function nameOnly({ namespace, name }: Event['involvedObject']): Metadata {
  return {
    ...{ name, namespace, resourceVersion: '', creationTimestamp: null },
    ...{ labels: {}, annotations: {}, ownerReferences: [], managedFields: [] },
  };
}

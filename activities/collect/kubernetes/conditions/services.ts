import { max } from 'd3-array';
import type { Objects } from '../cluster.js';
import { fits, fullName, lastWriteOf } from '../metadata.js';
import type { EndpointSlice, Pod, Service, Workload } from '../objects.js';
import type { Owners } from '../owners.js';
import type { Found } from './found.js';

/** Which service a slice of addresses is of. */
const SERVICE_OF_SLICE = 'kubernetes.io/service-name';
/** When the controller last had a reason to change the addresses. */
const CHANGED_AT = 'endpoints.kubernetes.io/last-change-trigger-time';

type Seen = Objects<'services' | 'endpointSlices' | 'pods' | 'deployments' | 'statefulSets' | 'daemonSets'>;

/**
 * Services that lead nowhere: their selector fits no pod and no workload, or none of the pods that it fits takes
 * requests. Told only where everything that could be behind a service was read.
 */
export function serviceConditions(objects: Seen, owners: Owners): Found[] {
  const { services, endpointSlices, pods } = objects;
  const lists = [pods, endpointSlices, objects.deployments, objects.statefulSets, objects.daemonSets];
  if (lists.some(({ isWhole }) => !isWhole)) return [];
  const workloads = [objects.deployments, objects.statefulSets, objects.daemonSets].flatMap(
    ({ items }) => items,
  );
  return services.items.flatMap((service): Found[] => {
    const { namespace } = service.metadata;
    if (Object.keys(service.spec.selector).length === 0) return [];
    const own = owners.serviceOf('Service', { ...service.metadata, labels: namesOf(service) });
    if (own === null) return [];
    const inside = <T extends Pod | Workload>(items: readonly T[]): T[] =>
      items.filter(({ metadata }) => metadata.namespace === namespace);
    const chosen = { matchLabels: service.spec.selector, matchExpressions: [] };
    const selected = inside(pods.items).filter(({ metadata }) => fits(metadata.labels, chosen));
    const isMade = inside(workloads).some(({ spec }) => fits(spec.template?.metadata?.labels ?? {}, chosen));
    const base = {
      ...{ service: own, host: null, until: null, count: 1 },
      ...{ object: `service ${fullName(service.metadata)}`, of: `service ${fullName(service.metadata)}` },
    };
    if (selected.length === 0 && !isMade) {
      const since = selectorSince(service, workloads);
      const message = `its selector ${wordsOf(service.spec.selector)} fits no pod and no workload`;
      return [{ ...base, kind: 'selects-nothing', since, message }];
    }
    const slices = endpointSlices.items.filter(
      ({ metadata }) =>
        metadata.namespace === namespace && metadata.labels[SERVICE_OF_SLICE] === service.metadata.name,
    );
    const why = slices.some(hasReady) ? portless(service, selected) : 'none of its pods takes requests';
    if (slices.length === 0 || why === null) return [];
    return [
      {
        ...base,
        kind: 'no-endpoints',
        since: goneSince(slices, service),
        message: `${why} (${selected.length} pods fit its selector)`,
      },
    ];
  });
}

/** What names a service: its own labels, or what it selects. */
function namesOf({ metadata, spec }: Service): Record<string, string> {
  return { ...spec.selector, ...metadata.labels };
}

/** A missing `ready` means that it is (API of EndpointSlice). */
function hasReady({ endpoints }: EndpointSlice): boolean {
  return endpoints.some(({ conditions, addresses }) => addresses.length > 0 && conditions?.ready !== false);
}

/** Ports that are meant by a name which no container of the selected pods has. */
function portless({ spec }: Service, pods: readonly Pod[]): string | null {
  if (pods.length === 0) return null;
  const known = new Set(
    pods.flatMap((pod) => pod.spec.containers.flatMap(({ ports }) => ports.map(({ name }) => name))),
  );
  const wrong = spec.ports.flatMap(({ targetPort }) =>
    typeof targetPort === 'string' && !known.has(targetPort) ? [targetPort] : [],
  );
  return wrong.length > 0 && wrong.length === spec.ports.length
    ? `its target port ${wrong.join(', ')} is a name that no container of its pods has`
    : null;
}

/** The selector was written, or the labels of what it fitted were: the later of the two. */
function selectorSince({ metadata, spec }: Service, workloads: readonly Workload[]): number {
  const written = Object.keys(spec.selector).flatMap(
    (key) => lastWriteOf(metadata, ['spec', 'selector', key]) ?? [],
  );
  const whole = lastWriteOf(metadata, ['spec', 'selector']);
  const labelled = workloads
    .filter((one) => one.metadata.namespace === metadata.namespace && one.metadata.name === metadata.name)
    .flatMap((one) => lastWriteOf(one.metadata, ['spec', 'template', 'metadata', 'labels']) ?? []);
  const times = [...written, ...(whole ? [whole] : []), ...labelled].map(({ time }) => time);
  return max(times) ?? metadata.creationTimestamp ?? 0;
}

function goneSince(slices: readonly EndpointSlice[], service: Service): number {
  const triggered = slices.flatMap(({ metadata }) => {
    const at = Date.parse(metadata.annotations[CHANGED_AT] ?? '') / 1000;
    return Number.isNaN(at) ? [] : [at];
  });
  const written = slices.flatMap(({ metadata }) => metadata.managedFields.flatMap(({ time }) => time ?? []));
  const portsSince = lastWriteOf(service.metadata, ['spec', 'ports'])?.time;
  return max(triggered) ?? max(written) ?? portsSince ?? service.metadata.creationTimestamp ?? 0;
}

function wordsOf(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
}

import pMap from 'p-map';
import { group } from 'd3-array';
import type { KubernetesConfig } from '../../../config/kubernetes.js';
import type { Gap } from '../../../model/gap.js';
import type { Scope } from '../../../model/incident.js';
import { NAMESPACE_LABELS } from '../../../model/identity/labels.js';
import { baseOf } from '../../../model/identity/names.js';
import { CONCURRENCY } from '../deps.js';
import { listed } from '../gaps.js';
import type { KubernetesApi } from './api.js';
import { WORKLOAD_NAMES } from './kinds.js';
import type { MetadataOnly } from './objects.js';
import { Owners } from './owners.js';
import type { ServiceNames } from '../scope/service-names.js';

/** Namespaces of one diagnosis: each costs a request for every kind of object. */
const MAX_NAMESPACES = 10;

/** Services that are looked for by their name where a cluster has more workloads than are listed. */
const MAX_ASKED_BY_NAME = 20;

/** What a workload may be called. */
const OBJECT_NAME = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;

/** The kinds of `WORKLOAD_NAMES`, in their order. */
const WORKLOAD_KINDS = ['Deployment', 'StatefulSet', 'DaemonSet'];

/** Where the services of a scope are in a cluster. */
export interface Homes {
  namespaces: string[];
  /** Whether the service, as it is found in the namespace, is the one that is diagnosed, and no copy of it. */
  isHome: (service: string, namespace: string) => boolean;
}

interface Place {
  service: string;
  namespace: string;
}

/** Finds the namespaces that hold workloads of the services: those of the alerting service and of most others first. */
export async function findHomes(
  api: KubernetesApi,
  config: Pick<KubernetesConfig, 'name' | 'namespaces'>,
  scope: Pick<Scope, 'service' | 'services' | 'reading'>,
  names: ServiceNames,
): Promise<Homes> {
  if (config.namespaces.length > 0) return { namespaces: config.namespaces, isHome: () => true };
  const owners = new Owners(names);
  const isLeftOut = leftOutNamespaces(scope);
  const placesOf = (kind: string, items: readonly MetadataOnly[]): Place[] =>
    items.flatMap(({ metadata }) => {
      const service = owners.serviceOf(kind, metadata);
      return service === null || isLeftOut(metadata.namespace)
        ? []
        : [{ service, namespace: metadata.namespace }];
    });
  const lists = await pMap(WORKLOAD_NAMES, (kind) => api.list(kind), { concurrency: CONCURRENCY });
  const places = lists.flatMap(({ items }, i) => placesOf(WORKLOAD_KINDS[i]!, items));
  if (lists.some(({ isWhole, items }) => !isWhole && items.length > 0)) {
    const found = new Set(places.map(({ service }) => service));
    const missing = [scope.service, ...scope.services].filter((name) => !found.has(name)).map(baseOf);
    const asked = await pMap(
      [...new Set(missing)].filter((name) => OBJECT_NAME.test(name)).slice(0, MAX_ASKED_BY_NAME),
      (name) => api.list(WORKLOAD_NAMES[0], { fieldSelector: `metadata.name=${name}` }),
      { concurrency: CONCURRENCY },
    );
    places.push(...asked.flatMap(({ items }) => placesOf(WORKLOAD_KINDS[0]!, items)));
  }
  const { homes, gaps } = chosen(places, scope.service, config.name);
  api.gaps.push(...gaps);
  return homes;
}

/** Every service in the first namespace that has it; a namespace that adds none is a copy, or somebody else's. */
function chosen(places: readonly Place[], alerting: string, source: string): { homes: Homes; gaps: Gap[] } {
  const byNamespace = [...group(places, ({ namespace }) => namespace)].map(([namespace, found]) => ({
    namespace,
    services: new Set(found.map(({ service }) => service)),
  }));
  byNamespace.sort(
    (a, b) =>
      Number(b.services.has(alerting)) - Number(a.services.has(alerting)) ||
      b.services.size - a.services.size ||
      (a.namespace < b.namespace ? -1 : 1),
  );
  const home = new Map<string, string>();
  const namespaces: string[] = [];
  const left: string[] = [];
  for (const { namespace, services } of byNamespace) {
    const added = [...services].filter((service) => !home.has(service));
    if (added.length === 0) continue;
    if (namespaces.length === MAX_NAMESPACES) {
      left.push(namespace);
      continue;
    }
    namespaces.push(namespace);
    for (const service of added) home.set(service, namespace);
  }
  const gaps: Gap[] = [];
  const [first, second] = byNamespace;
  if (second?.services.has(alerting) && first?.services.size === second.services.size) {
    const what = `which ${alerting} is meant`;
    const reason = `namespaces ${first.namespace} and ${second.namespace} have it; ${first.namespace} is read. Set kubernetes.namespaces to read others`;
    gaps.push({ source, what, reason });
  }
  if (left.length > 0) {
    const what = `objects in namespaces ${listed(left, 5)}`;
    gaps.push({ source, what, reason: `a diagnosis reads ${MAX_NAMESPACES} namespaces of a cluster` });
  }
  const isHome = (service: string, namespace: string): boolean =>
    (home.get(service) ?? namespace) === namespace;
  return { homes: { namespaces, isHome }, gaps };
}

/** The namespaces that the metrics of the scope are not read from, since they are copies of the alerting service's. */
function leftOutNamespaces({ reading }: Pick<Scope, 'reading'>): (namespace: string) => boolean {
  const patterns = (reading?.packs ?? []).flatMap(({ where = [], service }) =>
    where.flatMap((matcher) => {
      const [, label, quoted] = /^([\w.:-]+)!~(".*")$/s.exec(matcher) ?? [];
      if (label === undefined || quoted === undefined) return [];
      const isNamespace = (NAMESPACE_LABELS as readonly string[]).includes(label);
      if (!isNamespace && label !== service) return [];
      return [
        { pattern: new RegExp(`^(?:${JSON.parse(quoted) as string})$`), tail: isNamespace ? '' : '/x' },
      ];
    }),
  );
  return (namespace) => patterns.some(({ pattern, tail }) => pattern.test(namespace + tail));
}

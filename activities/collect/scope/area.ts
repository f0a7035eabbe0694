import { group } from 'd3-array';
import type { Anomaly } from '../../../model/anomaly.js';
import type { Gap } from '../../../model/gap.js';
import type { Aliases } from '../../../model/identity/aliases.js';
import { baseOf } from '../../../model/identity/names.js';
import type { Binding } from '../../../model/reading.js';
import { listed } from '../gaps.js';
import { quotePromql, quoteRegex } from '../metrics/packs/template.js';
import { bindingKey, type Estate, type PlacedService, type PlaceLabels } from './estate.js';
import { ServiceNames } from './service-names.js';

/** The part of a source that a diagnosis reads, where the source holds several clusters or namespaces of one make. */
export interface Area {
  /** Narrowed to the part. */
  bindings: Binding[];
  /** Raw names of the services in it. */
  services: string[];
  /** Services, without namespace, of which the part holds several: their metrics are read together. */
  together: string[];
  gaps: Gap[];
}

/** What an alert says of its service. */
export type Wanted = Pick<Anomaly, 'service' | 'namespace' | 'cluster' | 'environment'>;

/** What is read: one cluster and environment or (null) all, without these namespaces. */
interface Part {
  cluster: string | null;
  environment: string | null;
  leftOut: string[];
}

/** A namespace is a copy of another when at least this share of its services is there as well. */
const COPY_SHARE = 0.5;

/** Namespaces that a matcher leaves out, to keep queries short. Copies beyond it are read, which is a gap. */
const MAX_LEFT_OUT = 100;

/**
 * Chooses the cluster and the namespaces that a diagnosis reads, by what the alert says and by where its service is. A
 * cluster is read alone. Of namespaces those are left out that are copies of the service's own (shop-staging beside
 * shop-prod): others may hold what it calls. What cannot be told is read together, and is a gap.
 */
export function areaFor(
  wanted: Wanted,
  { bindings, services }: { bindings: readonly Binding[]; services: readonly string[] },
  estate: Estate,
  { source, aliases }: { source: string; aliases: Aliases },
): Area {
  const doubts: Gap[] = [];
  const doubt = (what: string, reason: string): void => {
    doubts.push({ source, what, reason });
  };
  const own = ownPlaces(wanted.service, estate.services, aliases);
  const cluster = clusterFor(wanted, estate, own, doubt);
  const environment = environmentFor(wanted, estate, own, doubt);
  const isHere = (one: PlacedService): boolean =>
    (cluster === null || one.cluster === cluster) &&
    (environment === null || one.environment === environment);
  const here = estate.services.filter(isHere);
  const leftOut = copiesFor(wanted, here, own.filter(isHere), doubt);
  const part: Part = { cluster, environment, leftOut };

  const inside = here.filter(({ namespace }) => namespace === null || !leftOut.includes(namespace));
  const insideNames = new Set(inside.map(({ name }) => name));
  const placedNames = new Set(estate.services.map(({ name }) => name));
  const inPart = bindings.filter((binding) => mayBeIn(part, estate.labels.get(bindingKey(binding))));
  const unplaced = inPart.filter((binding) => {
    const labels = estate.labels.get(bindingKey(binding));
    return cluster !== null && labels?.cluster === null && labels.everywhere?.cluster === undefined;
  });
  if (unplaced.length > 0) {
    const packs = listed(
      unplaced.map(({ pack }) => pack),
      5,
    );
    doubt(`which metrics are of the cluster ${cluster ?? ''} (${packs})`, 'they carry no label of a cluster');
  }
  const alike = inUnplacedSources(inside);
  if (alike.length > 0) {
    doubt(
      `whether ${listed(alike, 5)} of several sources are replicas or services of several clusters`,
      'neither a label nor metrics[].covers tells their clusters; each signal is read from the first source that has it',
    );
  }
  return {
    bindings: inPart.map((binding) => ({
      ...narrowed(binding, estate.labels.get(bindingKey(binding)), part),
      ...clustersOf(binding, inside),
    })),
    services: services.filter((name) => insideNames.has(name) || !placedNames.has(name)),
    // A doubt about all of them says enough.
    together: doubts.length > 0 ? [] : inSeveral(inside),
    gaps: [...estate.gaps, ...doubts],
  };
}

/** Whether metrics that are all in one place, by what their source covers, may be of the part. */
function mayBeIn(part: Part, labels: PlaceLabels | undefined): boolean {
  const { cluster, environment, namespace } = labels?.everywhere ?? {};
  return (
    (part.cluster === null || labels?.cluster !== null || (cluster ?? part.cluster) === part.cluster) &&
    (part.environment === null ||
      labels?.environment !== null ||
      (environment ?? part.environment) === part.environment) &&
    (labels?.namespace !== null || namespace === undefined || !part.leftOut.includes(namespace))
  );
}

/** Which clusters the services of a source are in, where it is one of several. */
function clustersOf({ source }: Binding, inside: readonly PlacedService[]): Pick<Binding, 'clusters'> {
  if (source === undefined) return {};
  const clusters = valuesOf(
    inside.filter((one) => one.source === source),
    'cluster',
  );
  return clusters.length === 0 ? {} : { clusters };
}

/** Where the service of an alert is, by the name that metrics give it. */
function ownPlaces(service: string, placed: readonly PlacedService[], aliases: Aliases): PlacedService[] {
  const names = new ServiceNames(
    placed.map(({ name }) => baseOf(name)),
    aliases,
  );
  const own = names.resolve(service) ?? service;
  return placed.filter(({ name }) => baseOf(name) === own);
}

type Doubt = (what: string, reason: string) => void;

/** The cluster that is read; null for all of them. */
function clusterFor(
  { service, cluster, environment }: Wanted,
  { clusters }: Estate,
  own: readonly PlacedService[],
  doubt: Doubt,
): string | null {
  if (clusters.size < 2) return null;
  const told = [cluster, environment].find((name) => name !== undefined && clusters.has(name));
  if (told !== undefined) return told;
  const found = valuesOf(own, 'cluster');
  if (cluster === undefined && found.length === 1) return found[0]!;
  doubt(
    `in which cluster ${service} has trouble`,
    cluster === undefined
      ? `the alert names no cluster; metrics of ${listed(found.length > 0 ? found : [...clusters].sort(), 5)} are read together`
      : `no metric names the cluster ${cluster}; metrics of ${listed([...clusters].sort(), 5)} are read together`,
  );
  return null;
}

/** The environment that is read, where metrics have labels of several; null for all of them. */
function environmentFor(
  { service, environment }: Wanted,
  { environments }: Estate,
  own: readonly PlacedService[],
  doubt: Doubt,
): string | null {
  if (environments.size < 2) return null;
  if (environments.has(environment)) return environment;
  const found = valuesOf(own, 'environment');
  if (found.length === 1) return found[0]!;
  if (found.length > 1) {
    const reason = `no metric names the environment ${environment}; metrics of ${listed(found, 5)} are read together`;
    doubt(`in which environment ${service} has trouble`, reason);
  }
  return null;
}

/** Namespaces that hold a copy of what is in the namespace of the service. */
function copiesFor(
  { service, namespace }: Wanted,
  placed: readonly PlacedService[],
  own: readonly PlacedService[],
  doubt: Doubt,
): string[] {
  const found = valuesOf(own, 'namespace');
  const isTold = namespace !== undefined && (found.includes(namespace) || found.length === 0);
  const home = isTold ? namespace : found.length === 1 ? found[0] : undefined;
  if (home === undefined) {
    if (found.length > 1) {
      const alert =
        namespace === undefined ? 'the alert names no namespace' : `no metric of it names ${namespace}`;
      doubt(
        `in which namespace ${service} has trouble`,
        `${alert}; metrics of ${listed(found, 5)} are read together`,
      );
    }
    return [];
  }
  const byNamespace = group(placed, (one) => one.namespace);
  const namesIn = (place: string): Set<string> =>
    new Set(byNamespace.get(place)?.map(({ name }) => baseOf(name)) ?? []);
  const atHome = namesIn(home);
  const copies = [...byNamespace.keys()].filter((place): place is string => {
    if (place === null || place === home) return false;
    const names = namesIn(place);
    const shared = [...names].filter((name) => atHome.has(name)).length;
    return found.includes(place) || shared >= COPY_SHARE * names.size;
  });
  if (copies.length > MAX_LEFT_OUT) {
    const reason = `${copies.length} namespaces look like ${home}; ${MAX_LEFT_OUT} can be left out`;
    doubt(`metrics of ${home} apart from those of other namespaces`, reason);
  }
  return copies.sort().slice(0, MAX_LEFT_OUT);
}

/** The binding with matchers that keep to the part. */
function narrowed(binding: Binding, labels: PlaceLabels | undefined, part: Part): Binding {
  if (!labels) return binding;
  const { leftOut } = part;
  const where = (['cluster', 'environment'] as const).flatMap((key) => {
    const [label, value] = [labels[key], part[key]];
    return label !== null && value !== null ? [`${label}=${quotePromql(value)}`] : [];
  });
  if (leftOut.length > 0) {
    const names = leftOut.map(quoteRegex).join('|');
    if (labels.namespace !== null) where.push(`${labels.namespace}!~${quotePromql(names)}`);
    else if (binding.namespaced) where.push(`${binding.service}!~${quotePromql(`(?:${names})/.+`)}`);
  }
  return where.length > 0 ? { ...binding, where } : binding;
}

function valuesOf(placed: readonly PlacedService[], key: 'cluster' | 'environment' | 'namespace'): string[] {
  return [...new Set(placed.flatMap((one) => one[key] ?? []))].sort();
}

/** Services that several sources measure, of which one does not tell its cluster. */
function inUnplacedSources(placed: readonly PlacedService[]): string[] {
  return [...group(placed, ({ name }) => baseOf(name))]
    .filter(
      ([, same]) =>
        new Set(same.map(({ source }) => source)).size > 1 && same.some(({ cluster }) => cluster === null),
    )
    .map(([name]) => name);
}

const PLACES = ['cluster', 'environment', 'namespace'] as const;

function inSeveral(placed: readonly PlacedService[]): string[] {
  return [...group(placed, ({ name }) => baseOf(name))]
    .filter(([, same]) => PLACES.some((key) => valuesOf(same, key).length > 1))
    .map(([name]) => name);
}

import { greatest, sum } from 'd3-array';
import pMap from 'p-map';
import type { Gap } from '../../../model/gap.js';
import { CLUSTER_LABELS, ENVIRONMENT_LABELS, NAMESPACE_LABELS } from '../../../model/identity/labels.js';
import { readName } from '../../../model/identity/names.js';
import type { Binding } from '../../../model/reading.js';
import { CONCURRENCY } from '../deps.js';
import { gapOf } from '../gaps.js';
import { nameIn } from '../metrics/packs/binding.js';
import type { Pack } from '../metrics/packs/schema.js';
import { quotePromql } from '../metrics/packs/template.js';
import { NotRecorded } from '../metrics/source/errors.js';
import { askEach, partFor, servicesCovered } from '../metrics/source/parts.js';
import type { AnswerSeries, MetricsSource } from '../metrics/source/source.js';
import { packsInUse, type Around } from './topology.js';

/** Which labels of a pack's metrics name cluster, environment and namespace; null where none does. */
export interface PlaceLabels {
  cluster: string | null;
  environment: string | null;
  namespace: string | null;
  /** Where all that a source has is, as the configuration says. */
  everywhere?: Partial<Record<'cluster' | 'environment' | 'namespace', string>>;
}

/** A service as a pack measures it: its raw name, and where it is as far as labels tell. */
export interface PlacedService {
  name: string;
  cluster: string | null;
  environment: string | null;
  namespace: string | null;
  /** Name of the source that measures it, where there are several. */
  source?: string | undefined;
}

/** What the source holds of clusters and namespaces. */
export interface Estate {
  /** By `bindingKey`. */
  labels: Map<string, PlaceLabels>;
  clusters: Set<string>;
  environments: Set<string>;
  services: PlacedService[];
  gaps: Gap[];
}

/** Labels that a scrape renamed name the object; other labels name whoever was scraped. */
const NAMESPACES = [
  'exported_namespace',
  ...NAMESPACE_LABELS.filter((label) => label !== 'namespace'),
  'namespace',
];
const CLUSTERS = ['exported_cluster', ...CLUSTER_LABELS];

/** A label names the place when this share of a pack's series carries it. */
const ENOUGH = 0.5;

/** Beyond so many services in places the rest is not looked at: an answer of this size is a wrong label. */
const MAX_ROWS = 20_000;

/**
 * Reads which clusters and namespaces the packs' metrics are of, and which services are in each: one query for each
 * pack. What is not answered is a gap; a recording is of one estate and was not asked.
 */
export async function readEstate(around: Around): Promise<Estate> {
  const estate: Estate = {
    labels: new Map(),
    clusters: new Set(),
    environments: new Set(),
    services: [],
    gaps: [],
  };
  await askEach(
    packsInUse(around.packs, around.bindings),
    ({ binding }) => binding,
    async ({ pack, binding }) => {
      const part = partFor(around.source, binding);
      const measuresServices = pack.signals.some(
        ({ family, perspective }) => family === 'golden' && perspective === 'server',
      );
      const labels = [
        ...CLUSTERS,
        ...ENVIRONMENT_LABELS,
        ...NAMESPACES,
        ...(measuresServices ? [binding.service] : []),
      ];
      try {
        const query = `count by (${labels.join(', ')}) (${selectorOf(pack)})`;
        const { series } = await part.instant(query, around.time, around.limits);
        read(estate, part, binding, { rows: series.slice(0, MAX_ROWS), measuresServices });
      } catch (error) {
        if (error instanceof NotRecorded) return;
        const what = `clusters and namespaces of services (${pack.name})`;
        estate.gaps.push(gapOf(error, around.limits, part.name, what));
      }
    },
  );
  return estate;
}

function selectorOf(pack: Pack): string {
  const metrics = metricsOf(pack);
  return metrics.length === 1 && pack.detect.like === undefined
    ? metrics[0]!
    : `{__name__=~${quotePromql(metrics.join('|'))}}`;
}

/** The metrics by which a pack is recognised, as parts of a pattern. */
function metricsOf({ detect: { all, any, like } }: Pack): string[] {
  return [...all, ...any, ...(like === undefined ? [] : [`(?:${like})`])];
}

/** Tells the bindings of an estate apart: a pack may be in use at several sources. */
export function bindingKey({ pack, source }: Pick<Binding, 'pack' | 'source'>): string {
  return source === undefined ? pack : `${pack} at ${source}`;
}

function read(
  estate: Estate,
  part: MetricsSource,
  binding: Binding,
  { rows, measuresServices }: { rows: readonly AnswerSeries[]; measuresServices: boolean },
): void {
  const everywhere = placeOf(part);
  const labels = {
    cluster: bestLabel(CLUSTERS, rows),
    environment: bestLabel(ENVIRONMENT_LABELS, rows),
    namespace: bestLabel(NAMESPACES, rows),
    everywhere,
  };
  estate.labels.set(bindingKey(binding), labels);
  for (const row of rows) {
    const valueOf = (key: 'cluster' | 'environment' | 'namespace'): string | null => {
      const label = labels[key];
      return (label === null ? null : row.labels[label] || null) ?? everywhere[key] ?? null;
    };
    const cluster = valueOf('cluster');
    if (cluster !== null) estate.clusters.add(cluster);
    const environment = valueOf('environment');
    if (environment !== null) estate.environments.add(environment);
    const name = measuresServices ? nameIn(row.labels[binding.service] ?? '', binding.pattern) : null;
    if (!name || servicesCovered(part, [name]).length === 0) continue;
    const namespace = valueOf('namespace') ?? (binding.namespaced ? readName(name).namespace : null);
    estate.services.push({ name, cluster, environment, namespace, source: binding.source });
  }
}

/** The one cluster, environment and namespace that a source covers, where it is one and no pattern. */
function placeOf({ covers }: MetricsSource): PlaceLabels['everywhere'] & {} {
  const only = (names: readonly string[] = []): string | undefined =>
    names.length === 1 && !/[*!]/.test(names[0]!) ? names[0] : undefined;
  const place = {
    cluster: only(covers?.clusters),
    environment: only(covers?.environments),
    namespace: only(covers?.namespaces),
  };
  return Object.fromEntries(Object.entries(place).filter(([, name]) => name !== undefined));
}

function bestLabel(candidates: readonly string[], rows: readonly AnswerSeries[]): string | null {
  const counts = rows.map(({ labels, values }) => ({ labels, count: values[0] ?? 0 }));
  const total = sum(counts, ({ count }) => count);
  const share = (label: string): number =>
    sum(counts, ({ labels, count }) => (labels[label] ? count : 0)) / (total || 1);
  const best = candidates.find((label) => share(label) >= ENOUGH) ?? greatest(candidates, share);
  return best !== undefined && share(best) > 0 ? best : null;
}

/** Roles of labels that tell where a service is and which part of it. */
const ROLES = {
  cluster: CLUSTERS,
  namespace: NAMESPACES,
  region: ['region', 'cloud_region', 'topology_kubernetes_io_region', 'zone', 'cloud_availability_zone'],
  version: ['version', 'service_version', 'app_kubernetes_io_version', 'image_tag', 'release'],
  pod: ['pod', 'k8s_pod_name', 'kubernetes_pod_name', 'pod_name', 'exported_pod', 'instance'],
} as const;
export type LabelRole = keyof typeof ROLES;

/** A label that tells where services are, and how many values it has now. */
export interface FoundLabel {
  role: LabelRole;
  label: string;
  values: number;
}

/**
 * Finds which labels of the packs' metrics tell cluster, namespace, region, version and pod, the most telling of each
 * role first; one query for each role. One that is not answered is a gap.
 */
export async function findLabels(around: Around): Promise<{ labels: FoundLabel[]; gaps: Gap[] }> {
  const packs = packsInUse(around.packs, around.bindings).map(({ pack }) => pack);
  const gaps: Gap[] = [];
  if (packs.length === 0) return { labels: [], gaps };
  const names = `__name__=~${quotePromql([...new Set(packs.flatMap(metricsOf))].join('|'))}`;
  const found = await pMap(
    Object.entries(ROLES) as [LabelRole, readonly string[]][],
    async ([role, labels]) => {
      const counts = labels.map(
        (label) =>
          `label_replace(count(count by (${label}) ({${names}, ${label}!=""})), "label", "${label}", "", "")`,
      );
      try {
        const { series } = await around.source.instant(counts.join(' or '), around.time, around.limits);
        return series
          .map(({ labels: { label = '' }, values }) => ({ role, label, values: values[0] ?? 0 }))
          .sort((a, b) => labels.indexOf(a.label) - labels.indexOf(b.label));
      } catch (error) {
        gaps.push(
          gapOf(error, around.limits, around.source.name, `labels that tell the ${role} of a service`),
        );
        return [];
      }
    },
    { concurrency: CONCURRENCY },
  );
  return { labels: found.flat(), gaps };
}

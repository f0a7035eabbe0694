import type { Pack } from '../packs/schema.js';
import { speaksFor, timeUnitIn, withoutLevel, wordsOf } from './words.js';

/** How a metric is made: by its type where the source knows it, else by the names beside it. */
export type Shape = 'histogram' | 'native-histogram' | 'summary' | 'counter' | 'gauge';

/** A metric by its name without `_bucket`, `_sum`, `_count`. */
export interface Family {
  name: string;
  shape: Shape;
  /** Whether the source says so; else it is what the name suggests. */
  isTyped: boolean;
}

/**
 * Metrics of runtimes, hosts, orchestration and the monitoring itself, by how their names begin: packs read them, or
 * they are no requests that a service of one's own serves.
 */
const INFRASTRUCTURE =
  /^(go|process|promhttp|python|jvm|nodejs|dotnet|node|windows|wmi|container|cadvisor|machine|kube|kubelet|kubeproxy|apiserver|etcd|coredns|workqueue|rest_client|scrape|prometheus|alertmanager|thanos|cortex|loki|tempo|otelcol|alloy|agent|grafana|net_conntrack|probe|net|logback|hikaricp|tomcat|executor|system)_|^(up|ALERTS|ALERTS_FOR_STATE)$/;

/** A name that a pack can write in a query. */
const WRITABLE = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;

/**
 * The metrics that no pack reads and whose names suggest requests, durations, ratios or queues, the most telling first.
 *
 * @param names all metric names of the source
 * @param types what the source says of their types; may be empty
 */
export function unknownFamilies(
  names: ReadonlySet<string>,
  types: ReadonlyMap<string, string>,
  packs: readonly Pack[],
): Family[] {
  const isKnown = knownTo(packs);
  const families = new Map<string, Family>();
  for (const name of [...names].sort()) {
    if (!WRITABLE.test(name) || INFRASTRUCTURE.test(name) || name.endsWith('_created')) continue;
    const family = familyOf(name, names, types);
    if (families.has(family.name) || partsOf(family).some(isKnown)) continue;
    families.set(family.name, family);
  }
  const rated = [...families.values()].map((family) => ({ family, rank: rankOf(family) }));
  return rated
    .filter(({ rank }) => rank > 0)
    .sort((a, b) => b.rank - a.rank || (a.family.name < b.family.name ? -1 : 1))
    .map(({ family }) => family);
}

/** Names of metrics that a pack's queries read. */
function knownTo(packs: readonly Pack[]): (name: string) => boolean {
  const read = new Set<string>();
  const likes: RegExp[] = [];
  // What a pack reads of classic histograms it reads of native ones: their names are told by partsOf.
  const classic = packs.filter(({ native }) => native === undefined);
  for (const { detect, signals, edges, placements, changes, checks } of classic) {
    for (const name of [...detect.all, ...detect.any]) read.add(name);
    if (detect.like !== undefined) likes.push(new RegExp(`^(?:${detect.like})$`));
    for (const { query } of [...signals, ...edges, ...placements, ...changes, ...checks]) {
      for (const [, name] of query.matchAll(/([a-zA-Z_:][a-zA-Z0-9_:]*)\{/g)) read.add(name!);
    }
  }
  return (name) => read.has(name) || likes.some((like) => like.test(name));
}

function partsOf({ name, shape }: Family): string[] {
  if (shape === 'histogram') return [`${name}_bucket`, `${name}_count`];
  if (shape === 'native-histogram') return [name, `${name}_bucket`, `${name}_count`];
  return shape === 'summary' ? [name, `${name}_count`] : [name];
}

function familyOf(name: string, names: ReadonlySet<string>, types: ReadonlyMap<string, string>): Family {
  const base = name.replace(/_(bucket|sum|count)$/, '');
  if (base !== name && names.has(`${base}_count`)) {
    if (names.has(`${base}_bucket`)) {
      return { name: base, shape: 'histogram', isTyped: types.get(base) === 'histogram' };
    }
    if (names.has(`${base}_sum`))
      return { name: base, shape: 'summary', isTyped: types.get(base) === 'summary' };
  }
  if (names.has(`${name}_count`) && names.has(`${name}_sum`)) {
    const shape = names.has(`${name}_bucket`) ? 'histogram' : 'summary';
    return { name, shape, isTyped: types.get(name) === shape };
  }
  // OpenMetrics names the type of a counter without its ending.
  const type = types.get(name) ?? types.get(name.replace(/_total$/, ''));
  if (type === 'histogram' || type === 'gaugehistogram')
    return { name, shape: 'native-histogram', isTyped: true };
  if (type === 'counter') return { name, shape: 'counter', isTyped: true };
  if (type === 'gauge') return { name, shape: 'gauge', isTyped: true };
  return { name, shape: name.endsWith('_total') ? 'counter' : 'gauge', isTyped: false };
}

/** How much a name promises; 0 for one that no question is spent on. */
function rankOf({ name, shape }: Family): number {
  const words = wordsOf(withoutLevel(name));
  const isTimed = timeUnitIn(words) !== null || speaksFor('time', words);
  const isRequest = speaksFor('request', words);
  const speaks = (['failure', 'success', 'ratio', 'rate', 'queue'] as const).some((topic) =>
    speaksFor(topic, words),
  );
  switch (shape) {
    case 'histogram':
    case 'native-histogram':
    case 'summary':
      return isTimed ? (isRequest ? 5 : 4) : 1;
    case 'counter':
      return isRequest || speaks ? 3 : 1;
    case 'gauge':
      return speaks || isTimed ? 2 : isRequest ? 1 : 0;
  }
}

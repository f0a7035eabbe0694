import { group } from 'd3-array';
import { isMatch } from 'matcher';
import pMap from 'p-map';
import type { Anomaly } from '../../../../model/anomaly.js';
import { baseOf } from '../../../../model/identity/names.js';
import type { Binding } from '../../../../model/reading.js';
import type { Limits } from '../../attempt.js';
import { CONCURRENCY } from '../../deps.js';
import { SeveralSources } from './several-sources.js';
import type { MetricsSource } from './source.js';

/** The sources that are asked themselves: those that a source stands for, or it. */
export function partsOf(source: MetricsSource): readonly MetricsSource[] {
  return source.parts ?? [source];
}

/** The source at which a pack is read. */
export function partFor(source: MetricsSource, { source: name }: Pick<Binding, 'source'>): MetricsSource {
  return source.parts?.find((part) => part.name === name) ?? source;
}

/**
 * Those of the sources that may know of an alert, by its cluster and its environment. An environment that no source
 * covers by name says nothing; where no source covers the alert, all of them may know of it.
 */
export function partsAbout(
  source: MetricsSource,
  { cluster, environment }: Pick<Anomaly, 'cluster' | 'environment'>,
): MetricsSource {
  const { parts } = source;
  if (!parts) return source;
  const covered = (key: 'clusters' | 'environments'): string[] =>
    parts.flatMap(({ covers }) => covers?.[key] ?? []);
  // Many alerts give their cluster as the environment.
  const place = cluster ?? (isOneOf(environment, covered('clusters')) ? environment : undefined);
  const stage = isOneOf(environment, covered('environments')) ? environment : undefined;
  const about = parts.filter(
    ({ covers }) => mayHave(place, covers?.clusters) && mayHave(stage, covers?.environments),
  );
  return about.length === 0 || about.length === parts.length ? source : new SeveralSources(about);
}

function isOneOf(name: string, patterns: readonly string[]): boolean {
  return isMatch(name, patterns);
}

function mayHave(name: string | undefined, patterns: readonly string[] = []): boolean {
  return name === undefined || patterns.length === 0 || isMatch(name, patterns);
}

/** Those of the services whose metrics are taken from a source, by what it covers. */
export function servicesCovered(part: MetricsSource, services: readonly string[]): readonly string[] {
  const { services: patterns = [] } = part.covers ?? {};
  return patterns.length === 0 ? services : services.filter((name) => mayHave(baseOf(name), patterns));
}

/**
 * Asks for each item at its source, so many at a time at each: one that is slow holds up its own questions alone. The
 * answers are in the order of the items.
 */
export async function askEach<Item, T>(
  items: readonly Item[],
  bindingOf: (item: Item) => Pick<Binding, 'source'>,
  ask: (item: Item) => Promise<T>,
): Promise<T[]> {
  const answers = new Map<Item, T>();
  const queues = [...group(items, (item) => bindingOf(item).source).values()];
  await Promise.all(
    queues.map((queue) =>
      pMap(queue, async (item) => void answers.set(item, await ask(item)), { concurrency: CONCURRENCY }),
    ),
  );
  return items.map((item) => answers.get(item)!);
}

/** Of several sources one that is away is not waited for: what the others have is worth more now. */
export function patienceFor(sources: number, limits: Limits): Limits {
  return sources > 1 ? { ...limits, canRetry: () => false } : limits;
}

/** At how many sources packs are read. */
export function sourcesIn(bindings: readonly Binding[]): number {
  return new Set(bindings.map(({ source }) => source)).size;
}

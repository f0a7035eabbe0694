import type { Config } from '../../../config/schema.js';
import type { Gap } from '../../../model/gap.js';
import type { CallEdge, Placement, ServiceGraph } from '../../../model/graph.js';
import type { Binding } from '../../../model/reading.js';
import type { Limits } from '../attempt.js';
import { gapOf, listed, remarksOf } from '../gaps.js';
import type { Aliases } from '../../../model/identity/aliases.js';
import { hostOf, isOutside } from '../../../model/identity/names.js';
import { readCatalogs } from './catalog.js';
import { displayNames, ServiceNames } from './service-names.js';
import { queryFor, subjectLabel, type Spans } from '../metrics/packs/binding.js';
import type { Pack } from '../metrics/packs/schema.js';
import { askEach, partFor, servicesCovered } from '../metrics/source/parts.js';
import type { Answer, MetricsSource } from '../metrics/source/source.js';

/** What the queries of one scope have in common. */
export interface Around {
  source: MetricsSource;
  packs: readonly Pack[];
  bindings: readonly Binding[];
  spans: Spans;
  /** When the source is asked. */
  time: number;
  limits: Limits;
}

/** The packs in use with their bindings, the most believed first. */
export function packsInUse(
  packs: readonly Pack[],
  bindings: readonly Binding[],
): { pack: Pack; binding: Binding }[] {
  return bindings.flatMap((binding) => {
    const pack = packs.find(({ name }) => name === binding.pack);
    return pack ? [{ pack, binding }] : [];
  });
}

const ofBinding = ({ binding }: { binding: Binding }): Binding => binding;

/**
 * Which service calls which, from the packs' edge queries, the configuration and the catalogues that it names. A callee
 * that no service can be found for is taken as it is named: a service without metrics of its own, outside our control
 * when its address leads out.
 *
 * @param raw services by the names that metrics use
 * @param mentioned services that the configuration or the alerts name
 */
export async function readTopology(
  around: Around,
  raw: readonly string[],
  mentioned: readonly string[],
  topology: Config['topology'],
  aliases: Aliases = {},
): Promise<{ graph: ServiceGraph; gaps: Gap[] }> {
  const { source, bindings, packs, time } = around;
  const display = displayNames(raw);
  const configured = topology.services.flatMap(({ name, calls }) => [name, ...calls]);
  const first = new ServiceNames(display.values(), aliases);
  const services = new Set([
    ...display.values(),
    ...[...configured, ...mentioned].map((name) => first.resolve(name) ?? name),
  ]);
  const names = new ServiceNames(services, aliases);
  const external = new Set(
    topology.services.filter((one) => one.external).map(({ name }) => names.resolve(name) ?? name),
  );
  const edges = new EdgeSet();
  const gaps: Gap[] = [];
  const addresses = new Set<string>();

  for (const { name, calls } of topology.services) {
    for (const callee of calls) {
      edges.add(names.resolve(name) ?? name, names.resolve(callee) ?? callee, 'configuration', null);
    }
  }
  gaps.push(...(await addDeclared(edges, names, topology.catalogs)));
  const questions = packsInUse(packs, bindings).flatMap(({ pack, binding }) =>
    pack.edges.map((spec) => ({ pack, binding, spec })),
  );
  const answers = await askEach(questions, ofBinding, async ({ pack, binding, spec }) => {
    const part = partFor(source, binding);
    const what = `calls between services (${pack.name})`;
    const query = queryFor({ ...spec, of: 'edge' }, pack, binding, [], around.spans);
    const answer = await ask(part, query, what, around, gaps);
    return { pack, part, callerLabel: subjectLabel(spec, binding), calleeLabel: spec.callee, answer };
  });
  for (const { pack, part, callerLabel, calleeLabel, answer } of answers) {
    for (const { labels } of answer?.series ?? []) {
      const [from, to] = [labels[callerLabel] ?? '', labels[calleeLabel] ?? ''];
      if (from === '' || to === '' || servicesCovered(part, [from]).length === 0) continue;
      const caller = names.resolve(from) ?? from;
      const callee = names.resolve(to) ?? calleeByAddress(to);
      if (callee === null) {
        addresses.add(hostOf(to));
        continue;
      }
      if (isOutside(to) && !services.has(callee)) external.add(callee);
      if (caller !== callee) edges.add(caller, callee, `pack ${pack.name}`, time);
    }
  }
  if (addresses.size > 0) {
    gaps.push({
      source: source.name,
      what: `callees known only by their address: ${listed([...addresses].sort(), 5)}`,
      reason:
        'an IP address names no service: let clients use names, or write the calls under topology.services',
    });
  }
  const all = new Set([...services, ...edges.list().flatMap(({ caller, callee }) => [caller, callee])]);
  return {
    graph: { services: [...all].sort(), edges: edges.list(), placements: [], external: [...external].sort() },
    gaps,
  };
}

/** Adds the calls that catalogues declare; gives what of them cannot be read. */
async function addDeclared(edges: EdgeSet, names: ServiceNames, catalogs: readonly string[]): Promise<Gap[]> {
  const { calls, gaps } = await readCatalogs(catalogs);
  for (const { caller, callee, source } of calls) {
    const [calling, called] = [names.resolveAny(caller), names.resolveAny(callee)];
    if (calling !== called) edges.add(calling, called, source, null);
  }
  return gaps;
}

/** A callee that is no known service, by its host name; null for a bare address. */
function calleeByAddress(raw: string): string | null {
  const host = hostOf(raw);
  const isAddress = /^[\d.:]+$/.test(host) || host.includes(':') || host === 'localhost';
  return isAddress || host === '' ? null : host;
}

class EdgeSet {
  private readonly edges = new Map<string, CallEdge>();

  /** The first that names an edge is kept as its origin. */
  add(caller: string, callee: string, source: string, seenAt: number | null): void {
    const key = JSON.stringify([caller, callee]);
    if (!this.edges.has(key)) this.edges.set(key, { caller, callee, learntFrom: { source, seenAt } });
  }

  list(): CallEdge[] {
    return [...this.edges.values()].sort(
      (a, b) => a.caller.localeCompare(b.caller) || a.callee.localeCompare(b.callee),
    );
  }
}

/** What runs where, for the services given. */
export async function readPlacements(
  around: Around,
  services: readonly string[],
  topology: Config['topology'],
  aliases: Aliases = {},
): Promise<{ placements: Placement[]; gaps: Gap[] }> {
  const { bindings, packs, time } = around;
  const names = new ServiceNames(services, aliases);
  const gaps: Gap[] = [];
  const found = new Map<string, Placement>();
  const add = (service: string, host: string, from: string, seenAt: number | null): void => {
    const key = JSON.stringify([service, host]);
    if (!found.has(key)) found.set(key, { service, host, learntFrom: { source: from, seenAt } });
  };
  for (const { name, host } of topology.services) {
    const service = names.resolve(name);
    if (service !== null && host !== undefined) add(service, host, 'configuration', null);
  }
  const questions = packsInUse(packs, bindings).flatMap(({ pack, binding }) =>
    pack.placements.map((spec) => ({ pack, binding, spec })),
  );
  const answers = await askEach(questions, ofBinding, ({ pack, binding, spec }) => {
    const query = queryFor(spec, pack, binding, services, around.spans);
    return ask(partFor(around.source, binding), query, `placements (${pack.name})`, around, gaps);
  });
  for (const [i, { pack, binding, spec }] of questions.entries()) {
    for (const { labels } of answers[i]?.series ?? []) {
      const service = names.resolve(labels[subjectLabel(spec, binding)] ?? '');
      const host = hostOf(labels[spec.host ?? binding.host] ?? '');
      if (service !== null && host !== '') add(service, host, `pack ${pack.name}`, time);
    }
  }
  return { placements: [...found.values()], gaps };
}

/** Asks a question whose answer may be missing: then it is a gap. */
async function ask(
  source: MetricsSource,
  query: string,
  what: string,
  { time, limits }: Pick<Around, 'time' | 'limits'>,
  gaps: Gap[],
): Promise<Answer | null> {
  try {
    const answer = await source.instant(query, time, limits);
    gaps.push(...remarksOf(answer, source.name, what));
    return answer;
  } catch (error) {
    gaps.push(gapOf(error, limits, source.name, what));
    return null;
  }
}

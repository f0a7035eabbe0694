import { cancellationSignal } from '@temporalio/activity';
import type { Anomaly, Severity } from '../../../model/anomaly.js';
import type { Gap } from '../../../model/gap.js';
import type { ServiceGraph } from '../../../model/graph.js';
import type { Scope } from '../../../model/incident.js';
import type { Activities } from '../../contract.js';
import type { CollectDeps, Look } from '../deps.js';
import { listed, merged } from '../gaps.js';
import type { ServiceNames } from './service-names.js';
import { detectPacks } from '../metrics/packs/detect.js';
import { around as servicesAround } from './neighbourhood.js';
import { failingAsActivity } from '../metrics/source/failures.js';
import { readPlacements, readTopology, type Around } from './topology.js';
import { whoMoved } from './deviation-scan.js';
import { rateWindowFor, sampleInterval, spansFor, stepFor, windowFor } from './window.js';

export interface ScopeRequest {
  environment: string;
  anomalies: Anomaly[];
  now: number;
}

/** The `planScope` activity. Needs the source: without it there is nothing to look at. */
export function createPlanScope(deps: CollectDeps): Pick<Activities, 'planScope'> {
  return {
    planScope: (input) => failingAsActivity(() => planScope(deps, input, { signal: cancellationSignal() })),
  };
}

/** Chooses window and step, finds the packs that apply, reads the topology, and names the services to look at. */
export async function planScope(
  deps: Pick<CollectDeps, 'source' | 'packs' | 'config'>,
  { environment, anomalies, now }: ScopeRequest,
  look: Look,
): Promise<Scope> {
  const { source, packs, config } = deps;
  const main = mainAnomaly(anomalies);
  const anomalyTime = Math.min(...firingOrAll(anomalies).map(({ startedAt }) => startedAt));
  const options = { signal: look.signal };

  const roughly = windowFor(config.diagnosis, anomalyTime, now, 1);
  const detected = await detectPacks(source, packs, { ...options, use: config.packs.use, window: roughly });
  const { bindings } = detected;
  const interval = await sampleInterval(source, packs, bindings, roughly.end, options);
  const step = stepFor(config.diagnosis, interval);
  const rateWindowSeconds = rateWindowFor(interval, step);
  const spans = spansFor(config.diagnosis, rateWindowSeconds);
  const around: Around = { source, packs, bindings, spans, time: roughly.end, options };

  const mentioned = anomalies.map((anomaly) => anomaly.service);
  const topology = await readTopology(around, detected.services, mentioned, config.topology);
  const { graph, names } = topology;
  const service = names.resolve(main.service) ?? main.service;
  const gaps: Gap[] = [
    ...detected.gaps,
    ...topology.gaps,
    ...blindSpots(source.name, bindings.length, graph, service),
  ];

  const reached = reach(
    graph,
    service,
    mentioned.map((name) => names.resolve(name) ?? name),
    config.diagnosis.maxHops,
  );
  const chosen = await capped(around, reached, config.diagnosis, names, gaps);
  const services = [...chosen].sort();
  const within = partOf(graph, chosen);
  const placed = await readPlacements(around, services, config.topology);

  return {
    environment,
    service,
    symptom: main.symptom,
    services,
    window: windowFor(config.diagnosis, anomalyTime, now, step),
    anomalyTime,
    packs: bindings.map(({ pack }) => pack),
    reading: { packs: bindings, rateWindowSeconds },
    graph: { ...within, placements: placed.placements },
    gaps: merged([...gaps, ...placed.gaps]),
  };
}

const SEVERITIES: readonly Severity[] = ['critical', 'warning', 'info'];

function firingOrAll(anomalies: readonly Anomaly[]): readonly Anomaly[] {
  const firing = anomalies.filter(({ status }) => status === 'firing');
  return firing.length > 0 ? firing : anomalies;
}

/** The anomaly to explain: the gravest that fires of the service that opened the incident. */
function mainAnomaly(anomalies: readonly Anomaly[]): Anomaly {
  const [first] = anomalies;
  if (!first) throw new RangeError('anomalies: expected at least one, got none');
  const own = firingOrAll(anomalies.filter(({ service }) => service === first.service));
  return SEVERITIES.flatMap((level) => own.filter(({ severity }) => severity === level))[0] ?? first;
}

function blindSpots(source: string, packCount: number, graph: ServiceGraph, service: string): Gap[] {
  if (packCount === 0) {
    const reason = 'none of the metric packs knows a metric of this source; see packs.files';
    return [{ source, what: 'all metrics', reason }];
  }
  const gaps: Gap[] = [];
  if (graph.edges.length === 0) {
    const reason = 'no metric tells calls between services, and topology.services is empty';
    gaps.push({ source, what: 'who calls whom', reason });
  } else if (!graph.edges.some(({ caller, callee }) => caller === service || callee === service)) {
    gaps.push({ source, what: `whom ${service} calls, and who calls it`, reason: 'no call of it is known' });
  }
  return gaps;
}

/** Services with their distance from the trouble. Where the graph says nothing of the service, all of them. */
function reach(
  graph: ServiceGraph,
  service: string,
  anomalous: string[],
  maxHops: number,
): Map<string, number> {
  const distances = servicesAround(graph.edges, service, maxHops);
  for (const other of anomalous) if (!distances.has(other)) distances.set(other, 1);
  if (distances.size > new Set([service, ...anomalous]).size) return distances;
  for (const other of graph.services) if (!distances.has(other)) distances.set(other, 1);
  return distances;
}

/** Keeps at most `maxServices`: the trouble and its neighbours, then whoever moved most. */
async function capped(
  around: Around,
  reached: Map<string, number>,
  config: { maxServices: number; baselineSeconds: number },
  names: ServiceNames,
  gaps: Gap[],
): Promise<Set<string>> {
  const { maxServices } = config;
  const all = [...reached.keys()];
  if (all.length <= maxServices) return new Set(all);
  const moved = await whoMoved(around, all, names, config.baselineSeconds / 2);
  const rank = (service: string): number =>
    reached.get(service)! === 0 ? Infinity : (moved.get(service) ?? 0);
  const ordered = all.sort(
    (a, b) => compare(rank(b), rank(a)) || reached.get(a)! - reached.get(b)! || a.localeCompare(b),
  );
  const left = ordered.slice(maxServices);
  gaps.push({
    source: around.source.name,
    what: `${left.length} of ${all.length} services within reach: ${listed(left.slice(0, 5).sort(), 5)}${left.length > 5 ? ', ...' : ''}`,
    reason: `their signals moved least, and a diagnosis looks at ${maxServices} services (diagnosis.maxServices)`,
  });
  return new Set(ordered.slice(0, maxServices));
}

function compare(a: number, b: number): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

function partOf(graph: ServiceGraph, services: ReadonlySet<string>): ServiceGraph {
  return {
    services: [...services].sort(),
    edges: graph.edges.filter(({ caller, callee }) => services.has(caller) && services.has(callee)),
    placements: [],
    external: graph.external.filter((service) => services.has(service)),
  };
}

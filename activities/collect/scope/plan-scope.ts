import { descending, group, min } from 'd3-array';
import type { Anomaly, Severity } from '../../../model/anomaly.js';
import type { Gap } from '../../../model/gap.js';
import type { CallEdge, Placement, ServiceGraph } from '../../../model/graph.js';
import type { Scope } from '../../../model/incident.js';
import { SLICE_LABELS } from '../../../model/slices.js';
import type { InvestigationSteps } from '../../contract.js';
import { runAttempt, type Limits } from '../attempt.js';
import type { CollectDeps } from '../deps.js';
import { listed, merged } from '../gaps.js';
import { readKubernetesPlacements } from '../kubernetes/placements.js';
import { detectPacks, type Detected } from '../metrics/packs/detect.js';
import { partsAbout, partsOf, patienceFor } from '../metrics/source/parts.js';
import { learnCalls, withCalls } from '../traces/learn-calls.js';
import { areaFor, type Area } from './area.js';
import { scanDeviations } from './deviation-scan.js';
import { readEstate } from './estate.js';
import { neighbourhood } from './neighbourhood.js';
import { displayNames, ServiceNames } from './service-names.js';
import { readPlacements, readTopology, type Around } from './topology.js';
import { rateWindowFor, sampleInterval, spansFor, stepFor, windowFor } from './window.js';

export interface ScopeRequest {
  environment: string;
  anomalies: Anomaly[];
  now: number;
}

/** What a later attempt need not read again. */
interface ScopeProgress {
  detected?: Detected;
  area?: Area;
  sampling?: { interval: number; gaps: Gap[] };
  topology?: { graph: ServiceGraph; gaps: Gap[] };
  traced?: { calls: CallEdge[]; gaps: Gap[] };
}

/** A service that the source does not know may be anything: its scope is a tenth of the largest by default. */
const MAX_SERVICES_OF_UNKNOWN = 20;

/**
 * The `planScope` activity. Answers what it has when its time is over: what could not be read by then is a gap. It
 * fails when not even the names of metrics could be read, for then there is nothing to diagnose from.
 */
export function createPlanScope(deps: CollectDeps): Pick<InvestigationSteps, 'planScope'> {
  return {
    planScope: (input) => {
      let progress: ScopeProgress = {};
      return runAttempt<Scope, ScopeProgress>(
        (attempt) => {
          progress = attempt.resumed ?? progress;
          return planScope(deps, input, attempt, progress);
        },
        { checkpoint: () => progress },
      );
    },
  };
}

/**
 * Chooses window and step, finds the packs that apply, reads the topology, and names the services to diagnose.
 *
 * @param progress what is read is kept here, and what is here is not read again
 */
export async function planScope(
  deps: Pick<CollectDeps, 'source' | 'packs' | 'config'>,
  { environment, anomalies, now }: ScopeRequest,
  given: Limits,
  progress: ScopeProgress = {},
): Promise<Scope> {
  const { packs, config } = deps;
  const { aliases } = config.services;
  const main = mainAnomaly(anomalies);
  const source = partsAbout(deps.source, main);
  const limits = patienceFor(partsOf(source).length, given);
  const anomalyTime = min(firingOrAll(anomalies), ({ startedAt }) => startedAt)!;
  const roughly = windowFor(config.diagnosis, anomalyTime, now, 1);

  progress.detected ??= await detectPacks(source, packs, {
    ...given,
    use: config.packs.use,
    window: roughly,
  });
  const detected = progress.detected;
  progress.sampling ??= await sampleInterval(source, packs, detected.bindings, roughly.end, limits);
  const step = stepFor(config.diagnosis, progress.sampling.interval);
  const rateWindowSeconds = rateWindowFor(progress.sampling.interval, step);
  const spans = spansFor(config.diagnosis, rateWindowSeconds);
  const whole: Around = { source, packs, bindings: detected.bindings, spans, time: roughly.end, limits };
  progress.area ??= areaFor(main, detected, await readEstate(whole), { source: source.name, aliases });
  const { bindings, services: measured } = progress.area;
  const around: Around = { ...whole, bindings };

  const mentioned = [...new Set(anomalies.map((anomaly) => anomaly.service))];
  progress.topology ??= await readTopology(around, measured, mentioned, config.topology, aliases);
  progress.traced ??= await callsInTraces(
    deps.config,
    main.service,
    progress.topology.graph,
    roughly.end,
    given,
  );
  const graph = withCalls(progress.topology.graph, progress.traced.calls);
  const names = new ServiceNames(graph.services, aliases);
  const nameOf = (one: Anomaly): string => names.resolveIn(one.service, [one.namespace]) ?? one.service;
  const service = nameOf(main);
  const isUnknown = isUnknownService(service, graph, measured, config);
  const anomalous = [...new Set(anomalies.map(nameOf))];
  const candidates = candidatesFor(graph, service, anomalous, config.diagnosis.maxHops);
  const { baselineSeconds, maxServices } = config.diagnosis;
  const most = isUnknown ? Math.min(maxServices, MAX_SERVICES_OF_UNKNOWN) : maxServices;
  const reason = isUnknown
    ? `a diagnosis of ${service}, which no metric names, covers ${most} services`
    : `a diagnosis covers ${most} services (diagnosis.maxServices)`;
  const chosen = await mostRelevant(around, candidates, names, { most, reason, baselineSeconds });
  const services = [...chosen.services].sort();
  const reading = { packs: bindings, rateWindowSeconds };
  const placed = await Promise.all([
    readPlacements(around, services, config.topology, aliases),
    ...config.kubernetes.map((cluster) =>
      readKubernetesPlacements(cluster, { scope: { service, services, reading }, aliases }, given),
    ),
  ]);

  return {
    environment,
    service,
    symptom: main.symptom,
    services,
    window: windowFor(config.diagnosis, anomalyTime, now, step),
    anomalyTime,
    packs: [...new Set(bindings.map(({ pack }) => pack))],
    reading,
    graph: { ...partOf(graph, chosen.services), placements: distinctPlacements(placed) },
    alertSlices: slicesNamedBy(main),
    gaps: merged([
      ...progress.detected.gaps,
      ...progress.sampling.gaps,
      ...progress.area.gaps,
      ...readTogether(source.name, progress.area, chosen.services),
      ...progress.topology.gaps,
      ...progress.traced.gaps,
      ...blindSpots(source.name, bindings.length, graph, service),
      ...chosen.gaps,
      ...placed.flatMap(({ gaps }) => gaps),
    ]),
  };
}

/** Calls that sources of traces know; without one nothing is asked. */
function callsInTraces(
  { traces, services }: CollectDeps['config'],
  written: string,
  graph: ServiceGraph,
  time: number,
  limits: Limits,
): Promise<{ calls: CallEdge[]; gaps: Gap[] }> {
  const names = new ServiceNames(graph.services, services.aliases);
  const service = names.resolve(written) ?? written;
  return learnCalls(traces, { service, graph }, names, time, limits);
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

/** The part of its service that an alert is about, as far as its labels tell. */
function slicesNamedBy({ labels }: Anomaly): Record<string, string> {
  const known = new Set(Object.values(SLICE_LABELS).flat());
  return Object.fromEntries(
    Object.entries(labels).filter(([label, value]) => known.has(label) && value !== ''),
  );
}

function blindSpots(source: string, packCount: number, graph: ServiceGraph, service: string): Gap[] {
  if (packCount === 0) {
    const reason = 'no metric pack that could be read knows a metric of this source; see packs.files';
    return [{ source, what: 'all metrics', reason }];
  }
  const gaps: Gap[] = [];
  if (graph.edges.length === 0) {
    const reason = 'no metric that was read shows calls between services, and topology.services is empty';
    gaps.push({ source, what: 'who calls whom', reason });
  } else if (!graph.edges.some(({ caller, callee }) => caller === service || callee === service)) {
    gaps.push({ source, what: `callers and callees of ${service}`, reason: 'no call of it is known' });
  }
  return gaps;
}

/** Services of which the source holds several that the queries do not tell apart. */
function readTogether(source: string, { together }: Area, services: ReadonlySet<string>): Gap[] {
  const names = together.filter((name) => services.has(name));
  if (names.length === 0) return [];
  const reason = 'several namespaces, clusters or environments have them; they are read together';
  return [{ source, what: `which ${listed(names, 5)} is meant`, reason }];
}

/** Whether neither a metric, nor a call, nor the configuration names the service: only its alert does. */
function isUnknownService(
  service: string,
  graph: ServiceGraph,
  measured: readonly string[],
  { topology, services: { aliases } }: CollectDeps['config'],
): boolean {
  const configured = topology.services.flatMap(({ name, calls }) => [name, ...calls]);
  const known = new ServiceNames([...displayNames(measured).values(), ...configured], aliases);
  return (
    known.resolve(service) === null &&
    !graph.edges.some(({ caller, callee }) => caller === service || callee === service)
  );
}

/** Services with their distance from the service. Where no call of it is known, all services. */
function candidatesFor(
  graph: ServiceGraph,
  service: string,
  anomalous: readonly string[],
  maxHops: number,
): Map<string, number> {
  const distances = neighbourhood(graph.edges, service, maxHops);
  for (const other of anomalous) if (!distances.has(other)) distances.set(other, 1);
  if (distances.size > new Set([service, ...anomalous]).size) return distances;
  for (const other of graph.services) if (!distances.has(other)) distances.set(other, 1);
  return distances;
}

/** Keeps at most so many: the service itself, then those that deviate most, then the nearest. */
async function mostRelevant(
  around: Around,
  candidates: ReadonlyMap<string, number>,
  names: ServiceNames,
  limit: { most: number; reason: string; baselineSeconds: number },
): Promise<{ services: Set<string>; gaps: Gap[] }> {
  const all = [...candidates.keys()];
  if (all.length <= limit.most) return { services: new Set(all), gaps: [] };
  const { scores, gaps } = await scanDeviations(around, all, names, limit.baselineSeconds / 2);
  const rank = (service: string): number =>
    candidates.get(service) === 0 ? Infinity : (scores.get(service) ?? 0);
  const ordered = all.sort(
    (a, b) => descending(rank(a), rank(b)) || candidates.get(a)! - candidates.get(b)! || a.localeCompare(b),
  );
  const left = ordered.slice(limit.most);
  const examples = left.slice(0, 5).sort().join(', ');
  const gap = {
    source: around.source.name,
    what: `${left.length} of ${all.length} services within reach: ${examples}${left.length > 5 ? ', ...' : ''}`,
    reason: `their signals deviate least, and ${limit.reason}`,
  };
  return { services: new Set(ordered.slice(0, limit.most)), gaps: [...gaps, gap] };
}

/** A placement that several sources know is learnt from the first of them. */
function distinctPlacements(placed: readonly { placements: Placement[] }[]): Placement[] {
  const all = placed.flatMap(({ placements }) => placements);
  return [...group(all, ({ service, host }) => JSON.stringify([service, host])).values()].map(
    ([first]) => first!,
  );
}

function partOf(graph: ServiceGraph, services: ReadonlySet<string>): ServiceGraph {
  return {
    services: [...services].sort(),
    edges: graph.edges.filter(({ caller, callee }) => services.has(caller) && services.has(callee)),
    placements: [],
    external: graph.external.filter((service) => services.has(service)),
  };
}

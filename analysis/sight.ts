import { listOf } from '../model/wording.js';
import type { Evidence } from '../model/diagnosis.js';
import type { SeriesMeta, SignalKind } from '../model/series.js';
import type { Facts } from './facts.js';
import type { Ranked } from './rank.js';
import { reachableFrom } from './graph/call-graph.js';
import { isGolden } from './series/onset.js';
import type { ServiceFacts } from './service-facts.js';
import { CALIBRATION, RANK, RULES } from './weights.js';

/** How sure one can be of a suspect with what could be seen, and what would have to be seen to be surer. */
export interface Sight {
  /** Belief above this would be blindness. */
  most: number;
  missing: string | null;
}

/** What speaks for the service itself, rather than of what it suffers. */
const OF_ITS_OWN = new Set<Evidence['kind']>([
  'resource',
  'load',
  'change',
  'check',
  'state',
  'shared-host',
  'silence',
  'trace',
  'log',
]);

/**
 * Scores only know what was seen. Four kinds of blindness leave a wrong suspect without a rival: nothing is known of
 * the calm, so that whatever is far from the middle looks strange; nobody knows who calls whom; most of what a suspect
 * calls shows nobody how it serves; or nothing but suffering speaks for it, so that what it suffers from may be
 * anything that is not measured, as a delay on the way to a callee is.
 */
export function sightOf(facts: Facts, suspect: Ranked): Sight {
  const limits = [
    sightOfOne(facts, suspect),
    sharedTrouble(facts, suspect),
    unseenSymptom(facts, suspect),
    missingLink(facts, suspect),
  ];
  return limits.reduce<Sight>(
    (least, one) => (one !== null && one.most < least.most ? one : least),
    limits[0] as Sight,
  );
}

/** Whether known calls lead from the alerting service to this one, or from this one to it. */
export function isLinked({ graph, alerting }: Facts, service: number): boolean {
  return (
    !graph.known ||
    reachableFrom([alerting], graph.callees)[service]! ||
    reachableFrom([service], graph.callees)[alerting]!
  );
}

/**
 * Where nothing that was read shows what the alert is about, a suspect explains nothing. Null where it is seen, or told
 * by traces or lines.
 */
function unseenSymptom(
  { services, alerting, graph, story, input }: Facts,
  { evidence }: Ranked,
): Sight | null {
  const { symptom } = input.anomaly;
  // What the others are about is not known, so that nobody can say that it is not there.
  if (symptom === 'other' || symptom === 'saturation') return null;
  const { symptoms, calls, traffic } = services[alerting]!;
  const seen = [...symptoms, ...calls, ...(traffic === null ? [] : [traffic])].some(
    ({ series, strength }) => story.signals.includes(series.signal) && strength >= RANK.leastImpactStrength,
  );
  const isTold = evidence.some(
    ({ kind, stance, weight }) =>
      (kind === 'trace' || kind === 'log') && stance === 'for' && weight >= RULES.clearWeight,
  );
  if (seen || isTold) return null;
  return {
    most: CALIBRATION.mostUnseen,
    missing: `The ${symptom} of ${graph.names[alerting]!} that the alert is about: nothing that was read shows it`,
  };
}

/** A deviation that no known call links to the alert may be another matter. Null where one does. */
function missingLink(facts: Facts, { service }: Ranked): Sight | null {
  if (isLinked(facts, service)) return null;
  const { graph, alerting } = facts;
  return {
    most: CALIBRATION.mostUnlinked,
    missing: `Which calls lead from ${graph.names[alerting]!} to ${graph.names[service]!}: none is known`,
  };
}

/**
 * Services that slow down together without calling one another speak for what they share: a host, the network, a
 * store, a mesh, seen or not. Null where the suspect explains those who suffer: they call it, or its load reaches them.
 */
function sharedTrouble({ graph, services, story }: Facts, { service, evidence }: Ranked): Sight | null {
  if (!graph.known || evidence.some(isStateOfItsOwn)) return null;
  const above = reachableFrom([service], graph.callers);
  const measured = services.flatMap(({ seen }, index) =>
    !above[index] && seen.has('latency') ? [index] : [],
  );
  const apart = measured.filter((index) => suffersAlike(services[index]!, story.signals));
  if (measured.length < CALIBRATION.leastApart || apart.length < CALIBRATION.shareApart * measured.length)
    return null;
  const named = listOf(apart.slice(0, 3).map((index) => graph.names[index]!));
  return {
    most: CALIBRATION.mostShared,
    missing: `What ${graph.names[service]!} shares with ${named}, which deviate too and do not call it: host, network, storage`,
  };
}

/** A state of the service that changed and that what all share does not bring about. */
function isStateOfItsOwn({ kind, stance, weight, observation, movement }: Evidence): boolean {
  if (stance !== 'for') return false;
  if (kind === 'silence') return observation.startsWith('reports of ');
  if (kind === 'resource') return movement !== null && weight >= RULES.clearWeight * CALIBRATION.ownState;
  return kind === 'load' || kind === 'check' || kind === 'state';
}

/**
 * Whether a service is slower too; where the alert is not about slowness, clearly so: a little of it explains no
 * failures.
 */
function suffersAlike({ symptoms }: ServiceFacts, signals: readonly SignalKind[]): boolean {
  const least = signals.includes('latency') ? RANK.leastStrength : RANK.sharedStrength;
  return symptoms.some(({ series, strength }) => series.signal === 'latency' && strength >= least);
}

function sightOfOne(facts: Facts, { service, evidence }: Ranked): Sight {
  const { baselines, graph } = facts;
  const name = graph.names[service]!;
  if (baselines.every(({ baselineEnd }) => baselineEnd === 0))
    return { most: CALIBRATION.mostWithoutCalm, missing: 'A baseline before the incident' };
  const own = evidence.some(
    ({ kind, stance, weight }) => stance === 'for' && OF_ITS_OWN.has(kind) && weight >= RULES.clearWeight,
  );
  // Where nobody knows who calls whom, what a service suffers from may be anybody's.
  if (!graph.known)
    return {
      most: own ? CALIBRATION.mostWithoutGraph : CALIBRATION.mostSufferingWithoutGraph,
      missing: CALL_GRAPH,
    };
  if (own) return { most: 1, missing: null };
  const unseen = unseenCallees(facts, service);
  if (unseen.length > 0)
    return {
      most: CALIBRATION.mostAboveBlind,
      missing: `Latency and errors of ${listOf(unseen.map((callee) => graph.names[callee]!))}`,
    };
  const slow = evidence.find(({ kind }) => kind === 'local-symptom')?.series?.signal === 'latency';
  const missing =
    slow && waitsUnseen(facts, service) ? `Latency of the calls that ${name} makes, by callee` : null;
  return { most: CALIBRATION.mostSuffering, missing };
}

/** What is missing where no call is known. */
export const CALL_GRAPH = 'The call graph';

/** Its callees of which nobody knows how they serve, if those are the most of all that anything is known of. */
function unseenCallees({ graph, services }: Facts, service: number): number[] {
  const known = graph.callees[service]!.filter((callee) => services[callee]!.seen.size > 0);
  const unseen = known.filter((callee) => ![...services[callee]!.seen].some(isGolden));
  return unseen.length > known.length / 2 ? unseen : [];
}

/** Whether a slow service may be waiting on a way that nobody measures. */
function waitsUnseen({ baselines, graph, services }: Facts, service: number): boolean {
  const name = graph.names[service]!;
  // What it waits for it would see itself; what only its callers see happens before it is asked.
  const seesItself = baselines.some(({ series }) => isOwnLatency(series, name));
  const waits = services[service]!.symptoms.some(
    ({ series, strength }) => isOwnLatency(series, name) && strength >= RANK.leastStrength,
  );
  const seesCalls = baselines.some(
    ({ series: { subject, signal, perspective } }) =>
      subject.kind === 'edge' && subject.caller === name && signal === 'latency' && perspective === 'client',
  );
  const calls = graph.callees[service]!.length > 0 || !graph.known;
  return calls && !seesCalls && (waits || !seesItself);
}

/** Whether a service measures with this series how long its own answers take. */
export function isOwnLatency({ subject, signal, perspective }: SeriesMeta, name: string): boolean {
  return (
    subject.kind === 'service' && subject.service === name && signal === 'latency' && perspective === 'server'
  );
}

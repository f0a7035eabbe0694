import { listOf, quantity } from '../../model/wording.js';
import type { Evidence } from '../../model/diagnosis.js';
import type { Facts } from '../facts.js';
import { failingShare } from '../service-facts.js';
import { reachableFrom } from '../graph/call-graph.js';
import type { Deviation } from '../series/deviation.js';
import { RANK } from '../weights.js';
import { finding, type Finding } from './finding.js';

/**
 * More work than usual that came in from outside: the traffic of a service that nobody calls, or of the alerting
 * one, rose by half and more, or that of another without its known callers sending as much. Only where somebody
 * suffers: growth that all bear is no incident.
 */
export function loadEvidence(facts: Facts, found: Finding[]): Finding[] {
  const { graph, services, alerting } = facts;
  if (!services.some(({ loudness }) => loudness >= RANK.surgeHurts)) return [];
  const rise = services.map(({ traffic }) =>
    traffic !== null &&
    traffic.sign === 1 &&
    traffic.weighed.before > 0 &&
    traffic.strength >= RANK.leastStrength
      ? Math.log2(traffic.weighed.after / traffic.weighed.before)
      : 0,
  );
  const sent = callsSent(facts);
  const surges = services.flatMap(({ traffic }, service) => {
    const doublings = rise[service]!;
    // Nobody who calls it passes on more, as far as anybody knows who calls whom.
    const atTheFront = graph.known
      ? graph.callers[service]!.length === 0 ||
        (service === alerting &&
          graph.callers[service]!.every((caller) => rise[caller]! < RANK.surgeDoublings))
      : service === alerting || rise[alerting]! < RANK.surgeDoublings;
    if (traffic === null || doublings < RANK.surgeDoublings) return [];
    if (!atTheFront && strangers(traffic, sent.get(service)) < 2 ** RANK.surgeDoublings - 1) return [];
    // Retries of failed calls look like more work from outside, but not before anything failed.
    const hurt = services[service]!.symptoms.find(({ strength }) => strength >= RANK.surgeHurts);
    if (hurt !== undefined && hurt.from < traffic.from) return [];
    const together = hurt !== undefined && hurt.from === traffic.from && service !== alerting;
    const unretried =
      doublings - (together ? Math.log2(1 + RANK.retries * failingShare(services[service]!)) : 0);
    const name = graph.names[service]!;
    const weight = RANK.surge * Math.min(1, unretried);
    if (weight <= 0) return [];
    const { unit } = traffic.series;
    return [
      finding(service, {
        observation: `traffic of ${name}`,
        kind: 'load',
        weight,
        statement: `Traffic of ${name} from outside rose from ${quantity(traffic.before, unit)} to ${quantity(traffic.after, unit)}.`,
        move: traffic,
        kinds: [['traffic-surge', weight * 2]],
      }),
    ];
  });
  return [...surges, ...borne(facts, surges, rise, found)];
}

/** What suffering is called that a surge can bring about. */
const BROUGHT_ABOUT = new Set<Evidence['kind']>([
  'local-symptom',
  'resource',
  'neighbours',
  'unexplained-by-callees',
  'trace',
  'log',
]);

/**
 * Load travels along the calls: suffering below a surge that comes with as much more traffic, or whose traffic nobody
 * measures, is the surge's doing. Then a callee that suffers too excuses nobody at the front.
 */
function borne({ graph, services }: Facts, surges: Finding[], rise: number[], found: Finding[]): Finding[] {
  if (surges.length === 0) return [];
  const fronts = new Set(surges.map(({ service }) => service));
  const most = Math.max(...[...fronts].map((service) => rise[service]!));
  const sure = Math.max(...surges.map(({ evidence }) => evidence.weight)) / RANK.surge;
  const below = graph.known ? reachableFrom([...fronts], graph.callees) : graph.names.map(() => true);
  const suffered = new Map<number, number>();
  for (const { service, evidence } of found) {
    if (fronts.has(service)) {
      if (evidence.kind === 'contradiction') evidence.weight *= 1 - RANK.loadExplains * sure;
    } else if (below[service] && evidence.stance === 'for' && BROUGHT_ABOUT.has(evidence.kind)) {
      suffered.set(service, (suffered.get(service) ?? 0) + evidence.weight);
    }
  }
  return [...suffered].flatMap(([service, weight]) => {
    const name = graph.names[service]!;
    const carried = !services[service]!.seen.has('traffic') ? 1 : Math.min(1, rise[service]! / most);
    if (carried < RANK.leastCarried) return [];
    return [
      finding(service, {
        observation: `load on ${name}`,
        kind: 'contradiction',
        stance: 'against',
        weight: RANK.loadExplains * weight * carried * sure,
        statement:
          rise[service]! > 0
            ? `${name} gets ${(2 ** rise[service]!).toFixed(1)} times its baseline traffic.`
            : `${name} is downstream of ${listOf([...fronts].map((front) => graph.names[front]!))}, which passes on ${(2 ** most).toFixed(1)} times its baseline traffic.`,
      }),
    ];
  });
}

/** Calls that the known callers of a service send, before and after; only where each of them is measured. */
interface Sent {
  callers: Set<string>;
  before: number;
  after: number;
}

function callsSent({ baselines, moves, graph }: Facts): Map<number, Sent> {
  const moved = new Map(moves.map((move) => [move.series, move]));
  const sent = new Map<number, Sent>();
  for (const { series, centre } of baselines) {
    const { subject, signal } = series;
    if (subject.kind !== 'edge' || signal !== 'traffic') continue;
    const callee = graph.indexOf.get(subject.callee)!;
    const sum = sent.get(callee) ?? { callers: new Set(), before: 0, after: 0 };
    sum.callers.add(subject.caller);
    sum.before += moved.get(series)?.before ?? centre;
    sum.after += moved.get(series)?.after ?? centre;
    sent.set(callee, sum);
  }
  return new Map([...sent].filter(([callee, { callers }]) => callers.size >= graph.callers[callee]!.length));
}

/** How much more comes from nobody that is known, as a share of the usual traffic; 0 where that is not measured. */
function strangers({ before, after }: Deviation, sent: Sent | undefined): number {
  return sent === undefined || before <= 0 ? 0 : (after - before - (sent.after - sent.before)) / before;
}

import { quantity } from '../../model/wording.js';
import type { Facts } from '../facts.js';
import { slowdown, type ServiceFacts } from '../service-facts.js';
import { isGolden } from '../series/onset.js';
import type { Deviation } from '../series/deviation.js';
import { RANK } from '../weights.js';
import { badness, finding, isHeldOpen, scarcity, type Finding } from './finding.js';
import { describe } from './symptoms.js';

/** Resources that a service uses more of than its traffic explains. */
export function resourceEvidence(facts: Facts): Finding[] {
  const { graph, services } = facts;
  return services.flatMap((own, service) => {
    const name = graph.names[service]!;
    const felt = [...own.seen].some(isGolden);
    // A resource that hurts nobody is rarely why somebody is hurt.
    // Whoever waits holds more open: where nobody knows how long it takes, that may be all.
    const blind = !own.seen.has('latency');
    const harm = felt ? RANK.unfelt + (1 - RANK.unfelt) * Math.min(1, own.loudness / RANK.clearStrength) : 1;
    const judged = own.resources
      .map((move) => ({ move, unexplained: 1 - explainedByWork(move, own) }))
      .map(({ move, unexplained }) => ({
        move,
        unexplained,
        weight:
          RANK.resource *
          weightOf(move) *
          facts.material(move) *
          move.strength *
          unexplained *
          harm *
          (blind && isHeldOpen(move) ? RANK.heldBlindly : 1),
      }))
      .filter(({ weight }) => weight >= RANK.leastStrength * RANK.resource)
      .sort((a, b) => b.weight - a.weight);
    // The strongest counts in full, each further one less: one fault moves several resources.
    return judged.map(({ move, weight, unexplained }, rank) =>
      finding(service, {
        observation: `${move.series.signal} of ${name}`,
        kind: 'resource',
        weight: weight * RANK.repeated ** rank,
        statement:
          unexplained < 0.9 && own.traffic
            ? `${describe(move, name)}, more than its traffic (${quantity(own.traffic.before, own.traffic.series.unit)} to ${quantity(own.traffic.after, own.traffic.series.unit)})${isHeldOpen(move) ? ' and slowness explain' : ' explains'}.`
            : `${describe(move, name)}.`,
        move,
      }),
    );
  });
}

function weightOf(move: Deviation): number {
  const { signal } = move.series;
  // Bytes, packets and system calls follow what the service does: they say where, hardly ever why.
  const follower = signal === 'network' || signal === 'other' ? RANK.followers : 1;
  return badness(move) * follower * scarcity(move);
}

/**
 * Share of a growth that the growth of the work accounts for, as a ratio of logarithms: of the traffic and, for what
 * is held open, of the time that each request stays.
 */
function explainedByWork(move: Deviation, own: ServiceFacts): number {
  const { traffic } = own;
  // Memory is held, not used up by requests.
  if (move.series.signal === 'memory' || move.sign !== 1) return 0;
  const risen = traffic !== null && traffic.sign === 1 && traffic.strength >= RANK.leastStrength;
  const more = (risen ? Math.log(growth(traffic)) : 0) + (isHeldOpen(move) ? Math.LN2 * slowdown(own) : 0);
  if (more <= 0) return 0;
  const most = Math.log(growth(move));
  return most <= 0 ? 1 : Math.min(1, Math.max(0, more / most));
}

function growth({ weighed: { before, after } }: Deviation): number {
  return before > 0 ? Math.max(1, after / before) : Infinity;
}

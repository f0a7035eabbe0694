import type { Facts, ServiceFacts } from '../facts.js';
import { isGolden } from '../series/begin.js';
import type { Move } from '../series/movement.js';
import { amount } from '../text.js';
import { RANK } from '../weights.js';
import { badness, finding, scarcity, type Finding } from './finding.js';
import { describe } from './symptoms.js';

/** Resources that a service uses more of than its traffic explains. */
export function resourceEvidence(facts: Facts): Finding[] {
  const { graph, services } = facts;
  return services.flatMap((own, service) => {
    const name = graph.names[service]!;
    const felt = [...own.seen].some(isGolden);
    // A resource that hurts nobody is rarely why somebody is hurt.
    const harm = felt ? RANK.unfelt + (1 - RANK.unfelt) * Math.min(1, own.loudness / RANK.clearStrength) : 1;
    const judged = own.resources
      .map((move) => ({ move, unexplained: 1 - explainedByTraffic(move, own) }))
      .map(({ move, unexplained }) => ({
        move,
        unexplained,
        weight: RANK.resource * weightOf(move) * move.strength * unexplained * harm,
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
            ? `${describe(move, name)}, more than its traffic (${amount(own.traffic.before, own.traffic.series.unit)} to ${amount(own.traffic.after, own.traffic.series.unit)}) explains.`
            : `${describe(move, name)}.`,
        move,
      }),
    );
  });
}

function weightOf(move: Move): number {
  const { signal } = move.series;
  // Bytes, packets and system calls follow what the service does: they say where, hardly ever why.
  const follower = signal === 'network' || signal === 'other' ? RANK.followers : 1;
  return badness(move) * follower * scarcity(move);
}

/** Share of a growth that the growth of the traffic accounts for, as a ratio of logarithms. */
function explainedByTraffic(move: Move, own: ServiceFacts): number {
  const { traffic } = own;
  // Memory is held, not used up by requests.
  if (move.series.signal === 'memory' || move.sign !== 1) return 0;
  if (traffic === null || traffic.sign !== 1 || traffic.strength < RANK.leastStrength) return 0;
  const more = Math.log(growth(traffic));
  const most = Math.log(growth(move));
  return most <= 0 ? 1 : Math.min(1, Math.max(0, more / most));
}

function growth({ weighed: { before, after } }: Move): number {
  return before > 0 ? Math.max(1, after / before) : Infinity;
}

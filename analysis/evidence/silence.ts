import type { Facts } from '../facts.js';
import { amount, list } from '../text.js';
import { RANK } from '../weights.js';
import { finding, type Finding } from './finding.js';

/**
 * Work that stopped: a service that is asked as often as before but no longer asks those behind it fails early;
 * and a service that is asked for less than its callers are is not reached, or no longer asked.
 */
export function silenceEvidence(facts: Facts): Finding[] {
  const { graph, services } = facts;
  return services.flatMap((own, service) => {
    const name = graph.names[service]!;
    const ownFall = own.traffic?.sign === -1 ? own.traffic.strength : 0;
    // Only those that nobody else calls: others may be quiet for other reasons.
    const quiet = graph.callees[service]!.filter((callee) => graph.callers[callee]!.length === 1)
      .flatMap((callee) => {
        const { quieter } = services[callee]!;
        return quieter === null ? [] : [{ callee, quieter, fall: quieter.strength - ownFall }];
      })
      .filter(({ fall }) => fall >= RANK.leastStrength)
      .sort((a, b) => b.fall - a.fall);
    const first = quiet[0];
    if (first === undefined) return [];
    const { unit } = first.quieter.series;
    return [
      finding(service, {
        observation: `calls that ${name} no longer makes`,
        kind: 'silence',
        weight: RANK.silence * Math.min(first.fall, RANK.clearStrength),
        statement: `${list(quiet.map(({ callee }) => graph.names[callee]!))}, which only ${name} calls, went quiet (${first.quieter.series.name} ${amount(first.quieter.before, unit)} to ${amount(first.quieter.after, unit)}) while ${name} itself is asked as before.`,
        move: first.quieter,
        kinds: [['code-change', RANK.silence * Math.min(first.fall, RANK.clearStrength)]],
      }),
    ];
  });
}

import { listOf } from '../../model/wording.js';
import type { Facts } from '../facts.js';
import { loudestSymptom, quietness, unexplainedLoudness } from '../service-facts.js';
import type { Deviation } from '../series/deviation.js';
import { RANK } from '../weights.js';
import { finding, type Finding } from './finding.js';
import type { Blame } from './symptoms.js';

/** A callee that fails, as far as none of its own callees accounts for it. */
interface Failing {
  service: number;
  move: Deviation;
  loudness: number;
}

/**
 * Callees of one service that begin to fail together, although they do not depend on each other, are no coincidence:
 * what they share is who asks them. It asks for what cannot be answered, with a token that is not valid, in a form
 * that nobody reads any more. Only where most of its callees that could show it do.
 */
export function sharedCallerEvidence(facts: Facts, blamed: ReadonlyMap<number, Blame>): Finding[] {
  const { graph, services } = facts;
  const failing = new Map<number, Failing>();
  for (const [service, own] of services.entries()) {
    const move = loudestSymptom(own);
    if (move === undefined || move.series.signal === 'latency') continue;
    const loudness = unexplainedLoudness(own, blamed.get(service)?.share);
    if (loudness >= RANK.leastStrength) failing.set(service, { service, move, loudness });
  }
  return graph.names.flatMap((name, caller) => {
    if (services[caller]!.loudness < RANK.leastStrength) return [];
    const together = togetherOf(graph.callees[caller]!.flatMap((callee) => failing.get(callee) ?? []));
    if (together.length < 2 || sharesOneGone(facts, together)) return [];
    const could = graph.callees[caller]!.filter((callee) => {
      const { seen } = services[callee]!;
      return seen.has('errors') || seen.has('availability');
    });
    const part = (together.length / could.length) ** 2;
    const weight = RANK.shared * together[1]!.loudness * part;
    const whom = listOf(together.map(({ service }) => graph.names[service]!));
    return [
      finding(caller, {
        observation: `what its callees share with ${name}`,
        kind: 'neighbours',
        weight,
        statement: `${whom} began to fail together; ${name} calls all of them.`,
        move: together[0]!.move,
      }),
      ...together.map(({ service }) =>
        finding(service, {
          observation: `what ${graph.names[service]!} shares with other callees`,
          kind: 'contradiction',
          stance: 'against',
          weight,
          statement: `${whom} began to fail together; ${name} calls all of them.`,
        }),
      ),
    ];
  });
}

/** Whether those who fail call a service that is hardly reached any more: they share that as well. */
function sharesOneGone({ graph, services, vanished }: Facts, failing: Failing[]): boolean {
  const [first, ...others] = failing.map(({ service }) => graph.callees[service]!);
  return first!.some(
    (callee) =>
      others.some((callees) => callees.includes(callee)) &&
      (vanished.has(callee) || quietness(services[callee]!.quieter) >= RANK.lostCalls),
  );
}

/** Those that begin when the loudest does, loudest first. */
function togetherOf(failing: Failing[]): Failing[] {
  const [loudest, ...others] = failing.sort((a, b) => b.loudness - a.loudness || a.service - b.service);
  if (loudest === undefined) return [];
  return [
    loudest,
    ...others.filter(({ move }) => Math.abs(move.from - loudest.move.from) <= RANK.onsetSlackBins),
  ];
}

import type { Facts } from '../facts.js';
import type { Move } from '../series/movement.js';
import { rise } from '../story.js';
import { list } from '../text.js';
import { RANK } from '../weights.js';
import { finding, type Finding } from './finding.js';
import { describe, type Blame } from './symptoms.js';

/** A slow service that no callee's own symptom accounts for. */
interface Waiting {
  service: number;
  move: Move;
  loudness: number;
}

/**
 * Time that is lost between two services leaves no trace in either's own work: the caller waits and the callee never
 * sees it. So where a slow service's calls are not measured one by one, the way to each of its callees is a suspect,
 * as far as the other callers of that callee are slow too. Several callers that nothing else accounts for, and that
 * do not call each other, are no coincidence: then what they share is likelier than any of them.
 */
export function onTheWayEvidence(facts: Facts, blamed: ReadonlyMap<number, Blame>): Finding[] {
  const { graph, services } = facts;
  const measured = measuredCalls(facts);
  const waiting = new Map<number, Waiting[]>();
  for (const [service, own] of services.entries()) {
    const move = own.symptoms[own.told.indexOf(own.loudness)];
    if (move?.series.signal !== 'latency' || own.loudness < RANK.leastStrength) continue;
    const loudness = Math.min(own.loudness, RANK.loudest) * (1 - (blamed.get(service)?.share ?? 0));
    for (const callee of graph.callees[service]!) {
      if (loudness < RANK.leastStrength || measured.has(keyOf(service, callee))) continue;
      const known = waiting.get(callee) ?? [];
      known.push({ service, move, loudness });
      waiting.set(callee, known);
    }
  }
  return [...waiting].flatMap(([callee, waits]) => behind(facts, callee, waits));
}

function behind({ graph, services }: Facts, callee: number, waits: Waiting[]): Finding[] {
  const name = graph.names[callee]!;
  // Its own slowness speaks for itself.
  if (services[callee]!.loudness >= RANK.leastStrength) return [];
  const seen = graph.callers[callee]!.filter((caller) => services[caller]!.seen.has('latency'));
  const slow = seen.filter((caller) => services[caller]!.loudness >= RANK.leastStrength);
  const part = (slow.length / seen.length) ** 2;
  const [loudest, second] = [...waits].sort((a, b) => b.loudness - a.loudness || a.service - b.service) as [
    Waiting,
    Waiting?,
  ];
  const alike =
    second === undefined ? 0 : (second.loudness / loudest.loudness) * likeness(loudest.move, second.move);
  const whom = list(slow.map((caller) => graph.names[caller]!));
  const together = `${whom} wait longer, and what they share is that they call ${name}`;
  const found = [
    finding(callee, {
      observation: `way to ${name}`,
      kind: 'neighbours',
      weight: RANK.symptom * loudest.loudness * part * (RANK.onTheWay + (1 - RANK.onTheWay) * alike),
      statement:
        second === undefined
          ? `${graph.names[loudest.service]!}, which calls it, waits longer, and its calls are not measured one by one: ${describe(loudest.move, graph.names[loudest.service]!)}.`
          : `${together}.`,
      move: loudest.move,
      kinds: [['network', loudest.loudness * part]],
    }),
  ];
  if (second === undefined) return found;
  return [
    ...found,
    ...waits.map(({ service, loudness }) =>
      finding(service, {
        observation: `what ${graph.names[service]!} shares with other callers`,
        kind: 'contradiction',
        stance: 'against',
        weight: Math.min(loudness, second.loudness) * part * alike * RANK.shared,
        statement: `${together}.`,
      }),
    ),
  ];
}

/** Whether two callers lose about as much time, 0..1: what they share costs both the same by call. */
function likeness(left: Move, right: Move): number {
  const [less, more] = [Math.abs(rise(left)), Math.abs(rise(right))].sort((a, b) => a - b) as [
    number,
    number,
  ];
  return more > 0 ? Math.min(1, (RANK.callsApart * less) / more) : 0;
}

/** Calls whose latency the caller measures by callee. */
function measuredCalls({ levels, graph }: Facts): Set<string> {
  return new Set(
    levels.flatMap(({ series: { subject, signal } }) =>
      subject.kind === 'edge' && signal === 'latency'
        ? [keyOf(graph.indexOf.get(subject.caller) ?? -1, graph.indexOf.get(subject.callee) ?? -1)]
        : [],
    ),
  );
}

function keyOf(caller: number, callee: number): string {
  return `${caller} ${callee}`;
}

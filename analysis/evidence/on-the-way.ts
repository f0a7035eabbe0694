import { listOf } from '../../model/wording.js';
import type { FaultKind } from '../../model/diagnosis.js';
import type { SignalKind } from '../../model/series.js';
import type { Facts } from '../facts.js';
import { loudestSymptom, quietness, unexplainedLoudness, type ServiceFacts } from '../service-facts.js';
import type { Deviation } from '../series/deviation.js';
import { rise } from '../story.js';
import { RANK } from '../weights.js';
import { finding, type Finding } from './finding.js';
import { describe, type Blame } from './symptoms.js';

/** A service that suffers in a way that no callee's own symptom accounts for. */
interface Sufferer {
  service: number;
  move: Deviation;
  loudness: number;
}

/** What can happen to calls on their way, and how it shows. */
interface Way {
  signals: SignalKind[];
  /** Of callers. */
  words: string;
  kind: FaultKind;
  /** Whether it may be that the callee sees nothing of it. */
  fits: (callee: ServiceFacts) => boolean;
  /** How much two callers suffer alike, 0..1. */
  likeness: (left: Deviation, right: Deviation) => number;
}

const WAYS: Way[] = [
  {
    signals: ['latency'],
    words: 'wait longer',
    kind: 'network',
    fits: () => true,
    // What they share costs both about the same by call.
    likeness: (left, right) => {
      const [less, more] = [Math.abs(rise(left)), Math.abs(rise(right))].sort((a, b) => a - b) as [
        number,
        number,
      ];
      return more > 0 ? Math.min(1, (RANK.callsApart * less) / more) : 0;
    },
  },
  {
    signals: ['errors', 'availability'],
    words: 'fail',
    kind: 'dependency-down',
    // Calls that fail before they arrive leave the callee without work.
    fits: ({ quieter, seen }) => seen.size === 0 || quietness(quieter) >= RANK.unreached,
    likeness: () => 1,
  },
];

/**
 * What happens between two services leaves no trace in the callee's own work: the caller waits or fails, and the
 * callee never sees it. So where a suffering service's calls are not measured one by one, the way to each of its
 * callees is a suspect, as far as the other callers of that callee suffer too. Several callers that nothing else
 * accounts for are no coincidence: then what they share is likelier than any of them.
 */
export function onTheWayEvidence(facts: Facts, blamed: ReadonlyMap<number, Blame>): Finding[] {
  const { graph, services } = facts;
  const measured = measuredCalls(facts);
  return WAYS.flatMap((way) => {
    const behind = new Map<number, Sufferer[]>();
    for (const [service, own] of services.entries()) {
      const move = loudestSymptom(own);
      if (move === undefined || !way.signals.includes(move.series.signal)) continue;
      const loudness = unexplainedLoudness(own, blamed.get(service)?.share);
      if (loudness < RANK.leastStrength) continue;
      for (const callee of graph.callees[service]!) {
        // Its own symptom speaks for itself.
        if (services[callee]!.loudness >= RANK.leastStrength || !way.fits(services[callee]!)) continue;
        if (measured.has(keyOf(service, callee))) continue;
        const sufferers = behind.get(callee) ?? [];
        sufferers.push({ service, move, loudness });
        behind.set(callee, sufferers);
      }
    }
    return [...behind].flatMap(([callee, sufferers]) => shared(facts, way, callee, sufferers));
  });
}

function shared({ graph, services }: Facts, way: Way, callee: number, sufferers: Sufferer[]): Finding[] {
  const name = graph.names[callee]!;
  const able = graph.callers[callee]!.filter((caller) =>
    way.signals.some((signal) => services[caller]!.seen.has(signal)),
  );
  const hurt = able.filter((caller) => services[caller]!.loudness >= RANK.leastStrength);
  const part = (hurt.length / able.length) ** 2;
  const [loudest, second] = sufferers.sort((a, b) => b.loudness - a.loudness || a.service - b.service) as [
    Sufferer,
    Sufferer?,
  ];
  const alike =
    second === undefined ? 0 : (second.loudness / loudest.loudness) * way.likeness(loudest.move, second.move);
  const least = services[callee]!.seen.size === 0 ? RANK.unmeasured : RANK.onTheWay;
  const caller = graph.names[loudest.service]!;
  const together = `${listOf(hurt.map((one) => graph.names[one]!))} ${way.words}; all of them call ${name}`;
  return [
    finding(callee, {
      observation: `way to ${name}`,
      kind: 'neighbours',
      weight: RANK.symptom * loudest.loudness * part * (least + (1 - least) * alike),
      statement:
        second === undefined
          ? `${caller} calls it, and these calls are not measured by callee: ${describe(loudest.move, caller)}.`
          : `${together}.`,
      move: loudest.move,
      kinds: [[way.kind, loudest.loudness * part]],
    }),
    ...(second === undefined ? [] : sufferers).map(({ service, loudness }) =>
      finding(service, {
        observation: `what ${graph.names[service]!} shares with other callers`,
        kind: 'contradiction',
        stance: 'against',
        weight: Math.min(loudness, second!.loudness) * part * alike * RANK.shared,
        statement: `${together}.`,
      }),
    ),
  ];
}

/** Calls that the caller measures by callee. */
function measuredCalls({ baselines, graph }: Facts): Set<string> {
  return new Set(
    baselines.flatMap(({ series: { subject, signal } }) =>
      subject.kind === 'edge' && signal !== 'traffic'
        ? [keyOf(graph.indexOf.get(subject.caller) ?? -1, graph.indexOf.get(subject.callee) ?? -1)]
        : [],
    ),
  );
}

function keyOf(caller: number, callee: number): string {
  return `${caller} ${callee}`;
}

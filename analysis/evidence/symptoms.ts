import type { FaultKind } from '../../model/diagnosis.js';
import type { Facts } from '../facts.js';
import { signalsOfAlert } from '../facts.js';
import type { Move } from '../series/movement.js';
import { amount } from '../text.js';
import { RANK } from '../weights.js';
import { finding, type Finding } from './finding.js';

/**
 * What a service does to those who call it, and whether its own callees do the same to it: symptoms travel
 * against the direction of calls, so a symptom that a callee shows as well is no reason to suspect the caller.
 */
export function symptomEvidence(facts: Facts): Finding[] {
  const { graph, services } = facts;
  const story = signalsOfAlert(facts.input.anomaly.symptom);
  return services.flatMap((own, service) => {
    const worst = own.symptoms.reduce<{ move: Move | null; weight: number }>(
      (best, move) => {
        const weight = move.strength * (story.includes(move.series.signal) ? 1 : RANK.otherSymptom);
        return weight > best.weight ? { move, weight } : best;
      },
      { move: null, weight: 0 },
    );
    const { move, weight } = worst;
    if (move === null || weight < RANK.leastStrength) return [];
    const name = graph.names[service]!;
    const findings = [
      finding(service, {
        observation: `symptom of ${name}`,
        kind: 'local-symptom',
        weight: RANK.symptom * weight,
        statement: `${describe(move, name)}.`,
        move,
        kinds: kindsOfSymptom(move),
      }),
    ];
    const blamed = loudestCallee(facts, service, move);
    if (blamed !== null) {
      findings.push(
        finding(service, {
          observation: `callees of ${name}`,
          kind: 'contradiction',
          stance: 'against',
          weight: RANK.symptom * weight * blamed.explains * RANK.explained,
          statement: `${graph.names[blamed.callee]!}, which it calls, shows the same: ${describe(blamed.move, graph.names[blamed.callee]!)}.`,
          move: blamed.move,
        }),
      );
    } else if (graph.callees[service]!.length > 0) {
      findings.push(
        finding(service, {
          observation: `callees of ${name}`,
          kind: 'unexplained-by-callees',
          weight: RANK.unexplained * Math.min(1, weight / RANK.clearStrength),
          statement: `Nothing that ${name} calls shows a symptom that would explain it.`,
        }),
      );
    }
    return findings;
  });
}

/** The callee whose symptom explains most of `move`; null when none does. */
function loudestCallee(
  { graph, services }: Facts,
  service: number,
  move: Move,
): { callee: number; explains: number; move: Move } | null {
  let best: { callee: number; explains: number; move: Move } | null = null;
  for (const callee of graph.callees[service]!) {
    const theirs = services[callee]!.symptoms[0];
    if (theirs === undefined) continue;
    // A symptom that came clearly later explains nothing.
    const late = Math.max(0, theirs.from - move.from - RANK.onsetSlackBins);
    const explains = Math.min(1, theirs.strength / move.strength) / (1 + late);
    if (explains >= RANK.leastExplained && explains > (best?.explains ?? 0))
      best = { callee, explains, move: theirs };
  }
  return best;
}

export function describe(move: Move, service: string): string {
  const { name, unit, subject } = move.series;
  const where =
    subject.kind === 'edge' ? `${name} from ${subject.caller} to ${subject.callee}` : `${name} of ${service}`;
  const way = move.sign === 1 ? 'rose' : 'fell';
  return `${where} ${way} from ${amount(move.before, unit)} to ${amount(move.after, unit)}`;
}

function kindsOfSymptom(move: Move): [FaultKind, number][] {
  return move.series.signal === 'latency' ? [] : [['code-change', 0.5]];
}

import type { Evidence, FaultKind } from '../model/diagnosis.js';
import type { Facts } from './facts.js';
import type { Finding } from './evidence/finding.js';
import { beliefs } from './calibration.js';
import { CALIBRATION } from './weights.js';

/** A suspect with all that is known for and against it. */
export interface Ranked {
  service: number;
  score: number;
  /** Share of the belief, before calibration. */
  belief: number;
  evidence: Evidence[];
  kinds: Map<FaultKind, number>;
}

/** What all evidence comes to for each service, each observation once; best first. Nothing is believed yet. */
export function scoresOf({ graph }: Facts, found: Finding[]): Ranked[] {
  const ranked = graph.names.map((_, service): Ranked => ({
    service,
    score: 0,
    belief: 0,
    evidence: [],
    kinds: new Map(),
  }));
  for (const { service, evidence, kinds } of strongestOfEachObservation(found)) {
    const suspect = ranked[service]!;
    suspect.score += evidence.stance === 'for' ? evidence.weight : -evidence.weight;
    suspect.evidence.push(evidence);
    for (const [kind, weight] of kinds) suspect.kinds.set(kind, (suspect.kinds.get(kind) ?? 0) + weight);
  }
  for (const suspect of ranked) {
    suspect.score = Math.round(Math.max(0, suspect.score) * 1e6) / 1e6;
    suspect.evidence.sort((a, b) => b.weight - a.weight || (a.observation < b.observation ? -1 : 1));
  }
  const names = graph.names;
  ranked.sort((a, b) => b.score - a.score || (names[a.service]! < names[b.service]! ? -1 : 1));
  return ranked;
}

/**
 * Ranks all services, best first, and says how far each is believed. `noise` is what the best of them scores when nothing is
 * wrong; null where that is not known.
 */
export function rank(facts: Facts, found: Finding[], noise: number | null): Ranked[] {
  const ranked = scoresOf(facts, found);
  const belief = beliefs(
    ranked.map(({ score }) => score),
    {
      temperature: CALIBRATION.temperature,
      nobody:
        Math.max(CALIBRATION.nobody, CALIBRATION.aboveNoise + (noise ?? 0)) +
        CALIBRATION.unseen * unseenShare(facts),
    },
  );
  ranked.forEach((suspect, index) => (suspect.belief = belief[index]!));
  return ranked;
}

/** One observation of one suspect counts once, at its strongest. */
function strongestOfEachObservation(found: Finding[]): Finding[] {
  const strongest = new Map<string, Finding>();
  for (const one of found) {
    const key = `${one.service} ${one.evidence.observation}`;
    const known = strongest.get(key);
    if (known === undefined || one.evidence.weight > known.evidence.weight) strongest.set(key, one);
  }
  return [...strongest.values()];
}

/** How far the alert's own symptom is not to be seen, 0..1: whatever explains it explains nothing then. */
function unseenShare({ services, alerting, story }: Facts): number {
  const own = services[alerting]!.symptoms.filter(({ series }) => story.signals.includes(series.signal));
  const strongest = Math.max(0, ...own.map(({ strength }) => strength));
  return 1 - Math.min(1, strongest / CALIBRATION.seenStrength);
}

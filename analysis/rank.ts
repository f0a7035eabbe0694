import type { Evidence, FaultKind } from '../model/diagnosis.js';
import { beliefs } from './calibration.js';
import type { Finding } from './evidence/finding.js';
import type { Facts } from './facts.js';

/** A suspect with all that is known for and against it. */
export interface Ranked {
  service: number;
  score: number;
  /** Share of the belief, 0..1. */
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
  const { names } = graph;
  return ranked.sort((a, b) => b.score - a.score || (names[a.service]! < names[b.service]! ? -1 : 1));
}

/** What speaks for nobody at all: see calibration.ts. */
export interface Doubts {
  /** What the best suspect scores when nothing is wrong; null where that is not known. */
  noise: number | null;
  /**
   * What the best suspect scores without what changes say: a change makes a suspect likelier, but it cannot make one.
   */
  best: number;
}

/** The same suspects with how far each is believed. */
export function believed(scored: Ranked[], doubts: Doubts): Ranked[] {
  const belief = beliefs(
    scored.map(({ score }) => score),
    doubts,
  );
  return scored.map((suspect, index) => ({ ...suspect, belief: belief[index]! }));
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

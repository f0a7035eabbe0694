import type { DecidingCheck, Diagnosis, ExemplaryTrace } from '../model/diagnosis.js';
import { changeFindings } from './changes/evidence.js';
import { decidingCheck } from './checks/decided.js';
import { passedChecks } from './checks/evidence.js';
import type { ChangeJudgement } from './changes/index.js';
import { sliceFindings } from './evidence/slices.js';
import type { Facts } from './facts.js';
import type { DiagnosisInput } from './input.js';
import { mapOf } from './map.js';
import { noiseOf } from './placebo.js';
import { believed, scoresOf, type Doubts, type Ranked } from './rank.js';
import { bySeason } from './series/season.js';
import { exemplaryTraces } from './traces/exemplars.js';
import { weigh } from './weigh.js';
import { LIMITS } from './limits.js';
import { write } from './write.js';

export { RULES_VERSION } from './weights.js';
export type { DiagnosisInput } from './input.js';

/**
 * Finds where an incident began, what kind of fault it is and how sure that is, from what was seen.
 * Pure and deterministic to the byte: the same input gives the same diagnosis on every machine.
 */
export function diagnose(input: DiagnosisInput): Diagnosis {
  return concluded(suspectsOf(input));
}

/** What follows from the suspects of an incident. */
export function concluded({ facts, scored, doubts, judgement, decidedBy }: Suspects): Diagnosis {
  const diagnosis = write(facts, believed(scored, doubts), judgement);
  const map = mapOf(facts, diagnosis);
  const traces = tracesToLookAt(facts, diagnosis);
  const slices = sliceFindings(facts);
  return {
    ...diagnosis,
    ...(decidedBy !== null && diagnosis.verdict.service !== null && { decidedBy }),
    ...(map !== null && { map }),
    ...(traces.length > 0 && { traces }),
    ...(slices.length > 0 && { slices: slices.slice(0, LIMITS.slices) }),
  };
}

function tracesToLookAt({ input, traces }: Facts, { verdict, suspects }: Diagnosis): ExemplaryTrace[] {
  if (traces === null || input.spans === null) return [];
  const suspect = verdict.service ?? suspects[0]?.service;
  if (suspect === undefined) return [];
  return exemplaryTraces(input.spans, traces.window, { suspect, symptom: input.anomaly.symptom });
}

/** All suspects of an incident, before anybody is believed. */
export interface Suspects {
  facts: Facts;
  /** Best first. */
  scored: Ranked[];
  /** What speaks for nobody. */
  doubts: Doubts;
  judgement: ChangeJudgement;
  /** The check without which another service, or another kind of fault, would be believed. */
  decidedBy: DecidingCheck | null;
}

/** Weighs all evidence, that of changes last: they are judged by who is suspected without them. */
export function suspectsOf(input: DiagnosisInput): Suspects {
  const { now, earlier } = bySeason(input.series);
  const given = { ...input, series: now };
  const weighed = weigh(given, earlier);
  const { facts } = weighed;
  const found = [...weighed.found, ...passedChecks(facts, scoresOf(facts, weighed.found))];
  const before = scoresOf(facts, found);
  const { judgement, found: byChange } = changeFindings(facts, before);
  const doubts = {
    noise: noiseOf(
      given,
      before.map(({ service }) => facts.graph.names[service]!),
    ),
    best: before[0]?.score ?? 0,
  };
  const all = [...found, ...byChange];
  const scored = scoresOf(facts, all);
  return { facts, scored, doubts, judgement, decidedBy: decidingCheck(facts, all, scored, doubts) };
}

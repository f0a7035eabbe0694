import type { Diagnosis } from '../model/diagnosis.js';
import { changeFindings } from './changes/evidence.js';
import type { DiagnosisInput } from './input.js';
import { mapOf } from './map.js';
import { noiseOf } from './placebo.js';
import { rank } from './rank.js';
import { bySeason } from './series/season.js';
import { weigh } from './weigh.js';
import { write } from './write.js';

export { RULES_VERSION } from './weights.js';
export type { DiagnosisInput } from './input.js';

/**
 * Finds where an incident began, what kind of fault it is and how sure that is, from what was seen.
 * Pure and deterministic to the byte: the same input gives the same diagnosis on every machine.
 */
export function diagnose(input: DiagnosisInput): Diagnosis {
  const { now, earlier } = bySeason(input.series);
  const given = { ...input, series: now };
  const { facts, found } = weigh(given, earlier);
  const noise = noiseOf(given);
  const { judgement, found: byChange } = changeFindings(facts, rank(facts, found, noise));
  const diagnosis = write(facts, rank(facts, [...found, ...byChange], noise), judgement);
  const map = mapOf(facts, diagnosis);
  return map === null ? diagnosis : { ...diagnosis, map };
}

import { concluded, suspectsOf } from '../../analysis/index.js';
import type { Doubts } from '../../analysis/rank.js';
import { sightOf } from '../../analysis/sight.js';
import type { Diagnosis, FaultKind, Verdict } from '../../model/diagnosis.js';
import { BASELINES } from './baselines/index.js';
import { readCase } from './read-case.js';
import { commitOf } from './read-changes.js';
import { evidenceIn, without } from './without.js';

/** A case as the pool hands it to a worker thread. */
export interface Task {
  folder: string;
  /** Each is run on the same case. */
  variants: Variant[];
  baselines: boolean;
}

/** What is withheld or made harder. */
export interface Variant {
  without: string[];
  shiftSeconds: number;
  shiftSamples: number;
}

/** What an engine answers, in the form of the rankings file but for `evidence`. */
export interface Answer {
  services: string[];
  commit: string;
  faultKind: FaultKind;
  confidence: number;
  verdict: Verdict['level'];
  candidates: Diagnosis['candidates'];
  /** What decides how sure it is; see fit.ts. */
  scores: number[];
  doubts: Doubts;
  most: number;
  /** The evidence that it was given. */
  evidence: string;
  /** Seconds that the diagnosis took, without reading. */
  seconds: number;
}

export interface CaseRun {
  folder: string;
  /** Why the case could not be read or diagnosed; then nothing else is here. */
  broken: string | null;
  id: string;
  dataset: string;
  candidates: string[];
  /** One per variant. */
  answers: Answer[];
  /** Ranking of each reference method on the first variant. */
  baselines: Record<string, string[]>;
}

/** Reads one case and diagnoses it in every variant. Never throws: a broken case says why. */
export default function runCase({ folder, variants, baselines }: Task): CaseRun {
  const run: CaseRun = {
    folder,
    broken: null,
    id: folder,
    dataset: '',
    candidates: [],
    answers: [],
    baselines: {},
  };
  try {
    const { id, dataset, input } = readCase(folder);
    Object.assign(run, { id, dataset, candidates: input.graph.services });
    for (const [index, variant] of variants.entries()) {
      const shift = variant.shiftSeconds + variant.shiftSamples * input.window.stepSeconds;
      const given = without(
        { ...input, anomaly: { ...input.anomaly, time: input.anomaly.time + shift } },
        variant.without,
      );
      const begin = performance.now();
      const suspects = suspectsOf(given);
      const diagnosis = concluded(suspects);
      const seconds = (performance.now() - begin) / 1e3;
      run.answers.push({
        services: diagnosis.ranking.map(({ service }) => service),
        commit: commitOf(diagnosis.verdict.changeId),
        faultKind: diagnosis.suspects[0]?.faultKind ?? diagnosis.verdict.faultKind,
        confidence: diagnosis.verdict.confidence,
        verdict: diagnosis.verdict.level,
        candidates: diagnosis.candidates,
        scores: suspects.scored.flatMap(({ score }) => (score > 0 ? [score] : [])),
        doubts: suspects.doubts,
        most: suspects.scored[0] === undefined ? 1 : sightOf(suspects.facts, suspects.scored[0]).most,
        evidence: evidenceIn(given),
        seconds,
      });
      if (index > 0 || !baselines) continue;
      for (const [name, method] of Object.entries(BASELINES)) run.baselines[name] = method(given);
    }
  } catch (error) {
    run.broken =
      error instanceof Error
        ? error.name === 'BrokenCase'
          ? error.message
          : (error.stack ?? error.message)
        : String(error);
  }
  return run;
}

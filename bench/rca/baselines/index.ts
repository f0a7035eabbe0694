import type { DiagnosisInput } from '../../../analysis/input.js';
import { accounts } from './accounts.js';
import { farthestColumn } from './baro.js';
import { simpleRca } from './simple-rca.js';
import { walkToCauses } from './page-rank.js';
import {
  deviationOf,
  largestOf,
  largestPerService,
  meanOf,
  quantileOf,
  rankingOf,
  type Split,
} from './scores.js';

/** A method to be compared with: services, best first. */
export type Baseline = (input: DiagnosisInput) => string[];

/** The alerting service first, then what it calls, nearest first. */
function alertingService({ anomaly, graph }: DiagnosisInput): string[] {
  const ranked = new Set([anomaly.service]);
  for (const service of ranked) {
    for (const { caller, callee } of graph.edges) if (caller === service) ranked.add(callee);
  }
  return [...ranked, ...graph.services.filter((service) => !ranked.has(service)).sort()];
}

/** How far the mean moved, in standard deviations of the time before. */
export function shiftInDeviations({ before, after }: Split): number {
  return Math.abs(meanOf(after) - meanOf(before)) / (deviationOf(before) || 1);
}

/** The farthest sample, in standard deviations above the mean of the time before (N-sigma, as in RCAEval). */
export function sigmas({ before, after }: Split): number {
  return (largestOf(after) - meanOf(before)) / (deviationOf(before) || 1);
}

/** BARO's RobustScorer: the farthest sample above the median, in interquartile ranges (Pham et al., FSE 2024). */
export function robustScore({ before, after }: Split): number {
  const sorted = before.slice().sort();
  const range = quantileOf(sorted, 0.75) - quantileOf(sorted, 0.25);
  return (largestOf(after) - quantileOf(sorted, 0.5)) / (range || 1);
}

const byFarthest =
  (score: (split: Split) => number): Baseline =>
  (input) =>
    farthestColumn(input, score);

/** Personalised PageRank on the call graph, weighted by anomaly, as in MicroRCA (Wu et al., NOMS 2020). */
function pageRank(input: DiagnosisInput): string[] {
  return rankingOf(walkToCauses(input.graph.edges, largestPerService(input, shiftInDeviations)));
}

/** In the order in which they are shown. Random is not here: its score is known without drawing. */
export const BASELINES: Record<string, Baseline> = {
  'alerting service': alertingService,
  'largest z': (input) => rankingOf(largestPerService(input, shiftInDeviations)),
  'n-sigma': byFarthest(sigmas),
  'BARO robust score': byFarthest(robustScore),
  'PageRank (MicroRCA)': pageRank,
  SimpleRCA: simpleRca,
  accounts,
};

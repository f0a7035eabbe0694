import type { Doubts } from './rank.js';
import { CALIBRATION } from './weights.js';

/** What is fitted; see `npm run fit`. */
export interface Fit {
  temperature: number;
  nobody: number;
  aboveNoise: number;
}

/**
 * Beliefs of suspects from their scores, which are sums of evidence: a lead of `temperature` makes a suspect e times as
 * likely (a softmax, as Guo et al., ICML 2017, fit it). Nobody is a suspect too: evidence must stand out from what the
 * same analysis finds when nothing is wrong before a lead means anything. The beliefs sum to less than 1, and none is
 * ever certain.
 */
export function beliefs(scores: number[], doubts: Doubts, fit: Fit = CALIBRATION): number[] {
  const { temperature } = fit;
  const first = scores[0] ?? 0;
  const odds = scores.map((score) => (score > 0 ? Math.exp((score - first) / temperature) : 0));
  const total = odds.reduce((sum, value) => sum + value, 0);
  if (total === 0) return odds;
  const somebody = 1 / (1 + Math.exp((nobodyOf(doubts, fit) - doubts.best) / temperature) / total);
  return odds.map((value) => (CALIBRATION.most * somebody * value) / total);
}

/**
 * Score of the hypothesis that nobody did it: at least `nobody`, or what placebos score and `aboveNoise` more, for the
 * loudest of a few is not the loudest of all.
 */
function nobodyOf({ noise }: Doubts, fit: Fit): number {
  return Math.max(fit.nobody, fit.aboveNoise + (noise ?? 0));
}

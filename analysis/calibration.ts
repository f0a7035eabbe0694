import { CALIBRATION } from './weights.js';

/** What is fitted. */
export interface Fit {
  temperature: number;
  nobody: number;
}

/**
 * Beliefs of suspects from their scores, which are sums of evidence: a lead of `temperature` makes a suspect e
 * times as likely (a softmax, that is a logistic model with one parameter, fitted on the development data as
 * by Guo et al., ICML 2017). `nobody` is a suspect too: evidence of that much must be there before a lead means
 * anything. The beliefs sum to less than 1, and none is ever certain.
 */
export function beliefs(scores: number[], { temperature, nobody }: Fit = CALIBRATION): number[] {
  const { most } = CALIBRATION;
  const best = Math.max(nobody, ...scores.slice(0, 1));
  const odds = scores.map((score) => (score > 0 ? Math.exp((score - best) / temperature) : 0));
  const total = odds.reduce((sum, value) => sum + value, Math.exp((nobody - best) / temperature));
  return odds.map((value) => (most * value) / total);
}

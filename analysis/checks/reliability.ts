import type { FaultKind } from '../../model/diagnosis.js';
import { CHECK } from '../weights.js';

/** What is asked: a metric, which the analysis may have seen, or the suspect itself. */
export type CheckedBy = 'query' | 'probe';

/** What may be the cause. */
export interface Hypothesis {
  service: string;
  kind: FaultKind;
  /** Probability, 0..1; those of all hypotheses sum to at most 1. */
  belief: number;
}

/** A check before it is run. */
export interface Candidate {
  service: string;
  /** Kinds of fault that it looks for. */
  tells: readonly FaultKind[];
  /** Whether it also sees troubles of other kinds: a server that is asked for whatever it serves. */
  isGeneral: boolean;
  by: CheckedBy;
  /** What it may take. */
  seconds: number;
}

/** Probability that a check fails if this is the cause; `null` for any cause elsewhere. */
export function chanceOfFailure(
  { service, tells, isGeneral, by }: Candidate,
  cause: Hypothesis | null,
): number {
  const { detects, general, otherKind, falseAlarm } = CHECK[by];
  if (cause?.service !== service) return falseAlarm;
  if (tells.includes(cause.kind)) return detects;
  return isGeneral ? general : otherKind;
}

/** How many times as likely it is that a check of a kind passes if that is the fault as if it is not. */
export function bayesFactorOfPassing(by: CheckedBy): number {
  return (1 - CHECK[by].detects) / (1 - CHECK[by].falseAlarm);
}

/** What a failed check adds to the score of its service: the logarithm of its Bayes factor. */
export function worthOfFailing(by: CheckedBy, namesKind: boolean): number {
  const { detects, general, falseAlarm } = CHECK[by];
  return Math.log((namesKind ? detects : general) / falseAlarm);
}

import { beliefs, type Fit } from '../../analysis/calibration.js';
import type { Doubts } from '../../analysis/rank.js';
import { CALIBRATION } from '../../analysis/weights.js';
import { calibrationOf } from './score.js';

/** What of a case decides how sure its answer is. */
export interface Scored {
  /** The system that it is of: what is fitted on one is judged on another. */
  system: string;
  id: string;
  /** Of all suspects with a score, best first. */
  scores: number[];
  doubts: Doubts;
  /** How sure one can be at most with what could be seen. */
  most: number;
  right: boolean;
  /** Nobody is to blame. */
  isInnocent: boolean;
}

/** How surely a fit tells the cases of a system that it was not fitted on. */
export interface LeftOut {
  system: string;
  fit: Fit;
  cases: number;
  ece: number;
  /** Answers told with 50 % and more, and how many of them are right. */
  told: number;
  toldRight: number;
  /** Cases where nobody is to blame, and how many of them blame somebody with 50 % and more. */
  innocent: number;
  blamed: number;
}

/** Every combination is tried, in this order: the first of the best is taken, so that two runs give the same. */
const GRID: Record<keyof Fit, readonly number[]> = {
  temperature: [0.7, 0.85, 1, 1.2, 1.4, 1.7, 2],
  nobody: [1, 2, 3, 3.5, 4, 4.5, 5, 6],
  aboveNoise: [0, 0.5, 1, 1.5, 2, 3],
};
/** Of those whom nobody harmed this share may be blamed: being quiet comes before being bold. */
const MOST_BLAMED = 0.08;
const TOLD = 0.5;

/** The confidence that a fit gives the first answer of a case. */
export function confidenceOf({ scores, doubts, most }: Scored, fit: Fit): number {
  return Math.min(most, CALIBRATION.mostUnconfirmed, beliefs(scores, doubts, fit)[0] ?? 0);
}

/**
 * The fit with the least logarithmic loss, where every system counts the same and innocent cases as one more, among
 * those that blame the fewest innocents beyond `MOST_BLAMED`.
 */
export function fitted(cases: readonly Scored[]): Fit {
  const sizes = new Map<string, number>();
  for (const one of cases) sizes.set(groupOf(one), (sizes.get(groupOf(one)) ?? 0) + 1);
  const lossOf = (fit: Fit): number =>
    cases.reduce((sum, one) => {
      const told = Math.min(0.99, Math.max(0.01, confidenceOf(one, fit)));
      return sum - Math.log(one.right ? told : 1 - told) / sizes.get(groupOf(one))!;
    }, 0);
  let best: { fit: Fit; beyond: number; loss: number } | null = null;
  for (const fit of allFits()) {
    const { innocent, blamed } = judged('', cases, fit);
    const beyond = Math.max(0, (innocent === 0 ? 0 : blamed / innocent) - MOST_BLAMED);
    if (best !== null && beyond > best.beyond) continue;
    const loss = lossOf(fit);
    if (best === null || beyond < best.beyond || loss < best.loss) best = { fit, beyond, loss };
  }
  return best!.fit;
}

/** Fits on all systems but one and judges on that one, for each. Empty where there is but one system. */
export function leaveOneSystemOut(cases: readonly Scored[]): LeftOut[] {
  const systems = [...new Set(cases.map(({ system }) => system))].sort();
  if (systems.length < 2) return [];
  return systems.map((system) => {
    const fit = fitted(cases.filter((one) => one.system !== system));
    return judged(
      system,
      cases.filter((one) => one.system === system),
      fit,
    );
  });
}

function judged(system: string, cases: readonly Scored[], fit: Fit): LeftOut {
  const answers = cases.map((one) => ({ ...one, confidence: confidenceOf(one, fit) }));
  const told = answers.filter(({ confidence }) => confidence >= TOLD);
  return {
    system,
    fit,
    cases: cases.length,
    ece: calibrationOf(answers).ece,
    told: told.length,
    toldRight: told.filter(({ right }) => right).length,
    innocent: answers.filter(({ isInnocent }) => isInnocent).length,
    blamed: told.filter(({ isInnocent, right }) => isInnocent && !right).length,
  };
}

function groupOf({ system, isInnocent }: Scored): string {
  return isInnocent ? 'innocent' : system;
}

function allFits(): Fit[] {
  return GRID.temperature.flatMap((temperature) =>
    GRID.nobody.flatMap((nobody) =>
      GRID.aboveNoise.map((aboveNoise) => ({ temperature, nobody, aboveNoise })),
    ),
  );
}

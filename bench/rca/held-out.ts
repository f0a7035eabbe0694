import { calibrationOf } from './score.js';

/** A confidence and whether it held. */
export interface Told {
  dataset: string;
  id: string;
  confidence: number;
  right: boolean;
}

/** Expected calibration error of confidences that were corrected without the cases that they are judged on. */
export interface HeldOut {
  by: string;
  ece: number;
}

/** Corrects confidences on the logistic scale (Platt, 1999): slope times log odds, plus an offset. */
export interface Correction {
  slope: number;
  offset: number;
}

const FOLDS = 5;
const GRID: Correction[] = [0.3, 0.5, 0.7, 0.85, 1, 1.2, 1.5, 2].flatMap((slope) =>
  [-2, -1.5, -1, -0.5, -0.25, 0, 0.25, 0.5, 1, 1.5, 2].map((offset) => ({ slope, offset })),
);

/** Leaves out one data set after the other, then every fifth case after the other (in the order of their ids). */
export function heldOut(answers: Told[]): HeldOut[] {
  const ordered = [...answers].sort((a, b) => (a.id < b.id ? -1 : 1));
  const folds = new Map(ordered.map((answer, index) => [answer, String(index % FOLDS)]));
  const ways: [string, (answer: Told) => string][] = [
    ['the data set left out', ({ dataset }) => dataset],
    ['a fifth of the cases left out', (answer) => folds.get(answer)!],
  ];
  return ways.flatMap(([by, partOf]) => {
    const parts = new Set(answers.map(partOf));
    if (parts.size < 2) return [];
    const told = [...parts].flatMap((part) => {
      const correction = correctionFor(answers.filter((answer) => partOf(answer) !== part));
      return answers
        .filter((answer) => partOf(answer) === part)
        .map(({ confidence, right }) => ({ confidence: corrected(confidence, correction), right }));
    });
    return [{ by, ece: calibrationOf(told).ece }];
  });
}

/** The correction of the grid with the least logarithmic loss, where every data set counts the same. */
export function correctionFor(answers: Told[]): Correction {
  const sizes = new Map<string, number>();
  for (const { dataset } of answers) sizes.set(dataset, (sizes.get(dataset) ?? 0) + 1);
  const lossOf = (correction: Correction): number =>
    answers.reduce((sum, { confidence, right, dataset }) => {
      const told = corrected(confidence, correction);
      return sum - Math.log(right ? told : 1 - told) / sizes.get(dataset)!;
    }, 0);
  return GRID.map((correction) => ({ correction, loss: lossOf(correction) })).reduce((a, b) =>
    b.loss < a.loss ? b : a,
  ).correction;
}

/** Between 0.01 and 0.99: nothing is that sure. */
function corrected(confidence: number, { slope, offset }: Correction): number {
  const bounded = Math.min(0.99, Math.max(0.01, confidence));
  const odds = Math.log(bounded / (1 - bounded));
  return Math.min(0.99, Math.max(0.01, 1 / (1 + Math.exp(-slope * odds - offset))));
}

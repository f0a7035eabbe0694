import { beliefs, type Fit } from '../../analysis/calibration.js';
import { calibrationOf } from './score.js';

/** An answer with the scores behind it, so that its confidence can be told anew with another fit. */
export interface Scored {
  dataset: string;
  id: string;
  /** Best first. */
  scores: number[];
  confidence: number;
  right: boolean;
}

/** Expected calibration error of confidences that were fitted without the cases that they are judged on. */
export interface HeldOut {
  by: string;
  ece: number;
}

const FOLDS = 5;
const GRID: Fit[] = [0.5, 0.7, 0.9, 1.1, 1.4, 1.8, 2.4].flatMap((temperature) =>
  [1.5, 2, 2.5, 3, 3.5, 4].map((nobody) => ({ temperature, nobody })),
);

/** Leaves out one data set after the other, then every fifth case after the other (in the order of their ids). */
export function heldOut(answers: Scored[]): HeldOut[] {
  const ordered = [...answers].sort((a, b) => (a.id < b.id ? -1 : 1));
  const folds = new Map(ordered.map((answer, index) => [answer, String(index % FOLDS)]));
  const ways: [string, (answer: Scored) => string][] = [
    ['the data set left out', ({ dataset }) => dataset],
    [`a fifth of the cases left out`, (answer) => folds.get(answer)!],
  ];
  return ways.flatMap(([by, partOf]) => {
    const parts = new Set(answers.map(partOf));
    if (parts.size < 2) return [];
    const told = [...parts].flatMap((part) => {
      const fit = fitOf(answers.filter((answer) => partOf(answer) !== part));
      return answers
        .filter((answer) => partOf(answer) === part)
        .map((answer) => ({ confidence: toldWith(answer, fit), right: answer.right }));
    });
    return [{ by, ece: calibrationOf(told).ece }];
  });
}

/** The fit of the grid with the least logarithmic loss, where every data set counts the same. */
export function fitOf(answers: Scored[]): Fit {
  const sizes = new Map<string, number>();
  for (const { dataset } of answers) sizes.set(dataset, (sizes.get(dataset) ?? 0) + 1);
  const lossOf = (fit: Fit): number =>
    answers.reduce((sum, answer) => {
      const confidence = Math.min(0.99, Math.max(0.01, toldWith(answer, fit)));
      return sum - Math.log(answer.right ? confidence : 1 - confidence) / sizes.get(answer.dataset)!;
    }, 0);
  return GRID.map((fit) => ({ fit, loss: lossOf(fit) })).reduce((a, b) => (b.loss < a.loss ? b : a)).fit;
}

/** What was told below the belief was told so for other reasons than the fit, which then still hold. */
function toldWith({ scores, confidence }: Scored, fit: Fit): number {
  const most = confidence < (beliefs(scores)[0] ?? 0) - 1e-9 ? confidence : 1;
  return Math.min(most, beliefs(scores, fit)[0] ?? 0);
}

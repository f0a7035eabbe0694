/** Shares of cases whose true service is among the first k, k = 1..5. */
export interface Accuracy {
  cases: number;
  ac1: number;
  ac3: number;
  ac5: number;
  /** Mean of AC@1 to AC@5. */
  avg5: number;
  mrr: number;
}

/** Position (from 1) of the first of `truth` in `ranking`, where repeats count once; null when absent. */
export function firstHit(ranking: string[], truth: string[]): number | null {
  const position = [...new Set(ranking)].findIndex((service) => truth.includes(service));
  return position < 0 ? null : position + 1;
}

/** What `hits` (positions from 1, null for a miss) come to. All zero without cases. */
export function accuracyOf(hits: (number | null)[]): Accuracy {
  return accuracyOfChances(
    hits.map((hit) => [1, 2, 3, 4, 5].map((k) => (hit !== null && hit <= k ? 1 : 0))),
    hits,
  );
}

/**
 * The same from the chance of each case to be right within the first k (k = 1..5), for rankings that are only
 * known in expectation.
 */
export function accuracyOfChances(chances: number[][], hits: (number | null)[] = []): Accuracy {
  const mean = (values: number[]): number =>
    values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
  const ac = [0, 1, 2, 3, 4].map((k) => mean(chances.map((chance) => chance[k]!)));
  return {
    cases: chances.length,
    ac1: ac[0]!,
    ac3: ac[2]!,
    ac5: ac[4]!,
    avg5: mean(ac),
    mrr: mean(hits.map((hit) => (hit === null ? 0 : 1 / hit))),
  };
}

/** Chance that a random order of `candidates` services has one of the `right` ones among the first k, k = 1..5. */
export function chancesOfRandom(candidates: number, right: number): number[] {
  let missed = 1;
  return [0, 1, 2, 3, 4].map((drawn) => {
    const left = candidates - drawn;
    missed *= left <= 0 ? 0 : Math.max(0, left - right) / left;
    return right === 0 ? 0 : 1 - missed;
  });
}

/** How a guilty commit is judged: prefixes of seven letters and more count, as in the data's own scoring. */
export function commitIsRight(answer: string, truth: string): boolean {
  return answer === truth || (answer.length >= 7 && truth !== 'none' && truth.startsWith(answer));
}

/** Whether the answer blames one of the decoys. */
export function blamesDecoy(answer: string, decoys: string[]): boolean {
  return answer.length >= 7 && decoys.some((decoy) => decoy.startsWith(answer));
}

/** One bin of a reliability table. */
export interface ReliabilityBin {
  from: number;
  to: number;
  cases: number;
  /** Mean confidence of the cases in the bin. */
  said: number;
  /** Share of them that was right. */
  held: number;
}

export interface Calibration {
  bins: ReliabilityBin[];
  /** Expected calibration error: mean |said - held| over the cases (Naeini et al., AAAI 2015). */
  ece: number;
  /**
   * What chance alone makes of it: the mean of that error if each confidence were exactly the chance to be right.
   * Few cases in many bins are never told exactly, so an error near this one shows no fault.
   */
  byChance: number;
}

/** Reliability over equal-width bins; empty bins are left out. */
export function calibrationOf(answers: { confidence: number; right: boolean }[], width = 0.1): Calibration {
  const count = Math.round(1 / width);
  const bins: ReliabilityBin[] = [];
  let error = 0;
  let byChance = 0;
  for (let index = 0; index < count; index += 1) {
    const within = answers.filter(
      ({ confidence }) => Math.min(count - 1, Math.floor(confidence * count + 1e-9)) === index,
    );
    if (within.length === 0) continue;
    const said = within.reduce((sum, { confidence }) => sum + confidence, 0) / within.length;
    const held = within.filter(({ right }) => right).length / within.length;
    bins.push({ from: index / count, to: (index + 1) / count, cases: within.length, said, held });
    error += (within.length / answers.length) * Math.abs(said - held);
    byChance += meanMiss(within.map(({ confidence }) => confidence)) / answers.length;
  }
  return { bins, ece: error, byChance };
}

/** Mean distance between how many of these events happen and how many are expected to, if each has its chance. */
function meanMiss(chances: number[]): number {
  // How likely it is that so many of the events so far happen (the Poisson binomial distribution).
  let likely = [1];
  for (const chance of chances) {
    const next = new Array<number>(likely.length + 1).fill(0);
    for (const [count, probability] of likely.entries()) {
      next[count] = next[count]! + probability * (1 - chance);
      next[count + 1] = next[count + 1]! + probability * chance;
    }
    likely = next;
  }
  const expected = chances.reduce((sum, chance) => sum + chance, 0);
  return likely.reduce((sum, probability, count) => sum + probability * Math.abs(count - expected), 0);
}

/** Shares of the cases, the most certain ones, whose accuracy is told. */
const COVERAGES = [0.25, 0.5, 0.75, 1];

/** Risk against coverage: how many of the most certain answers are right, for growing shares of all. */
export function coverageOf(
  answers: readonly { id: string; confidence: number; right: boolean }[],
): { share: number; cases: number; right: number }[] {
  const sorted = [...answers].sort((a, b) => b.confidence - a.confidence || (a.id < b.id ? -1 : 1));
  return COVERAGES.map((share) => {
    const kept = sorted.slice(0, Math.ceil(share * sorted.length));
    const right = kept.filter((answer) => answer.right).length;
    return { share, cases: kept.length, right: kept.length === 0 ? 0 : right / kept.length };
  });
}

/** How kinds of log lines are compared. */
export const LOGS = {
  /** The calm or the incident, whichever is shorter, is cut into so many moments, of so many seconds each. */
  moments: 20,
  shortestMoment: 1,
  longestMoment: 10,
  /** A service that wrote in fewer moments, before or during, is not compared. */
  leastMoments: 4,
  /** A line says what it is about in its first characters; stack traces follow. */
  longestLine: 500,
  /** Kinds of lines of one service and level that are told apart; the rest are counted together. */
  kindsOfOne: 1_000,
  /** Texts of one service and level whose kind is remembered: beyond them each line is looked up in the tree. */
  knownTexts: 20_000,
  /** The tree of templates (drain.ts): the numbers that its authors give. */
  drain: { depth: 4, similarity: 0.8, maxChildren: 100 },
  /** A line is gone when it is in less than this share of the moments it was in before; more, from so many times on. */
  goneBelow: 0.25,
  moreFrom: 3,
  /** -log10 of the chance from which a change counts. */
  leastDecades: 0.5,
} as const;

/** How series are read. */
export const SERIES = {
  /** Alerts are late or early by this much or by `slackSteps` samples, whichever is more. */
  slackSeconds: 60,
  slackSteps: 2,
  /** Alerts wait before they fire: the true onset is looked for this far back where the calm is long enough. */
  lookbackSeconds: 300,
  /** ... which is when at most this share of the calm is given up for it. */
  lookbackShare: 0.25,
  /** ... but doubt about the alert's time eats at most this share of the calm. */
  slackShare: 0.34,
  /** Bins right before the onset that say where the series was when it began. */
  referenceBins: 3,
  /** A cause may show this long before what users feel, or one sample if those are longer. */
  leadSeconds: 60,
  /** A metric without any variance in the calm has no sigma: its moves count as this many. */
  flatSigmas: 20,
  /** Finer data are averaged into bins of about this width: an onset is not known better, and noise shrinks. */
  binSeconds: 10,
  /** Fewer calm samples than this are no baseline. */
  minCalm: 4,
  /** A move below this share of the calm level is no move, however steady the metric. */
  relativeFloor: 0.03,
  /** Deviations are cut at this many sigmas before they are summed, so that one spike is not an incident. */
  clip: 12,
  /** Reference drift of the cumulative sum, in sigmas: half the smallest shift worth finding. */
  drift: 1,
  /** Surprise is -log10(p). More than this is not told apart. */
  maxSurprise: 8,
  /** Surprise at which a move counts for 63 % of its size. */
  rarityScale: 1.5,
  /** Moves of fewer doublings of a sigma are none. */
  leastSize: 0.4,
  /** What a move of a single bin is worth. */
  spike: 0.8,
  /** Earlier days are brought to today's level by at most this factor. */
  seasonGrowth: 2,
} as const;

/** How the beginning of the incident is found. */
export const BEGIN = {
  /** An excursion of this height gives half a vote. */
  halfHeight: 50,
  /** The highest excursion that the alert's own signals, or all that users feel, need to decide alone. */
  clearHeight: 12,
  /** ... and how surprising it must be for the alert's own signals (-log10 of its chance in the calm). */
  leastSurprise: 1.2,
  /** The alert's own signals decide if they reach this share of the loudest of all that users feel. */
  audible: 0.15,
  /** What the highest excursion of all must have, or nothing happened. */
  leastHeight: 5,
  /** A moment with this share of the most votes explains as much as the best. */
  nearly: 0.75,
  /** A series begins before the incident only if its step then is so many times the one at the incident's moment. */
  clearlySharper: 1.5,
  /** Bins after a moment that show how sharp a step it is. */
  stepBins: 2,
  /** A beginning this long before or after what the alert's time leaves in doubt is half as likely. */
  doubtSeconds: 120,
  /** The loudest series vote; more would only add noise and time. */
  voters: 64,
} as const;

/**
 * Every weight and threshold of the diagnosis, each with its meaning, in one place. One configuration serves
 * all systems. Change a number here and RULES_VERSION with it; docs/diagnosis.md holds what was measured.
 */
export const RULES_VERSION = '1';

/** How series are read. */
export const SERIES = {
  /** Alerts are late or early by this much or by `slackSteps` samples, whichever is more. */
  slackSeconds: 60,
  slackSteps: 2,
  /** Finer data are averaged into bins of about this width: an onset is not known better, and noise shrinks. */
  binSeconds: 10,
  /** Fewer calm samples than this are no baseline. */
  minCalm: 5,
  /** A move below this share of the calm level is no move, however steady the metric. */
  relativeFloor: 0.03,
  /** Deviations are cut at this many sigmas before they are summed, so that one spike is not an incident. */
  clip: 12,
  /** Reference drift of the cumulative sum, in sigmas: half the smallest shift worth finding. */
  drift: 1,
  /** Surprise is given as bits... of the decimal kind: -log10(p). More than this is not told apart. */
  maxSurprise: 8,
} as const;

/** How much of everything a diagnosis holds: it travels through workflow history. */
export const LIMITS = {
  suspects: 10,
  evidence: 10,
  /** Evidence below this weight is not told. */
  leastWeight: 0.1,
  ranking: 1000,
  /** The loudest, whose callees are looked for. */
  sufferers: 4096,
  symptoms: 40,
  /** Steps of a symptom's shape. */
  shape: 40,
  steps: 12,
  blastRadius: 50,
  /** The map: those of the story and as many neighbours as there is room for. */
  mapServices: 60,
  mapCalls: 200,
  ruledOut: 5,
  /** Traces to look at. */
  traces: 3,
  /** Comparisons of slices: five dimensions of three checked suspects. */
  slices: 15,
  open: 4,
  /**
   * Candidates that are named together: until they hold so much of the belief, while each holds so much, and no more
   * than a person checks at once.
   */
  covered: 0.9,
  leastCandidate: 0.1,
  candidates: 3,
  /** A rival that is likelier than this deserves a check. */
  rivalBelief: 0.15,
  /** Fault kinds that are less likely get no action. */
  leastKind: 0.15,
  /** Changes that are less likely are named as ruled out. */
  innocentBelow: 0.2,
} as const;

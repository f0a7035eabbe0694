/** How spans are read. */
export const TRACES = {
  /** Fewer spans of one operation, before or during, are not compared; */
  leastSample: 3,
  /** ... runs, ends and blocks of the calm need so many. */
  minSpans: 8,
  /** -log10 of the chance from which a difference counts, and from which it is beyond doubt. */
  leastDecades: 1.3,
  /** Parts of the calm whose differences are the noise. */
  blocks: 4,
  /** The typical duration is the mean of these quantiles. */
  quantiles: [0.1, 0.3, 0.5, 0.7, 0.9],
  /** Differences below this share of the calm, or below these seconds, are none. */
  relativeFloor: 0.05,
  leastSeconds: 0.0002,
  /** Sigmas from which a difference counts. */
  clear: 3,
  /** By how many sigmas of mere counting the farthest block is off when nothing is wrong. */
  blockSigmas: 1.5,
  /** Runs of an operation that end elsewhere in fewer cases than this are chance. */
  leastEndChange: 0.2,
  /** A trace is an example of slowness beyond so many times the median and this quantile of the calm; */
  slowFactor: 1.5,
  slowQuantile: 0.95,
  /** ... and names the suspect when that spent this share of it. */
  leastTold: 0.2,
} as const;

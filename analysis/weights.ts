/**
 * Every weight and threshold of the diagnosis, each with its meaning, in one place. One configuration serves
 * all systems. Change a number here and RULES_VERSION with it; docs/diagnosis.md holds what was measured.
 */
export const RULES_VERSION = '7';

/** How the accounts of lost seconds and lost requests are kept. */
export const ACCOUNTS = {
  /** A rise of so many sigmas of calm stretches of the incident's length is real; */
  realSigmas: 3,
  /** ... smaller ones than this share of the level are none. */
  leastRise: 0.03,
  /** Statistics of fewer of the calls than this say little of the mean. */
  leastTail: 0.1,
  /** Where means are guessed from percentiles, a callee that lost half of what its caller lost explains all of it. */
  overlap: 2,
  /** What is left of the share of a service that the alerting one does not call, as far as is known. */
  unreached: 0.5,
  /** A rise of a resource of so many sigmas is real, and all of it material from this share of the system's use on. */
  realTaken: 4,
  materialTaken: 0.1,
  /** Work in flight that grew so many times is at a limit. */
  saturated: 2,
  /** Share of a caller's own loss that all its callees may have lost if nobody measures them. */
  hidden: 0.2,
} as const;

/**
 * How evidence adds up. Strengths are log2(1 + sigmas): 1 is a sigma, 4 is fifteen, 7 is a hundred and more.
 * Weights multiply strengths or shares, so all evidence is in the same unit.
 */
export const RANK = {
  /** Weaker moves are noise. */
  leastStrength: 1,
  /** Moves of this strength are beyond doubt. */
  clearStrength: 4,
  /** When the loudest evidence is below `whisper`, how it spreads is noise; from `voice` on it is a story. */
  whisper: 1,
  voice: 2.5,
  /** Louder than this is not told apart. */
  loudest: 9,
  /**
   * Worth of the whole of the alert's loss, where its calls lead to a service and no further; of all that it lost
   * itself;
   */
  traced: 0.8,
  own: 0.8,
  /** ... of what was lost on the way to it; */
  way: 0.9,
  /** ... and what is left of these in another currency than the alert's. */
  otherCurrency: 0.2,
  /** ... and how many times more they say where there is no calm, and nobody knows how far a metric usually strays. */
  withoutCalm: 3,
  /** Worth of all that services take more of a resource than before. */
  taken: { cpu: 3, memory: 1.3, disk: 0.5 },
  /** A service suffers clearly, for what services suffer from together, from this strength on. */
  sharedStrength: 2,
  /** Worth of a unit of symptom. */
  symptom: 0.7,
  /** ... when it is not the symptom that the alert is about. */
  otherSymptom: 0.6,
  /** ... and what is left of it when it does not rise and fall with the alert's. */
  shapeless: 0.4,
  /** Share of a symptom that a callee's equal symptom takes away. */
  explained: 1,
  /** Share of errors that slowness may account for, and the other way round. */
  otherKind: 0.3,
  /** Doublings of a callee's time that its callers endure, and those beyond them at which they surely give up. */
  endured: 2,
  givenUp: 3,
  /** A callee that lost this share of the time or requests that its caller lost accounts for all of it. */
  enoughSize: 0.5,
  /** A callee's symptom below this share of the caller's explains nothing. */
  leastExplained: 0.25,
  /** Share of a call's symptom that is the caller's own if neither callee nor other callers see it, */
  callersOwn: 0.75,
  /** ... and of failures that the callee does not see and nobody else could. */
  eithers: 0.5,
  /** A callee that lost this share of its traffic cannot have seen the calls that failed. */
  lostCalls: 0.3,
  /** How far the silence of the only callee that only this service calls may be its own. */
  onlyCallee: 0.5,
  /** A service that lost this share of its traffic is hardly reached any more. */
  unreached: 0.9,
  /** Bins by which a callee's symptom may come later and still explain. */
  onsetSlackBins: 1,
  /** Worth of a clear symptom that no callee shares. */
  unexplained: 0.25,
  /**
   * Share of a caller's unexplained slowness that speaks for the way to one of its callees, where that is not measured,
   */
  onTheWay: 0.5,
  /** ... or to one that nothing at all is known of, */
  unmeasured: 0.75,
  /** ... and that is taken from each of several callers who share such a callee, */
  shared: 0.7,
  /** ... which lose about the same time, but for this factor in how often they call it. */
  callsApart: 4,
  /** Worth of twice the traffic from outside; rises below these doublings are growth, */
  surge: 2.2,
  surgeDoublings: 0.58,
  /** ... and told only when somebody's symptom is this strong. */
  surgeHurts: 2,
  /** How often a failed call may be made again: so much more traffic is no surge. */
  retries: 2,
  /** Share of what somebody below suffers that a surge takes away as far as it is passed on, */
  loadExplains: 0.85,
  /** ... which is at least this share of its doublings. */
  leastCarried: 0.5,
  /** Worth of a host in trouble to those who cause it or, if nobody does, to those who suffer. */
  host: 0.7,
  hostStrength: 2.5,
  /** A rise of a resource by this share of what the median service uses counts in full. */
  material: 0.25,
  /** Worth of a unit of resource trouble, */
  resource: 0.7,
  /** ... share of it that is left when the service's own work is seen and shows no harm, */
  unfelt: 0.75,
  /** ... of what is held open where latency is not measured, */
  heldBlindly: 0.5,
  /** ... a pool that is less full than this is not short, */
  halfFull: 0.5,
  /** ... share for what merely follows the work (bytes, system calls), */
  followers: 0.5,
  /** ... and of each further resource. */
  repeated: 0.3,
  /** Worth of a process that ended when its memory had grown, by at least so many sigmas and this share of the calm, */
  exhausted: 6,
  exhaustedSigmas: 6,
  exhaustedGrowth: 0.3,
  /** ... to stand lower than this share of the growth when it is back. */
  fallenBack: 0.75,
  /** Worth of explaining all symptoms through callers. */
  reach: 2.2,
  /** Worth of having lost as much time or as many requests as the alerting service. */
  impact: 2,
  /** The alert's own move may be this weak for it. */
  leastImpactStrength: 0.3,
  /** Cost of not being called by the alerting service at all. */
  unreachable: 0.8,
  /** Share of what speaks for a service that is taken from it where no known call touches it at all. */
  stranger: 0.9,
  /** Share of a symptom that is taken away when none of the callees' symptoms of that kind are measured. */
  hidden: 0.75,
  /** Worth of complete silence behind a service that is still asked; losses below the share are habits. */
  silence: 3,
  leastLoss: 0.5,
  /** Worth of reporting nothing any more, for services that reported in this share of the bins; */
  vanished: 10,
  steadyShare: 0.8,
  /** ... if this share of the alerting service's requests need it, */
  missedFrom: 0.05,
  /** ... when nearly all of their metrics ended: who still counts zero requests is not asked, but there. */
  vanishedShare: 0.9,
  /** ... or when its platform counts fewer of its processes by this share, */
  fewerProcesses: 0.5,
  /** A fall of this strength is a sure one. */
  quietStrength: 1.5,
  /** Worth of showing a symptom first, for symptoms of this strength. */
  earliest: 0.6,
  orderStrength: 2.5,
  /** Worth of having spent all of the extra time in traces, */
  traceTime: 9,
  /** ... and of all of it within one service rather than on the way, */
  traceOwn: 5,
  /** ... at this many doublings of the noise, or this -log10 of the chance, */
  clearTrace: 4,
  clearDecades: 3,
  /** ... when durations grew by this many doublings, */
  clearGrowth: 3,
  /** ... and what a caller answers for of the time on the way to one callee. */
  callersShare: 0.8,
  /** Worth of a call or step that vanished from traces altogether; changes below the share are noise. */
  tracePath: 1.2,
  leastPathChange: 0.4,
  /** Worth of being the last that is called before a caller gives up. */
  traceLast: 2.8,
  /** Worth of all failed spans that failed by themselves. */
  traceFailed: 2,
  /** Worth of a unit by which a service complains more than usual: of itself, of a call of its, of another service. */
  logOwn: 1,
  /** Worth of a kind of line that is gone, or is new, at this -log10 of the chance; */
  logChange: 8,
  logClear: 4,
  /** ... and share that is left when a callee's lines changed as much. */
  logOfCallee: 0.4,
  logOfACall: 0.15,
  logOfAnother: 0.4,
} as const;

/** How the slices of a service's requests are compared, and what that is worth. Set by reason, not fitted. */
export const SLICES = {
  /** Fewer bins before, or during, or fewer requests during, say nothing. */
  leastBins: { before: 4, during: 2 },
  leastRequests: 30,
  /** A slice of fewer requests is not compared by itself. */
  leastOfSlice: 10,
  /**
   * A rise of so many standard errors is real: one chance in 700, so among twenty slices one in 35.
   */
  clear: 3,
  /** Smaller rises than this share of the usual time, or of all requests, are none. */
  leastSlower: 0.1,
  leastFailing: 0.01,
  /** The loss is in a few slices when they have this share of it and at most this share of the requests, */
  lossShare: 0.8,
  requestShare: 0.75,
  /** ... when each rose by at least this share of the worst, and the others by at most this share of them. */
  likeWorst: 0.5,
  others: 0.25,
  /**
   * Where requests of another dimension's bad slices got worse by more than this factor, these only hold some of them.
   */
  undiluted: 0.7,
  /** All suffer alike when slices of this share of the requests do, none by less than this share of the mean. */
  alikeShare: 0.8,
  alikeRise: 0.4,
  /** Worth of a fault that only one part of a service has, while the rest calls and is called alike; */
  own: 1,
  /** ... for the kinds of fault that such a part speaks for, and what it takes from those that it speaks against; */
  kind: 1.5,
  notKind: 0.7,
  /** ... and share that is left where another dimension tells the same and neither can be told from the other. */
  confounded: 0.5,
} as const;

/** What a condition that a platform reports is worth. */
export const STATE = {
  /** Worth of a condition that leaves a service without work or without instances, and that came with the incident; */
  clear: 6,
  /** ... which began at most this long before the onset, */
  leadSeconds: 300,
  /** ... with half of it for each of so many seconds more, */
  earlySeconds: 600,
  /** ... down to this share for what was so all along. */
  old: 0.05,
  /** Objects are written so much later than what they tell of. */
  slackSeconds: 90,
  /**
   * What came after the onset is an effect more often than a cause: this share is left of it, too little to confirm
   * it; half is left for each of so many seconds. */
  late: 0.15,
  lateSeconds: 300,
  /** Share of what callers suffer that a clear state of what they need explains. */
  explains: 0.8,
  /** Share of a caller's own state that may follow from an earlier one of what it needs. */
  follows: 0.5,
  /** From this timeliness on a condition explains others of its service. */
  causes: 0.3,
  /** Share that is left of it when the service's own work is seen and shows no harm, */
  unfelt: 0.3,
  /** ... and when no known call links the service to the alert. */
  unlinked: 0.3,
} as const;

/**
 * How well a check tells what it looks for: declared, as nothing is known yet of what they got right. What is asked at
 * the suspect itself sees more than a metric, which the analysis has mostly seen before. Scores are in natural
 * logarithms of odds as long as `CALIBRATION.temperature` is 1, so a Bayes factor counts with its logarithm.
 */
export const CHECK = {
  /** Probability that it fails: if its own kind of fault is there, */
  query: { detects: 0.6, general: 0.3, otherKind: 0.06, falseAlarm: 0.03 },
  /** ... if another is, for one that sees any trouble and for one that does not, and if nothing is wrong there. */
  probe: { detects: 0.8, general: 0.4, otherKind: 0.08, falseAlarm: 0.04 },
  /** A check has decided when the leader or its kind is another without it, or this much of the belief is its doing. */
  decides: 0.1,
} as const;

/** From scores to probabilities; see calibration.ts. The first three are fitted by `npm run fit`. */
export const CALIBRATION = {
  /** A lead of this much makes a suspect e times as likely; */
  temperature: 1,
  /** Score of the hypothesis that none of the suspects did it; */
  nobody: 5,
  /** ... where placebos score high, so much above the highest of them. */
  aboveNoise: 0.5,
  /** No diagnosis is surer than this, */
  most: 0.99,
  /** ... and none whose change of state was not seen is surer than this. */
  mostUnconfirmed: 0.95,
  /** ... none of a service for which nothing but suffering speaks, */
  mostSuffering: 0.8,
  /** ... nor of one most of whose callees nobody sees serve, */
  mostAboveBlind: 0.5,
  /** ... nor of any when no call is known, */
  mostWithoutGraph: 0.85,
  mostSufferingWithoutGraph: 0.6,
  /**
   * ... none of a service beside which so many others are slower that do not call it, at least this share of those that
   * are measured;
   */
  mostShared: 0.3,
  /** ... none of any where the alert's own symptom is not to be seen, so that nothing can be said to explain it; */
  mostUnseen: 0.34,
  /** ... none of a service that no known call links to the alerting one, in either direction; */
  mostUnlinked: 0.5,
  /** ... unless one of its resources moved with so many times the weight of a clear piece of evidence; */
  ownState: 3,
  leastApart: 4,
  shareApart: 0.6,
  /** ... and none when no calm is known; see sight.ts. */
  mostWithoutCalm: 0.5,
} as const;

/** What each level of claim needs; see rules.ts. */
export const RULES = {
  /** A best score below this is noise. */
  leastScore: 2.2,
  /** A leader with less belief than this is no verdict. */
  leastConfidence: 0.35,
  /** Belief from which a claim may be confirmed. */
  confirmed: 0.75,
  /**
   * Belief in the kind of fault, and share of the alert's loss that ends at the suspect, from which a claim may be
   * confirmed.
   */
  leastKind: 0.5,
  leastShare: 0.3,
  /** Weight from which a piece of evidence is clear. */
  clearWeight: 1,
  /** Share of the evidence for a suspect that may be contradicted in a confirmed claim. */
  contradicted: 0.25,
  /** Bins by which a state may be seen to change after the first symptom: both are averages over bins. */
  onsetSlack: 2,
  /** Share from which a suspect is ruled out. */
  ruledOut: 0.6,
} as const;

/** How the kind of fault is told. */
export const KIND = {
  /** Vote of each doubling of a resource beyond the traffic's, up to so many doublings. */
  resource: 1.5,
  mostDoublings: 3,
  /** A move of this strength is taken at its word. */
  clearStrength: 3,
  /**
   * Memory that grew by this many doublings, and by this share of the CPU's, is what the disk and the CPU are busy
   * with.
   */
  filled: 0.8,
  filledBesideCpu: 0.5,
  /** Share of the baseline that says how full it was at first. */
  firstPart: 0.33,
  /** A service that is slower by this many doublings waits for the resource; what is left where it is not slower. */
  waits: 0.3,
  unwaited: 0.2,
  /** A host that is used by this share is full; how far a shortage of its tenants is then the host's. */
  full: 0.85,
  ofTheHost: 0.8,
  /** A service whose resource doubled this often is short of it. */
  shortOf: 1.5,
  /** Vote of each unit of strength by which callers see more delay than the service itself. */
  onTheWay: 0.8,
  /** What is left when nothing else speaks: the work itself changed. */
  leftover: 1.2,
  /** A service that lost this share of its traffic is gone for its callers. */
  gone: 0.95,
  /** Vote when calls fail before they arrive. */
  refused: 2.5,
  /** Vote for a service that is not ours. */
  external: 2,
  /** Vote that always stays for what is not in the list. */
  unknown: 0.4,
} as const;

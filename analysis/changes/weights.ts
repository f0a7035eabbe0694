/**
 * Every weight of the judgement of changes. Scores are natural logarithms of odds: a change that scores 1 more
 * than another is e times as likely to be trigger. The scale is set by the hypothesis that no change is trigger.
 */

/**
 * Score of "no change is the trigger". A deploy of the failing service minutes before the onset, of which nothing
 * can be read, scores more: it is the best guess there is, and still a guess. One that can be read and shares
 * nothing with the failure scores less.
 */
export const NO_CHANGE = -1;
/** Added to it when all that fails speaks of something outside: a provider, a certificate, a host, load. */
export const OUTSIDE_CAUSE = 2.5;
/** Factor for what runs out by itself: an expired certificate needs no change to fail. */
export const EXPIRY = 1.5;
/** A change is only called the trigger from this probability on, and when none is less likely. */
export const GUILTY_FROM = 1 / 3;

/** What a change gains when only the version that it brought suffers, and loses when others suffer as much. */
export const BAD_VERSION = 2;
export const ALIKE_VERSIONS = 2;

/** What a change gains whose words are the words of the failure; scaled by how many and how rare they are. */
export const SAME_WORDS = 4;
/** Sum of matched word weights at which SAME_WORDS is granted to 63 %. */
export const WORDS_ENOUGH = 2.5;

/**
 * A change loses ln(1 + lag / this many seconds): most failures follow their change within minutes, and the
 * tail is long, for slow poisons exist.
 */
export const LAG_SECONDS = 300;
/** The same where something filled up before it failed: leaks take their time. */
export const LAG_SECONDS_OF_LEAKS = 1800;
/** The onset is never known better than this, seconds. */
export const ONSET_SLACK = 45;
/** Loss of a change that took effect after the onset: a cause precedes its effect. */
export const TOO_LATE = 8;

/** Loss of a change that was rolled back before the onset. */
export const UNDONE = 4;

/** Loss by where the change is, seen from the service that fails. The service itself loses nothing. */
export const ELSEWHERE = {
  /** Another service that fails too. */
  failing: 0.5,
  /** Called, directly or not, by a service that fails. */
  callee: 0.5,
  /** Code or configuration that belongs to no single service. */
  shared: 0.5,
  /** Calls the failing service: it may send other or more requests. */
  caller: 1.5,
  unrelated: 3,
} as const;

/** Loss by what the change does, when its text or its files say so. */
export const HARMLESS = {
  /** Only documentation, tests, style sheets or build scripts. */
  'inert-files': 4,
  /** Only comments or spacing. */
  'comments-only': 4,
  /** Only what is logged, counted or answered in words. */
  'says-only': 2.5,
  /** The same code in another place. */
  moved: 2,
  /** Brings back what ran before. */
  restores: 2,
  /** A dependency, third figure of its version. */
  'patch-bump': 1.5,
  /** A dependency, second figure of its version. */
  'minor-bump': 0.5,
  /** It can be read, and nothing is wrong with it in itself. */
  substantial: 0,
} as const;
/** Loss of a change that could be read and shares no word with the failure; words in common make up for it. */
export const READ_AND_UNRELATED = 1;
/** Share of SAME_WORDS below which a commit that no deploy names is no candidate. */
export const LINKED = 0.12;

/** Weight of a word by where in the change it stands. */
export const PLACE = {
  /** Gone: what was there before is missing now. */
  removed: 1,
  added: 0.8,
  /** On a changed line, before and after: its value or its surroundings changed. */
  altered: 0.5,
  title: 0.5,
  file: 0.5,
  /** Near the change, but not changed. */
  context: 0.12,
} as const;

/** Weight of a word by where in the failure it stands. */
export const SOURCE = {
  /** New warnings and errors of the service where it began. */
  log: 1,
  /** The same of other services: they mostly tell that somebody else failed. */
  otherLog: 0.6,
  alert: 0.6,
  metric: 0.5,
  /** Not in the failure at all, but what usually makes such a symptom: a query makes it slow. */
  mechanism: 0.3,
} as const;
/** Factor for words that calm log lines use too. */
export const ALSO_WHEN_CALM = 0.5;
/** Factor for words of the services' own names: they stand in every line. */
export const NAME_OF_A_SERVICE = 0.2;
/** Factor for whole identifiers (`catalog_items`): two texts share them hardly by chance. */
export const WHOLE_IDENTIFIER = 2;

/** Worth of a certainly triggering change as evidence for its service, in the units of the ranking. */
export const EVIDENCE = 3;
/** Worth of log lines that all speak of something outside; little, as all its victims write them. */
export const OUTSIDE_EVIDENCE = 0.5;
/** A change less likely than this is no evidence. */
export const LEAST_PROBABILITY = 0.1;
/** The loudest metrics of the suspect whose names are words of the failure. */
export const METRICS_NAMED = 5;
/** Traffic that is so many times its usual when the failure begins explains it in part; its square, fully. */
export const LOAD_RISE = 1.5;

/*
 * What one diagnosis asks of one source of logs. None of it grows with the estate, with the number of lines or with how
 * chatty a service is; what lies beyond a limit is a gap.
 */

/**
 * Services whose lines are read, the nearest to the alert first. A cause is rarely farther than some calls away, and
 * each costs up to four queries: about 120 in all.
 */
export const MAX_SERVICES = 30;

/** Label sets of writers that are read, such as pods: a hundred for each service; and values that one filter takes. */
export const MAX_WRITERS = 3_000;
export const MAX_VALUES = 200;

/**
 * Kinds of lines that a source which counts by kind is asked for, of one service: those of trouble, and ordinary ones.
 * Services log some dozens; with 420 steps of an hour each kind costs about 12 KB.
 */
export const MAX_KINDS = { trouble: 100, ordinary: 60 };

/** Lines of one step of time that a source which cannot count by kind gives as a sample; of trouble more. */
export const SAMPLE_PER_STEP = { trouble: 5, ordinary: 3 };

/** One answer; larger ones are refused. */
export const MAX_ANSWER_BYTES = 16 * 1024 * 1024;

/** Bytes of all answers of one activity: what an analysis can use is a few megabytes. */
export const MAX_BYTES = 64 * 1024 * 1024;

/** Counts of a text and step that are mined, of all services together: eight seconds of work, 100 MB while it lasts. */
export const MAX_COUNTS = 400_000;

/** Characters of one line that are looked at: what it says stands at its beginning, stack traces follow. */
export const MAX_LINE_CHARACTERS = 4_000;

/** A file is a recording or an export, not a store. */
export const MAX_FILE_BYTES = 256 * 1024 * 1024;

/** Steps are never shorter: an hour has 720 of them. */
export const SHORTEST_STEP_SECONDS = 5;

/*
 * What one look at one source of traces may cost. Nothing here grows with the estate: a look asks for the traces of one
 * service, and these hold all that its requests do.
 */

const MIB = 1024 * 1024;

/** Names of services of one source: estates have some thousands, and a list of names is short. */
export const MAX_SERVICE_NAMES = 20_000;

/** Bytes of one answer: what a source sends at once has to be held and parsed at once. */
export const MAX_ANSWER_BYTES = 16 * MIB;

/** Bytes of all answers: some hundred traces of some hundred spans, at about a kilobyte for each span. */
export const MAX_TOTAL_BYTES = 64 * MIB;

/** Rows of a table of spans: 480 traces of 200 spans; the analysis takes about a second for them. */
export const MAX_SPANS = 100_000;

/** Spans of one trace: beyond it are loops and batches, which would crowd out all other traces. */
export const MAX_SPANS_PER_TRACE = 5_000;

/** Of a source that answers whole traces: enough for 40 of each operation before and during. */
export const MAX_TRACES = 480;

/** Of a source that has to be asked for each trace by itself. */
export const MAX_TRACES_ONE_BY_ONE = 160;

/** Bytes of a file of spans. */
export const MAX_FILE_BYTES = 64 * MIB;

/** Requests at a time: reading traces is dearer for a source than reading metrics. */
export const TRACE_CONCURRENCY = 2;

/** An operation's name is cut here; longer ones are addresses or statements with all their parameters. */
export const MAX_OPERATION_CHARACTERS = 200;

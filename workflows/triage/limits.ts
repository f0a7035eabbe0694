/*
 * The limits of one environment's triage. What is beyond each is said beside it. Bytes are those of JSON in UTF-8,
 * as Temporal keeps it.
 */

/**
 * Incidents opened in one round. Each starts a workflow and its first investigation: a worker keeps pace with about
 * this many, and a delivery of them takes a second or two. The other alerts wait for the next round.
 */
export const ROUND_INCIDENTS = 100;

/** Unmatched alerts that one round looks at, the oldest first: it bounds the round's CPU time. Others wait. */
export const ROUND_ALERTS = 2_000;

/** Alert groups of one question to `correlate`. Those beyond it are asked about in the next round. */
export const ROUND_GROUPS = 500;

/** Open incidents of one question to `correlate`: those opened last, since trouble spreads within minutes. */
export const COMPARED_INCIDENTS = 100;

/** Services of one alert group or incident that `correlate` is told of; those beyond tell it little more. */
export const COMPARED_SERVICES = 200;

/** Bytes that one round may put into the outbox: two deliveries. What does not fit waits for the next round. */
export const ROUND_BYTES = 1_000_000;

/** Bytes of one delivery: an activity's input, of which Temporal refuses more than 2 MiB and warns at 512 KiB. */
export const DELIVERY_BYTES = 512 * 1024;

/** Messages of one delivery: their results are heartbeated and returned together. */
export const DELIVERY_ITEMS = 500;

/** Bytes of one message to an incident, which keeps several in one signal. An outbox splits what is longer. */
export const MESSAGE_BYTES = 256 * 1024;

/** Alerts that are no longer waited with: so many at once are a storm that has arrived. */
export const SETTLED_ALERTS = 5_000;

/**
 * Firing alerts that wait for their incident: four times the largest storm that is promised to be opened in full.
 * Those beyond it are dropped, counted as overflow; the source's repeat brings them again.
 */
export const WAITING_ALERTS = 20_000;
/** Their bytes; a worker keeps them in memory. Beyond it as above. */
export const WAITING_BYTES = 24_000_000;

/**
 * Open incidents: a fifth more than the largest storm that is promised. Alerts that would open more join the
 * environment's storm incident, which counts them.
 */
export const OPEN_INCIDENTS = 6_000;
/** Bytes of ids, services and groups by which they attract alerts. Beyond it as above. */
export const OPEN_BYTES = 800_000;
/** Services, and as many groups, by which one incident attracts alerts. The oldest are forgotten. */
export const ATTRACTING_NAMES = 200;
/**
 * Namespaces, and as many clusters, that are remembered of one service of an incident. The oldest are forgotten: an
 * alert from there then counts as another service's.
 */
export const SERVICE_PLACES = 8;
/** Bytes of these names of one incident. The oldest are forgotten. */
export const ATTRACTING_BYTES = 16_000;

/**
 * Episodes that triage remembers, so that a repeat is known. Beyond it those of closed incidents are forgotten first,
 * the longest closed first, then the oldest of open ones: a repeat of one of those finds its incident again by group
 * or service, and the incident itself knows it.
 */
export const REMEMBERED_EPISODES = 12_000;
/** Their bytes, with services and the ids of closed incidents. Beyond it as above. */
export const REMEMBERED_BYTES = 450_000;
/** Repeats of an alert whose incident closed so long ago are new. Alertmanager repeats within hours or a day. */
export const REMEMBERED_SECONDS = 7 * 24 * 3600;
/** Episodes whose end came before their beginning. The oldest are forgotten: their late beginning opens an incident. */
export const ORPHAN_RESOLVES = 1_000;
/** Alerts that fire and whose source never says since when. The oldest are forgotten: their repeat is a new episode. */
export const UNDATED_ALERTS = 2_000;

/** Drops that are listed with their reason; all are counted. */
export const LISTED_DROPS = 50;
/** Characters of a text in such a list. */
export const LISTED_CHARACTERS = 200;

/** Merges and splits that are not delivered yet. More are refused. */
export const PENDING_MOVES = 20;
/** So long an incident that takes over alerts is neither merged nor split, unless it is known to have them. */
export const TAKE_OVER_SECONDS = 60;
/** Merges and splits that are remembered until the incidents say that they are done. The oldest are forgotten. */
export const REMEMBERED_TAKE_OVERS = 100;
/** Messages of incidents that are remembered, so that one that comes twice counts once. The oldest are forgotten. */
export const REMEMBERED_MESSAGES = 500;

/**
 * Bytes that one run leaves to the next: its input, of which Temporal refuses more than 2 MiB. The run goes on instead.
 */
export const CARRIED_BYTES = 1_600_000;
/**
 * Bytes of history at which a run ends in any case: Temporal ends it at 50 MB. Waiting alerts then lose their
 * annotations and links to fit what is carried, and the newest are dropped as overflow if that is not enough.
 */
export const HISTORY_BYTES = 20_000_000;

import type { TimelineEntry } from '../../model/incident.js';

/** How an incident began is kept in full, then its latest: what lies between is left out first. */
const FIRST_KEPT = 50;
const MOST_KEPT = 250;
/** Characters of one entry: a sentence. With `MOST_KEPT` this bounds the bytes of a timeline. */
const LONGEST_ENTRY = 400;

/** Entries in the order of their time, and what they had no room for. Plain data. */
export interface Timeline {
  entries: TimelineEntry[];
  leftOut: LeftOut | null;
}

/** Entries that were left out: how many, and from when to when they were. */
interface LeftOut {
  count: number;
  since: number;
  until: number;
}

/** The timeline with one more entry, in order and in bounds; an entry of it says how many were left out. */
export function withEntry({ entries: before, leftOut: known }: Timeline, entry: TimelineEntry): Timeline {
  const notice = known && noticeOf(known);
  const entries = [...before.filter(({ what }) => what !== notice), shortened(entry)].sort(
    (a, b) => a.time - b.time,
  );
  const dropped = entries.length > MOST_KEPT ? entries.splice(FIRST_KEPT, 1)[0] : undefined;
  const leftOut = dropped ? withOne(known, dropped.time) : known;
  if (leftOut) {
    entries.splice(FIRST_KEPT, 0, { time: leftOut.since, what: noticeOf(leftOut), source: 'faultline' });
  }
  return { entries, leftOut };
}

function shortened(entry: TimelineEntry): TimelineEntry {
  const characters = Array.from(entry.what);
  if (characters.length <= LONGEST_ENTRY) return entry;
  return { ...entry, what: `${characters.slice(0, LONGEST_ENTRY).join('')}…` };
}

function withOne(leftOut: LeftOut | null, time: number): LeftOut {
  if (!leftOut) return { count: 1, since: time, until: time };
  const { count, since, until } = leftOut;
  return { count: count + 1, since: Math.min(since, time), until: Math.max(until, time) };
}

function noticeOf({ count, since, until }: LeftOut): string {
  return `${count} ${count === 1 ? 'entry' : 'entries'} of the next ${Math.ceil((until - since) / 60)} min left out here`;
}

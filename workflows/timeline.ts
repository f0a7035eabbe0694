import type { IncidentRecord, TimelineEntry } from '../model/incident.js';

/** How an incident began is kept in full, then its latest: what lies between is left out first. */
const FIRST_KEPT = 50;
const MOST_KEPT = 250;

/** What the timeline had no room for. */
export interface LeftOut {
  count: number;
  since: number;
  until: number;
}

/** Keeps a record's timeline in order and in bounds, and says in it how much was left out. */
export class Timeline {
  private leftOut: LeftOut | null;

  constructor(
    private readonly record: Pick<IncidentRecord, 'timeline'>,
    leftOut: LeftOut | null = null,
  ) {
    this.leftOut = leftOut;
  }

  snapshot(): LeftOut | null {
    return this.leftOut;
  }

  add(entry: TimelineEntry): void {
    const words = this.leftOut && wordsOf(this.leftOut);
    const entries = this.record.timeline.filter(({ what }) => what !== words);
    entries.push(entry);
    entries.sort((a, b) => a.time - b.time);
    if (entries.length > MOST_KEPT) {
      const [dropped] = entries.splice(FIRST_KEPT, 1);
      if (dropped) this.leftOut = withOne(this.leftOut, dropped.time);
    }
    if (this.leftOut) {
      const gap = { time: this.leftOut.since, what: wordsOf(this.leftOut), source: 'faultline' };
      entries.splice(FIRST_KEPT, 0, gap);
    }
    this.record.timeline = entries;
  }
}

function withOne(leftOut: LeftOut | null, time: number): LeftOut {
  if (!leftOut) return { count: 1, since: time, until: time };
  const { count, since, until } = leftOut;
  return { count: count + 1, since: Math.min(since, time), until: Math.max(until, time) };
}

function wordsOf({ count, since, until }: LeftOut): string {
  return `${count} ${count === 1 ? 'entry' : 'entries'} of the next ${Math.ceil((until - since) / 60)} min left out here`;
}

import type { Diagnosis } from '../model/diagnosis.js';
import type { SeriesMeta } from '../model/series.js';
import { text, type NumberedQuery, type Text } from './document.js';
import { lines, oneLine } from './escape.js';
import type { Shown } from './facts.js';
import { duration, moment, span } from './format.js';
import { maskAddress } from './mask.js';

/** Longer queries are cut, with a note: they are there to be pasted, and no one pastes this. */
const LONGEST_QUERY = 4000;

/**
 * Numbers the queries behind what a summary says, in the order in which they are first named: `[q3]` in a sentence
 * is the third of the list at the end.
 */
export class Queries {
  private readonly known = new Map<string, NumberedQuery>();

  constructor(private readonly window: Diagnosis['window'] | null) {}

  readonly cite = ({ series }: Shown): Text => text` ${{ ref: this.refOf(series) }}`;

  /** The number of the query that gives this series again. */
  refOf(series: SeriesMeta): string {
    return this.number(series.source, series.query, oneLine(series.id, 120), null);
  }

  /** The number of a query over the whole time that gives several series. */
  refOfQuery(source: string, query: string, about: string): string {
    return this.number(source, query, about, null);
  }

  /** The number of a check's query, which asks about one moment. */
  refOfInstant(source: string, query: string, about: string, at: number): string {
    return this.number(source, query, about, at);
  }

  /** The time that every query without a moment of its own is about; null when nothing was looked at. */
  get timeRange(): string | null {
    if (this.window === null) return null;
    const { start, end, stepSeconds } = this.window;
    return `${span(start, end)}, step ${duration(stepSeconds)}`;
  }

  list(): NumberedQuery[] {
    return [...this.known.values()];
  }

  private number(source: string, query: string, about: string, at: number | null): string {
    const when = at === null ? '' : `, at ${moment(at)}`;
    const key = `${source}\n${query}\n${when}`;
    const known = this.known.get(key);
    if (known) return known.ref;
    const ref = `q${this.known.size + 1}`;
    this.known.set(key, {
      ref,
      about: text`${about}, from ${oneLine(source, 60)}${when}`,
      query: lines(maskAddress(query), LONGEST_QUERY),
    });
    return ref;
  }
}

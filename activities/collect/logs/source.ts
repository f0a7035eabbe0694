import type { LogLine } from '../../../analysis/logs/line.js';
import type { Limits } from '../attempt.js';

/** Fields of a line that tell who wrote it, as the source calls them. */
export type Labels = Record<string, string>;

/** Lines that have one of these values in a field and, where it is given, this one in another. */
export interface Selector {
  field: string;
  values: string[];
  /** The namespace that the services of other namespaces are told apart by. */
  within: { field: string; value: string } | null;
}

/** Unix seconds; `until` is not part of it. */
export interface TimeSpan {
  from: number;
  until: number;
}

export interface WriterQuery extends TimeSpan {
  /** A regular expression (RE2, any letter case) that some part of a label's value has to fit. */
  pattern: string;
}

export interface LineQuery extends TimeSpan {
  /** The lines of one service: those that any of these selects. */
  selectors: Selector[];
  stepSeconds: number;
}

/** A line without its service, which the query says. */
export type AnonymousLine = Omit<LogLine, 'service'>;

export interface LineAnswer {
  lines: AnonymousLine[];
  /** Bytes of the answers. */
  bytes: number;
  /** What the counts are not exact in, for people; null when they are. */
  remark: string | null;
}

/** A store of log lines. Every method throws a `SourceError` or, when `signal` was aborted, the signal's reason. */
export interface LogSource {
  readonly name: string;

  /** The different label sets of those who wrote lines, at most `MAX_WRITERS` of those that fit the pattern. */
  writers(query: WriterQuery, limits: Pick<Limits, 'signal'>): Promise<{ writers: Labels[]; isCut: boolean }>;

  /**
   * What one service wrote, counted by text and step as far as the source can: lines alike may come as one with a
   * count, and those beyond its limits as `OTHER_LINES`.
   */
  lines(query: LineQuery, limits: Pick<Limits, 'signal'>): Promise<LineAnswer>;

  /** How many lines each label set wrote, for the doctor. */
  count(span: TimeSpan, limits: Pick<Limits, 'signal'>): Promise<{ labels: Labels; lines: number }[]>;

  /** Lets go of connections. */
  close(): void;
}

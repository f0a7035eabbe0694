import { z } from 'zod';
import { LEVEL_FIELDS, levelOfFields, readLine } from '../../../analysis/logs/line.js';
import type { LogSourceConfig } from '../../../config/logs.js';
import type { Limits } from '../attempt.js';
import { HttpSource } from '../http-source.js';
import { MAX_ANSWER_BYTES, MAX_WRITERS, SAMPLE_PER_STEP } from './limits.js';
import { answerOf, weighted, type SamplePart, type StepTotal } from './sample.js';
import type {
  AnonymousLine,
  Labels,
  LineAnswer,
  LineQuery,
  LogSource,
  Selector,
  TimeSpan,
  WriterQuery,
} from './source.js';
import { escapeRegExp } from './text.js';
import { TROUBLE_TEXT } from './trouble.js';
import { WRITER_FIELDS } from './writers.js';

type Settings = Extract<LogSourceConfig, { type: 'loki' }>;
type Limit = Pick<Limits, 'signal'>;
type Sort = keyof typeof SAMPLE_PER_STEP;

/** Lines that Loki gives at most by default (limits_config.max_entries_limit_per_query). */
const MAX_ENTRIES = 5_000;

/** Streams that one writer may have: its output and its errors. */
const STREAMS_OF_WRITER = 2;

const labelNames = z.object({ data: z.array(z.string()).default([]) });
const series = z.object({ data: z.array(z.record(z.string(), z.string())).default([]) });
const streams = z.object({
  data: z.object({
    resultType: z.literal('streams'),
    result: z.array(
      z.object({
        stream: z.record(z.string(), z.string()),
        // A third part has structured metadata.
        values: z.array(z.tuple([z.string(), z.string()]).rest(z.unknown())),
      }),
    ),
  }),
});
const matrix = z.object({
  data: z.object({
    resultType: z.literal('matrix'),
    result: z.array(
      z.object({
        metric: z.record(z.string(), z.string()),
        values: z.array(z.tuple([z.number(), z.string()])),
      }),
    ),
  }),
});

/**
 * Loki: lines are counted by step of time at the source, and a sample is read that is spread evenly over the time. Its
 * detection of patterns is not used: it is off by default, and knows the last hours only.
 */
export class LokiLogs implements LogSource {
  readonly name: string;
  private readonly api: HttpSource;

  constructor(config: Settings) {
    this.name = config.name;
    this.api = new HttpSource(config, {
      setting: `logs.${config.name}`,
      mostBytes: MAX_ANSWER_BYTES,
      headers: config.tenant === undefined ? {} : { 'X-Scope-OrgID': config.tenant },
    });
  }

  async writers(
    { pattern, ...span }: WriterQuery,
    limits: Limit,
  ): Promise<{ writers: Labels[]; isCut: boolean }> {
    const request = { path: '/loki/api/v1/labels', operation: 'list of labels', params: spanOf(span) };
    const { data } = (await this.api.get(request, labelNames, limits)).content;
    const known = WRITER_FIELDS.filter((name) => data.includes(name));
    if (known.length === 0) return { writers: [], isCut: false };
    const match = known.map((label) => `{${label}=~${quoted(`(?i).*(${pattern}).*`)}}`);
    const writers = await this.series(match, span, limits);
    return { writers: writers.slice(0, MAX_WRITERS), isCut: writers.length > MAX_WRITERS };
  }

  async count(span: TimeSpan, limits: Limit): Promise<{ labels: Labels; lines: number }[]> {
    const request = { path: '/loki/api/v1/labels', operation: 'list of labels', params: spanOf(span) };
    const { data } = (await this.api.get(request, labelNames, limits)).content;
    const known = WRITER_FIELDS.filter((name) => data.includes(name));
    if (known.length === 0) return [];
    const seconds = Math.ceil(span.until - span.from);
    // Every stream has some label; a selector needs one that is not empty.
    const parts = known.map((label) => `count_over_time({${label}=~".+"}[${seconds}s])`);
    const query = `sum by (${known.join(', ')}) (${parts.join(' or ')})`;
    const found = await this.matrix(
      'count of lines',
      query,
      { from: span.until - 0.001, until: span.until - 0.001 },
      seconds,
      limits,
    );
    return found.map(({ metric, values }) => ({ labels: metric, lines: Number(values.at(-1)?.[1] ?? 0) }));
  }

  async lines(query: LineQuery, limits: Limit): Promise<LineAnswer> {
    const parts: SamplePart[] = [];
    for (const selector of query.selectors) {
      for (const sort of ['trouble', 'ordinary'] as const) {
        parts.push(await this.sample(sort, selector, query, limits));
      }
    }
    return answerOf(parts, query.stepSeconds);
  }

  close(): void {
    this.api.close();
  }

  private async sample(
    sort: Sort,
    selector: Selector,
    { from, until, stepSeconds }: LineQuery,
    limits: Limit,
  ): Promise<SamplePart> {
    const filter = `${selectorOf(selector)} ${sort === 'trouble' ? '|~' : '!~'} ${quoted(`(?i)(${TROUBLE_TEXT})`)}`;
    const counted = `sum(count_over_time(${filter} [${stepSeconds}s]))`;
    // The value at a moment is of the step that ends there, and the end belongs to it: a little before the next begins.
    const ends = stepSeconds - 0.001;
    const span = { from: from + ends, until: until - 0.001 };
    const found = await this.matrix('count of lines', counted, span, stepSeconds, limits);
    const totals = found.flatMap(({ values }) =>
      values.map(([time, lines]): StepTotal => ({ time: time - ends, lines: Number(lines) })),
    );
    const all = totals.reduce((sum, { lines }) => sum + lines, 0);
    if (all === 0) return { lines: [], bytes: 0, isSample: false };
    const spread = Math.ceil((STREAMS_OF_WRITER * selector.values.length * (until - from)) / MAX_ENTRIES);
    const params = {
      query: filter,
      ...spanOf({ from, until }),
      limit: String(MAX_ENTRIES),
      direction: 'forward',
      // Of each stream at most one line in so many seconds, spread over the whole time; all lines where there are few.
      ...(all > MAX_ENTRIES && { interval: `${Math.max(stepSeconds / SAMPLE_PER_STEP[sort], spread)}s` }),
    };
    const request = { path: '/loki/api/v1/query_range', operation: `sample of ${sort} lines`, params };
    const { content, bytes } = await this.api.get(request, streams, limits);
    const sample = content.data.result.flatMap(({ stream, values }) =>
      values.map(([nanoseconds, text]) => lineOf(Number(nanoseconds) / 1e9, text, stream)),
    );
    return { lines: weighted(sample, totals, stepSeconds), bytes, isSample: sample.length < all };
  }

  private async series(match: string[], span: TimeSpan, limits: Limit): Promise<Labels[]> {
    const form = new URLSearchParams(spanOf(span));
    for (const one of match) form.append('match[]', one);
    const request = { path: '/loki/api/v1/series', operation: 'list of writers', form };
    return (await this.api.get(request, series, limits)).content.data;
  }

  private async matrix(
    operation: string,
    query: string,
    span: TimeSpan,
    stepSeconds: number,
    limits: Limit,
  ): Promise<z.infer<typeof matrix>['data']['result']> {
    const params = { query, ...spanOf(span), step: `${stepSeconds}s` };
    const request = { path: '/loki/api/v1/query_range', operation, params };
    return (await this.api.get(request, matrix, limits)).content.data.result;
  }
}

function lineOf(time: number, text: string, stream: Labels): AnonymousLine {
  const said = readLine(text);
  const level = levelOfFields(Object.fromEntries(LEVEL_FIELDS.map((name) => [name, stream[name]])));
  return { time, level: level === 'unknown' ? said.level : level, message: said.message };
}

function selectorOf({ field, values, within }: Selector): string {
  const own = `${field}=~${quoted(values.map(escapeRegExp).join('|'))}`;
  return within === null ? `{${own}}` : `{${own}, ${within.field}=${quoted(within.value)}}`;
}

/** The bounds of a query, in nanoseconds as text: no number holds them. */
function spanOf({ from, until }: TimeSpan): { start: string; end: string } {
  const nanoseconds = (seconds: number): string => `${Math.round(seconds * 1000)}000000`;
  return { start: nanoseconds(from), end: nanoseconds(until) };
}

/** A value in LogQL, which takes strings as Go and JSON write them. */
function quoted(text: string): string {
  return JSON.stringify(text);
}

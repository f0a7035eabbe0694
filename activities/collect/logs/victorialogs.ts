import { z } from 'zod';
import { LEVEL_FIELDS, levelOf, levelWithin, readLine } from '../../../analysis/logs/line.js';
import { OTHER_LINES } from '../../../analysis/logs/mine.js';
import type { LogSourceConfig } from '../../../config/logs.js';
import type { LogLevel } from '../../../model/telemetry.js';
import type { Limits } from '../attempt.js';
import { HttpSource, jsonLinesIn } from '../http-source.js';
import { MAX_ANSWER_BYTES, MAX_KINDS, MAX_LINE_CHARACTERS, MAX_WRITERS } from './limits.js';
import type {
  AnonymousLine,
  Labels,
  LineAnswer,
  LineQuery,
  LogSource,
  TimeSpan,
  WriterQuery,
} from './source.js';
import { TROUBLE_LEVEL, TROUBLE_TEXT } from './trouble.js';
import { WRITER_FIELDS } from './writers.js';

type Settings = Extract<LogSourceConfig, { type: 'victorialogs' }>;

/** Fields that say what went wrong, where they are not in the message. */
const TELLING_FIELDS = [
  'error',
  'err',
  'exception',
  'exception.type',
  'exception.message',
  'error.message',
  'reason',
];

/** Fields of a message that is JSON itself, and under which names they are unpacked. */
const INNER = {
  prefix: 'faultline_',
  levels: ['level', 'severity'],
  messages: ['message', 'msg'],
  telling: ['error', 'err', 'exception'],
};

const fieldNames = z.object({ values: z.array(z.object({ value: z.string() })) });
const rows = z.array(z.record(z.string(), z.string()));
const hits = z.object({
  hits: z.array(
    z.object({
      fields: z.record(z.string(), z.string()),
      timestamps: z.array(z.string()),
      values: z.array(z.number()),
    }),
  ),
});

type Limit = Pick<Limits, 'signal'>;
type Sort = keyof typeof MAX_KINDS;

/** VictoriaLogs, which counts lines by their text without numbers, so that only kinds of lines travel. */
export class VictoriaLogs implements LogSource {
  readonly name: string;
  private readonly api: HttpSource;
  /** The fields that lines of the window have, asked for once. */
  private known: Promise<string[]> | null = null;

  constructor(config: Settings) {
    this.name = config.name;
    this.api = new HttpSource(config, { setting: `logs.${config.name}`, mostBytes: MAX_ANSWER_BYTES });
  }

  async writers(
    { pattern, ...span }: WriterQuery,
    limits: Limit,
  ): Promise<{ writers: Labels[]; isCut: boolean }> {
    const fields = await this.fieldsOf(WRITER_FIELDS, span, limits);
    if (fields.length === 0) return { writers: [], isCut: false };
    const named = fields.map((field) => `${quoted(field)}:~${quoted(`(?i)(${pattern})`)}`).join(' or ');
    const query = `(${named}) | uniq by (${fields.map(quoted).join(', ')}) limit ${MAX_WRITERS}`;
    const writers = await this.rows('list of writers', query, span, limits);
    return { writers, isCut: writers.length >= MAX_WRITERS };
  }

  async count(span: TimeSpan, limits: Limit): Promise<{ labels: Labels; lines: number }[]> {
    const fields = await this.fieldsOf(WRITER_FIELDS, span, limits);
    const by = fields.length === 0 ? '' : `by (${fields.map(quoted).join(', ')})`;
    const query = `* | stats ${by} count() as faultline_lines | sort by (faultline_lines desc) limit ${MAX_WRITERS}`;
    const counted = await this.rows('count of lines', query, span, limits);
    return counted.map(({ faultline_lines: lines, ...labels }) => ({ labels, lines: Number(lines) }));
  }

  async lines(query: LineQuery, limits: Limit): Promise<LineAnswer> {
    const levels = await this.fieldsOf(LEVEL_FIELDS, query, limits);
    const telling = await this.fieldsOf(TELLING_FIELDS, query, limits);
    const selected = filterOf(query);
    const texts = textPipes(levels, telling);
    const by = [...levels, ...INNER.levels.map((name) => INNER.prefix + name), '_msg'];
    const answers: { counts: AnonymousLine[]; bytes: number }[] = [];
    for (const sort of ['trouble', 'ordinary'] as const) {
      const filter = `${selected} ${sort === 'trouble' ? '' : '!'}(${troubleFilter(levels)})`;
      answers.push(await this.counts(sort, `${filter} ${texts}`, by, query, limits));
    }
    const examples = await this.examples(`${selected} ${texts}`, levels, query, limits);
    const lines = answers.flatMap(({ counts }) => counts);
    for (const line of lines) {
      const example = examples.lines.get(line.message);
      if (example !== undefined) line.example = example;
    }
    const bytes = answers.reduce((sum, one) => sum + one.bytes, examples.bytes);
    return { lines, bytes, remark: null };
  }

  close(): void {
    this.api.close();
  }

  /** Lines by text and step: of the most frequent texts, and the rest as other lines. */
  private async counts(
    sort: Sort,
    query: string,
    by: string[],
    { from, until, stepSeconds }: LineQuery,
    limits: Limit,
  ): Promise<{ counts: AnonymousLine[]; bytes: number }> {
    const form = new URLSearchParams({
      query,
      ...spanOf({ from, until }),
      step: `${stepSeconds}s`,
      fields_limit: String(MAX_KINDS[sort]),
    });
    for (const field of by) form.append('field', field);
    const request = { path: '/select/logsql/hits', operation: `count of ${sort} lines`, form };
    const { content, bytes } = await this.api.get(request, hits, limits);
    const counts = content.hits.flatMap(({ fields, timestamps, values }) => {
      // Lines beyond the limit come without any field.
      const isOther = Object.keys(fields).length === 0;
      const message = isOther ? OTHER_LINES : (fields['_msg'] ?? '');
      const level = isOther ? (sort === 'trouble' ? 'unknown' : 'info') : levelIn(fields, by, message);
      return timestamps.map((time, at) => ({
        time: Date.parse(time) / 1000,
        level,
        message,
        count: values[at]!,
      }));
    });
    return { counts, bytes };
  }

  /** For each text without numbers the earliest line as it was written. */
  private async examples(
    query: string,
    levels: string[],
    span: TimeSpan,
    limits: Limit,
  ): Promise<{ lines: Map<string, string>; bytes: number }> {
    const asked =
      `${query} | stats by (_msg) count() as n, count() if (${troubleFilter(levels, 'faultline_raw')}) as bad,` +
      ` row_min(_time, faultline_raw) as example` +
      ` | sort by (bad desc, n desc) limit ${MAX_KINDS.trouble + MAX_KINDS.ordinary} | fields _msg, example`;
    const form = new URLSearchParams({ query: asked, ...spanOf(span) });
    const request = { path: '/select/logsql/query', operation: 'examples of lines', form, read: jsonLinesIn };
    const { content, bytes } = await this.api.get(request, rows, limits);
    const lines = content.map(({ _msg: text = '', example = '{}' }): [string, string] => {
      const fields = JSON.parse(example) as { faultline_raw?: string };
      return [text, readLine(fields.faultline_raw ?? text).message];
    });
    return { lines: new Map(lines), bytes };
  }

  /** Those of the fields that lines of the window have. */
  private async fieldsOf(wanted: readonly string[], span: TimeSpan, limits: Limit): Promise<string[]> {
    this.known ??= this.fieldNames(span, limits);
    const known = new Set(await this.known);
    return wanted.filter((field) => known.has(field));
  }

  private async fieldNames(span: TimeSpan, limits: Limit): Promise<string[]> {
    const form = new URLSearchParams({ query: '*', ...spanOf(span) });
    const request = { path: '/select/logsql/field_names', operation: 'list of fields', form };
    const { content } = await this.api.get(request, fieldNames, limits);
    return content.values.map(({ value }) => value);
  }

  private async rows(operation: string, query: string, span: TimeSpan, limits: Limit): Promise<Labels[]> {
    const form = new URLSearchParams({ query, ...spanOf(span) });
    const request = { path: '/select/logsql/query', operation, form, read: jsonLinesIn };
    return (await this.api.get(request, rows, limits)).content;
  }
}

/** The bounds of a query; fractions of a second count. */
function spanOf({ from, until }: TimeSpan): { start: string; end: string } {
  return { start: new Date(from * 1000).toISOString(), end: new Date(until * 1000).toISOString() };
}

function filterOf({ selectors }: LineQuery): string {
  const parts = selectors.map(({ field, values, within }) => {
    const own = `${quoted(field)}:in(${values.map(quoted).join(', ')})`;
    return within === null ? own : `(${own} ${quoted(within.field)}:=${quoted(within.value)})`;
  });
  return `(${parts.join(' or ')})`;
}

/** Lines of trouble, by their level or their words: they are counted apart, so that no flood of others hides them. */
function troubleFilter(levels: string[], text = '_msg'): string {
  const byLevel = levels.map((field) => `${quoted(field)}:~${quoted(`(?i)${TROUBLE_LEVEL}`)}`);
  return [...byLevel, `${text}:~${quoted(`(?i)${TROUBLE_TEXT}`)}`].join(' or ');
}

/** Makes `_msg` what a line says, without its numbers, and `faultline_raw` the same with them. */
function textPipes(levels: string[], telling: string[]): string {
  const inner = [...INNER.levels, ...INNER.messages, ...INNER.telling].map(quoted).join(', ');
  const unpacked = (name: string): string => INNER.prefix + name;
  const added = [
    ...telling.map((name) => [name, name]),
    ...INNER.telling.map((name) => [name, unpacked(name)]),
  ];
  return [
    // What is not used is not read.
    `| fields ${['_time', '_msg', ...levels, ...telling].map(quoted).join(', ')}`,
    // No repetition of a regular expression may be longer than 1,000.
    `| replace_regexp ("(?s)^(${'.{1000}'.repeat(MAX_LINE_CHARACTERS / 1_000)}).*", "$1") at _msg limit 1`,
    `| unpack_json if (_msg:~"^[{]") from _msg fields (${inner}) result_prefix "${INNER.prefix}"`,
    ...INNER.messages.map((name) => `| format if (${unpacked(name)}:*) "<${unpacked(name)}>" as _msg`),
    ...added.map(
      ([name, field]) => `| format if (${quoted(field!)}:*) ${quoted(`<_msg> ${name}=<${field}>`)} as _msg`,
    ),
    '| copy _msg as faultline_raw',
    '| collapse_nums at _msg prettify',
  ].join(' ');
}

function levelIn(fields: Labels, by: string[], message: string): LogLevel {
  const levels = by.filter((name) => name !== '_msg').map((name) => levelOf(fields[name] ?? ''));
  return levels.find((level) => level !== 'unknown') ?? levelWithin(message);
}

/** A name or a value in LogsQL, which takes strings as Go and JSON write them. */
function quoted(text: string): string {
  return JSON.stringify(text);
}

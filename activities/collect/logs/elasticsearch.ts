import { z } from 'zod';
import { LEVEL_FIELDS, levelOfFields, readLine } from '../../../analysis/logs/line.js';
import type { LogSourceConfig } from '../../../config/logs.js';
import type { Limits } from '../attempt.js';
import { HttpSource } from '../http-source.js';
import { MAX_ANSWER_BYTES, MAX_WRITERS, SAMPLE_PER_STEP } from './limits.js';
import { parseMoment } from './moment.js';
import { answerOf, weighted, type SamplePart } from './sample.js';
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

type Settings = Extract<LogSourceConfig, { type: 'elasticsearch' }>;
type Limit = Pick<Limits, 'signal'>;
type Sort = keyof typeof SAMPLE_PER_STEP;

/** Fields of a line that are read of it, beside its message. */
const READ_FIELDS = [
  ...LEVEL_FIELDS,
  'error',
  'error.message',
  'error.type',
  'exception',
  'exception.message',
];

/** Label sets of one page of an aggregation: a tenth of what search.max_buckets allows by default. */
const PAGE = 1_000;

const capabilities = z.object({
  fields: z.record(z.string(), z.record(z.string(), z.object({ aggregatable: z.boolean().default(false) }))),
});
const writersPage = z.object({
  aggregations: z
    .object({
      writers: z.object({
        after_key: z.record(z.string(), z.unknown()).optional(),
        buckets: z.array(
          z.object({ key: z.record(z.string(), z.string().nullable()), doc_count: z.number() }),
        ),
      }),
    })
    .optional(),
});
const steps = z.object({
  aggregations: z
    .object({
      steps: z.object({
        buckets: z.array(
          z.object({
            key: z.number(),
            doc_count: z.number(),
            sample: z.object({
              hits: z.object({ hits: z.array(z.object({ _source: z.record(z.string(), z.unknown()) })) }),
            }),
          }),
        ),
      }),
    })
    .optional(),
});

/**
 * Elasticsearch and OpenSearch: one body of `_search` serves both. Lines are counted by step of time at the source,
 * and a few of each step are read, drawn at random.
 */
export class ElasticsearchLogs implements LogSource {
  readonly name: string;
  private readonly api: HttpSource;
  private readonly index: string;
  /** Fields that can be grouped and compared as they stand, by the name that lines have. */
  private known: Promise<Map<string, string>> | null = null;

  constructor(private readonly config: Settings) {
    this.name = config.name;
    this.index = config.index
      .split(',')
      .map((part) => encodeURIComponent(part.trim()))
      .join(',');
    this.api = new HttpSource(config, { setting: `logs.${config.name}`, mostBytes: MAX_ANSWER_BYTES });
  }

  async writers(
    { pattern, ...span }: WriterQuery,
    limits: Limit,
  ): Promise<{ writers: Labels[]; isCut: boolean }> {
    const fields = await this.fieldsOf(WRITER_FIELDS, limits);
    const regexp = { value: `.*(${pattern}).*`, case_insensitive: true };
    const named = [...fields.values()].map((field) => ({ regexp: { [field]: regexp } }));
    const found = await this.writersOf(
      fields,
      span,
      [{ bool: { should: named, minimum_should_match: 1 } }],
      limits,
    );
    return { writers: found.map(({ labels }) => labels), isCut: found.length >= MAX_WRITERS };
  }

  async count(span: TimeSpan, limits: Limit): Promise<{ labels: Labels; lines: number }[]> {
    return this.writersOf(await this.fieldsOf(WRITER_FIELDS, limits), span, [], limits);
  }

  async lines(query: LineQuery, limits: Limit): Promise<LineAnswer> {
    const writers = await this.fieldsOf(WRITER_FIELDS, limits);
    const levels = await this.fieldsOf(LEVEL_FIELDS, limits);
    const selected = {
      bool: {
        minimum_should_match: 1,
        should: query.selectors.map(({ field, values, within }) => ({
          bool: {
            filter: [
              { terms: { [writers.get(field) ?? field]: values } },
              ...(within === null
                ? []
                : [{ term: { [writers.get(within.field) ?? within.field]: within.value } }]),
            ],
          },
        })),
      },
    };
    const trouble = this.troubleFilter([...levels.values()]);
    const parts: SamplePart[] = [];
    for (const sort of ['trouble', 'ordinary'] as const) {
      const filter = sort === 'trouble' ? [selected, trouble] : [selected, { bool: { must_not: [trouble] } }];
      parts.push(await this.sample(sort, filter, query, limits));
    }
    return answerOf(parts, query.stepSeconds);
  }

  close(): void {
    this.api.close();
  }

  private async sample(
    sort: Sort,
    filter: object[],
    { stepSeconds, ...span }: LineQuery,
    limits: Limit,
  ): Promise<SamplePart> {
    const { timeField, messageField } = this.config;
    const json = {
      size: 0,
      track_total_hits: false,
      query: {
        function_score: {
          query: { bool: { filter: [this.within(span), ...filter] } },
          // The same lines each time they are asked for.
          random_score: { seed: 1, field: '_seq_no' },
          boost_mode: 'replace',
        },
      },
      aggs: {
        steps: {
          date_histogram: { field: timeField, fixed_interval: `${stepSeconds}s`, min_doc_count: 1 },
          aggs: {
            sample: {
              top_hits: {
                size: SAMPLE_PER_STEP[sort],
                _source: [timeField, messageField, ...READ_FIELDS],
              },
            },
          },
        },
      },
    };
    const { content, bytes } = await this.search(`sample of ${sort} lines`, json, steps, limits);
    const buckets = content.aggregations?.steps.buckets ?? [];
    const lines = buckets.flatMap(({ key, sample }) =>
      sample.hits.hits.map(({ _source }) => this.lineOf(_source, key / 1000)),
    );
    const totals = buckets.map(({ key, doc_count: lines }) => ({ time: key / 1000, lines }));
    const isSample = buckets.some(({ doc_count, sample }) => doc_count > sample.hits.hits.length);
    return { lines: weighted(lines, totals, stepSeconds), bytes, isSample };
  }

  private lineOf(source: Record<string, unknown>, stepStart: number): AnonymousLine {
    const { timeField, messageField } = this.config;
    const fields = flat(source);
    const time = parseMoment(fields[timeField]) ?? stepStart;
    const message = fields[messageField];
    const said = readLine(typeof message === 'string' ? message : '');
    const level = levelOfFields(fields);
    const telling = READ_FIELDS.filter(
      (name) => !LEVEL_FIELDS.includes(name) && typeof fields[name] === 'string',
    );
    const rest = telling.map((name) => `${name}=${String(fields[name])}`);
    return {
      time,
      level: level === 'unknown' ? said.level : level,
      message: [said.message, ...rest].join(' '),
    };
  }

  private troubleFilter(levels: string[]): object {
    const words = TROUBLE_TEXT.split('|').map((word) => word.replace('(d )?', '*'));
    return {
      bool: {
        minimum_should_match: 1,
        should: [
          ...levels.map((field) => ({
            regexp: {
              [field]: {
                value: `(${TROUBLE_LEVEL.slice(2, -1).replace('[0-4]$', '[0-4]')}).*`,
                case_insensitive: true,
              },
            },
          })),
          {
            query_string: {
              fields: [this.config.messageField],
              query: words.map((word) => `*${word}*`).join(' OR '),
              analyze_wildcard: true,
            },
          },
        ],
      },
    };
  }

  private async writersOf(
    fields: Map<string, string>,
    span: TimeSpan,
    filter: object[],
    limits: Limit,
  ): Promise<{ labels: Labels; lines: number }[]> {
    const found: { labels: Labels; lines: number }[] = [];
    if (fields.size === 0) return found;
    const sources = [...fields].map(([name, field]) => ({
      [name]: { terms: { field, missing_bucket: true } },
    }));
    for (let after: object | undefined; found.length < MAX_WRITERS;) {
      const json = {
        size: 0,
        track_total_hits: false,
        query: { bool: { filter: [this.within(span), ...filter] } },
        aggs: { writers: { composite: { size: PAGE, sources, ...(after && { after }) } } },
      };
      const { content } = await this.search('list of writers', json, writersPage, limits);
      const page = content.aggregations?.writers;
      for (const { key, doc_count: lines } of page?.buckets ?? []) {
        const labels = Object.entries(key).flatMap(([name, value]) =>
          value === null ? [] : [[name, value]],
        );
        found.push({ labels: Object.fromEntries(labels) as Labels, lines });
      }
      after = page?.after_key;
      if (after === undefined || page!.buckets.length < PAGE) break;
    }
    return found.slice(0, MAX_WRITERS);
  }

  private within({ from, until }: TimeSpan): object {
    const format = 'epoch_millis';
    return {
      range: {
        [this.config.timeField]: { gte: Math.round(from * 1000), lt: Math.round(until * 1000), format },
      },
    };
  }

  /** For each of the fields that lines have, the one that can be grouped: itself, or its `keyword` beside a text. */
  private async fieldsOf(wanted: readonly string[], limits: Limit): Promise<Map<string, string>> {
    this.known ??= this.groupable(limits);
    const known = await this.known;
    return new Map(wanted.flatMap((name) => (known.has(name) ? [[name, known.get(name)!]] : [])));
  }

  private async groupable(limits: Limit): Promise<Map<string, string>> {
    const names = [...WRITER_FIELDS, ...LEVEL_FIELDS];
    const params = {
      fields: names.flatMap((name) => [name, `${name}.keyword`]).join(','),
      ignore_unavailable: 'true',
    };
    const request = { path: `/${this.index}/_field_caps`, operation: 'list of fields', params };
    const { content } = await this.api.get(request, capabilities, limits);
    const can = (field: string): boolean => {
      const types = content.fields[field];
      return types !== undefined && types['keyword']?.aggregatable === true;
    };
    return new Map(
      names.flatMap((name) => {
        const field = [name, `${name}.keyword`].find(can);
        return field === undefined ? [] : [[name, field]];
      }),
    );
  }

  private async search<T>(
    operation: string,
    json: object,
    schema: z.ZodType<T>,
    limits: Limit,
  ): Promise<{ content: T; bytes: number }> {
    const params = { ignore_unavailable: 'true' };
    return this.api.get({ path: `/${this.index}/_search`, operation, params, json }, schema, limits);
  }
}

/** Nested fields under the names that queries have for them: `{"service": {"name": "cart"}}` is `service.name`. */
function flat(value: Record<string, unknown>, prefix = ''): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, inner]): [string, unknown][] =>
      typeof inner === 'object' && inner !== null && !Array.isArray(inner)
        ? Object.entries(flat(inner as Record<string, unknown>, `${prefix}${name}.`))
        : [[prefix + name, inner]],
    ),
  );
}

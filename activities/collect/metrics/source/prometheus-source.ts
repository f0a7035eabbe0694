import pMap from 'p-map';
import { z } from 'zod';
import type { PrometheusSourceConfig } from '../../../../config/metrics.js';
import { readInstantAnswer, readRangeAnswer, TooLarge } from './answer.js';
import { NotASource, PartialAnswer, QueryTooHeavy, type Asked } from './errors.js';
import { PrometheusHttp } from './prometheus-http.js';
import {
  gridOf,
  gridSize,
  type Answer,
  type AnswerSeries,
  type AskOptions,
  type Health,
  type MetricsSource,
  type NamesOptions,
  type RangeWindow,
} from './source.js';

/** Prometheus refuses a range with more steps than this ("maximum resolution of 11,000 points per timeseries"). */
const MAX_STEPS = 11_000;

/** Length of a matcher of names that travels in an address; proxies commonly take 8 KiB of address. */
const MAX_MATCHER_LENGTH = 3_000;

const namesAnswer = z.object({ data: z.array(z.string()) });
const metadataAnswer = z.object({
  data: z.record(z.string(), z.array(z.object({ type: z.string() })).min(1)),
});
const buildinfo = z.object({
  data: z.object({
    version: z.string().default('unknown'),
    application: z.string().optional(),
    goVersion: z.string().optional(),
  }),
});

/**
 * Reads Prometheus or what speaks its HTTP API: Thanos, Mimir, Cortex, VictoriaMetrics. The configured address
 * includes their prefix. Keeps connections open; `close` ends them.
 */
export class PrometheusSource implements MetricsSource {
  readonly name: string;
  readonly covers: PrometheusSourceConfig['covers'];
  private readonly http: PrometheusHttp;

  constructor(private readonly config: PrometheusSourceConfig) {
    this.name = config.name;
    this.covers = config.covers;
    this.http = new PrometheusHttp(config);
  }

  async instant(query: string, time: number, options: AskOptions = {}): Promise<Answer> {
    const form = this.form(query, options);
    form.set('time', String(time));
    return this.ask('/api/v1/query', 'instant query', form, options, readInstantAnswer);
  }

  /** A window of more points than a server gives at once is read in parts. */
  async range(query: string, window: RangeWindow, options: AskOptions = {}): Promise<Answer> {
    const parts: { window: RangeWindow; answer: Answer }[] = [];
    for (const part of partsOf(window)) {
      const form = this.form(query, options);
      form.set('start', String(part.start));
      form.set('end', String(part.end));
      form.set('step', String(part.step));
      const read = (body: Buffer): Promise<Answer | null> => readRangeAnswer(body, part);
      const answer = await this.ask('/api/v1/query_range', 'range query', form, options, read);
      parts.push({ window: part, answer });
    }
    return parts.length === 1 ? parts[0]!.answer : joined(parts, window);
  }

  async metricNames(candidates: readonly string[], options: NamesOptions = {}): Promise<Set<string>> {
    const path = '/api/v1/label/__name__/values';
    const answers = await pMap(chunksOf(candidates), async (chunk) => {
      const params = new URLSearchParams({ 'match[]': `{__name__=~"${chunk.join('|')}"}` });
      if (options.window) {
        params.set('start', String(options.window.start));
        params.set('end', String(options.window.end));
      }
      const body = await this.http.get(path, 'metric names', params, options);
      const asked = this.http.asked(path, 'metric names');
      return (await shaped(asked, () => namesAnswer.parse(parseJson(body)))).data;
    });
    return new Set(answers.flat());
  }

  /** What targets that are scraped now say of their metrics; nothing where the source keeps no such index. */
  async metricTypes(options: AskOptions = {}): Promise<Map<string, string>> {
    const path = '/api/v1/metadata';
    try {
      const body = await this.http.get(path, 'types of metrics', new URLSearchParams(), options);
      const asked = this.http.asked(path, 'types of metrics');
      const { data } = await shaped(asked, () => metadataAnswer.parse(parseJson(body)));
      return new Map(Object.entries(data).map(([name, told]) => [name, told[0]!.type]));
    } catch (error) {
      // Query front-ends and gateways often pass on queries alone: names tell most of it.
      if (!(error instanceof NotASource)) throw error;
      return new Map();
    }
  }

  /** Sends a query too: a gateway may pass on one and not the other, and some take no query by POST. */
  async health(options: AskOptions = {}): Promise<Health> {
    await this.instant('vector(1)', Date.now() / 1000, options);
    const { queryMethod } = this.http;
    const path = '/api/v1/status/buildinfo';
    try {
      const body = await this.http.get(path, 'build information', new URLSearchParams(), options);
      const asked = this.http.asked(path, 'build information');
      const { data } = await shaped(asked, () => buildinfo.parse(parseJson(body)));
      return { version: data.version, product: data.application ?? productOf(data), queryMethod };
    } catch (error) {
      // Query front-ends and gateways often pass on queries alone: what counts is that they answer one.
      if (!(error instanceof NotASource)) throw error;
      return { version: 'unknown', product: 'Prometheus-compatible', queryMethod };
    }
  }

  close(): void {
    this.http.close();
  }

  private form(query: string, options: AskOptions): URLSearchParams {
    const timeout = options.timeoutSeconds ?? this.config.timeoutSeconds;
    return new URLSearchParams({ query: query.trim(), timeout: `${timeout}s` });
  }

  private async ask(
    path: string,
    operation: string,
    form: URLSearchParams,
    options: AskOptions,
    read: (body: Buffer) => Answer | Promise<Answer | null> | null,
  ): Promise<Answer> {
    const asked = this.http.asked(path, operation);
    const answer = await this.http.query(path, operation, form, options, (body) =>
      shaped(asked, () => read(body)),
    );
    if (options.complete && answer.partial) throw new PartialAnswer(asked, answer.warnings.join('; '));
    return answer;
  }
}

/** Mimir names itself; Prometheus and Thanos fill in the same form, and only Thanos is still below version 1. */
function productOf({ version, goVersion }: { version: string; goVersion?: string | undefined }): string {
  if (goVersion === undefined) return 'Prometheus-compatible';
  return version.startsWith('0.') ? 'Thanos' : 'Prometheus';
}

function parseJson(body: Buffer): unknown {
  return JSON.parse(body.toString('utf8'));
}

/** A 200 that is no answer comes from something else: a login page, another API. */
async function shaped<T>(asked: Asked, read: () => T | Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof TooLarge) throw new QueryTooHeavy(asked, error.message);
    if (error instanceof SyntaxError) {
      throw new NotASource(asked, `the answer is not JSON of the Prometheus API (${error.message})`);
    }
    if (error instanceof z.ZodError) {
      const [issue] = error.issues;
      throw new NotASource(
        asked,
        `the answer has another shape: ${issue?.path.join('.')}: ${issue?.message}`,
      );
    }
    throw error;
  }
}

function partsOf(window: RangeWindow): RangeWindow[] {
  const size = gridSize(window);
  const parts: RangeWindow[] = [];
  for (let first = 0; first < size; first += MAX_STEPS) {
    const last = Math.min(first + MAX_STEPS, size) - 1;
    const { start, step } = window;
    parts.push({ start: start + first * step, end: start + last * step, step });
  }
  return parts;
}

/** Lays parts of one window end to end; a series missing from a part has NaN there. */
function joined(parts: { window: RangeWindow; answer: Answer }[], window: RangeWindow): Answer {
  const times = gridOf(window);
  const whole = new Map<string, AnswerSeries>();
  let offset = 0;
  for (const part of parts) {
    for (const { labels, values } of part.answer.series) {
      const key = JSON.stringify(Object.entries(labels).sort());
      let series = whole.get(key);
      if (!series) {
        series = { labels, times, values: new Float64Array(times.length).fill(NaN) };
        whole.set(key, series);
      }
      series.values.set(values, offset);
    }
    offset += gridSize(part.window);
  }
  return {
    series: [...whole.values()],
    warnings: [...new Set(parts.flatMap(({ answer }) => answer.warnings))],
    partial: parts.some(({ answer }) => answer.partial),
  };
}

function chunksOf(candidates: readonly string[]): string[][] {
  const chunks: string[][] = [];
  let length = MAX_MATCHER_LENGTH;
  for (const name of candidates) {
    if (length + name.length + 1 > MAX_MATCHER_LENGTH) {
      chunks.push([]);
      length = 0;
    }
    chunks.at(-1)!.push(name);
    length += name.length + 1;
  }
  return chunks;
}

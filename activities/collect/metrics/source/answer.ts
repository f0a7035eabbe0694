import { z } from 'zod';
import { scanSamples, type Samples } from './sample-scan.js';
import { gridOf, type Answer, type AnswerSeries, type RangeWindow } from './source.js';

const labels = z.record(z.string(), z.string());
const sample = z.tuple([z.number(), z.string()]);

const said = {
  warnings: z.array(z.string()).nullish(),
  infos: z.array(z.string()).nullish(),
  /** VictoriaMetrics: some storage node did not answer. */
  isPartial: z.boolean().nullish(),
};

/**
 * `values` is the index of the rows that `scanSamples` cut out, or the rows themselves where it did not know them by
 * their key (JSON may write it with escapes). Native histograms come as `histograms`.
 */
const matrix = z.object({
  data: z.object({
    resultType: z.literal('matrix'),
    result: z.array(z.object({ metric: labels, values: z.union([z.number(), z.array(sample)]).optional() })),
  }),
  ...said,
});

const vector = z.object({
  data: z.discriminatedUnion('resultType', [
    z.object({
      resultType: z.literal('vector'),
      result: z.array(z.object({ metric: labels, value: sample.optional() })),
    }),
    z.object({ resultType: z.literal('scalar'), result: sample }),
  ]),
  ...said,
});

type Said = Pick<z.infer<typeof matrix>, 'warnings' | 'infos' | 'isPartial'>;

const NO_HISTOGRAMS = 'native histograms in the answer were left out: ask for a quantile or a rate of them';

/**
 * JSON without its samples, and instant answers: read in one go, about 0.4 s for this much. An answer of so many
 * labels (about 80,000 series) is a query that should have been narrower.
 */
const MAX_LABELS_BYTES = 16 * 1024 * 1024;

/** Series times points of the window, 8 bytes each: a thousand services at 11,000 points. */
const MAX_POINTS = 16_000_000;

/** An answer that would take more memory or time than a query may. */
export class TooLarge extends Error {
  override readonly name = 'TooLarge';
}

/**
 * Reads the body of /api/v1/query_range onto the window's grid. Null for an answer to no query (`"result": null`).
 *
 * @throws SyntaxError, ZodError when it has another shape; TooLarge
 */
export async function readRangeAnswer(body: Buffer, window: RangeWindow): Promise<Answer | null> {
  const times = gridOf(window);
  const { json, rows } = await scanSamples(body);
  const parsed = parsedOrNull(json);
  if (parsed === null) return null;
  const answer = matrix.parse(parsed);
  const { result } = answer.data;
  if (result.length * times.length > MAX_POINTS) {
    throw new TooLarge(
      `the answer has ${result.length} series of ${times.length} points, more than ${MAX_POINTS} values`,
    );
  }
  const series: AnswerSeries[] = [];
  let histograms = 0;
  for (const { metric, values } of result) {
    if (values === undefined) {
      histograms++;
      continue;
    }
    const samples = typeof values === 'number' ? rows[values]! : samplesOf(values);
    series.push({ labels: metric, times, values: ontoGrid(samples, times.length, window) });
  }
  return { series, ...remarks(answer, histograms > 0) };
}

/** Reads the body of /api/v1/query; a scalar becomes one series without labels. Null and errors as above. */
export function readInstantAnswer(body: Buffer): Answer | null {
  const parsed = parsedOrNull(body.toString('utf8'));
  if (parsed === null) return null;
  const answer = vector.parse(parsed);
  const { data } = answer;
  if (data.resultType === 'scalar') return { series: [single({}, data.result)], ...remarks(answer, false) };
  const series = data.result.flatMap(({ metric, value }) => (value ? [single(metric, value)] : []));
  return { series, ...remarks(answer, series.length < data.result.length) };
}

/** What a server answers that did not read the query. */
const noResult = z.object({ data: z.object({ result: z.null() }) });

function parsedOrNull(json: string): unknown {
  if (json.length > MAX_LABELS_BYTES) {
    const mebibytes = MAX_LABELS_BYTES / 1024 / 1024;
    throw new TooLarge(`the labels of the answer are larger than ${mebibytes} MiB`);
  }
  const parsed: unknown = JSON.parse(json);
  return noResult.safeParse(parsed).success ? null : parsed;
}

function samplesOf(rows: readonly [number, string][]): Samples {
  return {
    times: Float64Array.from(rows, ([time]) => time),
    values: Float64Array.from(rows, ([, text]) => numberOf(text)),
  };
}

function single(of: Record<string, string>, [time, text]: [number, string]): AnswerSeries {
  return { labels: of, times: Float64Array.of(time), values: Float64Array.of(numberOf(text)) };
}

/** Prometheus writes infinities as `+Inf` and `-Inf`. */
function numberOf(text: string): number {
  return Number(text.replace('Inf', 'Infinity'));
}

function ontoGrid(samples: Samples, size: number, { start, step }: RangeWindow): Float64Array {
  const values = new Float64Array(size).fill(NaN);
  for (let i = 0; i < samples.times.length; i++) {
    // Some stores move the grid to multiples of the step: the nearest point is at most half a step away.
    const at = Math.round((samples.times[i]! - start) / step);
    if (at >= 0 && at < size) values[at] = samples.values[i]!;
  }
  return values;
}

function remarks(answer: Said, histograms: boolean): Pick<Answer, 'warnings' | 'partial'> {
  const warnings = answer.warnings ?? [];
  const partial = answer.isPartial === true || warnings.length > 0;
  const own = [
    ...(answer.isPartial ? ['the store says that its answer is partial'] : []),
    ...(histograms ? [NO_HISTOGRAMS] : []),
  ];
  return { partial, warnings: [...warnings, ...(answer.infos ?? []), ...own] };
}

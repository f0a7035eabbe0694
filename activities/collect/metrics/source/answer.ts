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

/** `values` is the index of the rows that `scanSamples` cut out; native histograms come as `histograms`. */
const matrix = z.object({
  data: z.object({
    resultType: z.literal('matrix'),
    result: z.array(z.object({ metric: labels, values: z.number().optional() })),
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

/** Reads the body of /api/v1/query_range onto the window's grid. Throws when it has another shape. */
export function readRangeAnswer(body: Buffer, window: RangeWindow): Answer {
  const { json, rows } = scanSamples(body);
  const answer = matrix.parse(JSON.parse(json));
  const times = gridOf(window);
  const series: AnswerSeries[] = [];
  let histograms = 0;
  for (const { metric, values } of answer.data.result) {
    if (values === undefined) histograms++;
    else series.push({ labels: metric, times, values: ontoGrid(rows[values]!, times.length, window) });
  }
  return { series, ...remarks(answer, histograms > 0) };
}

/** Reads the body of /api/v1/query; a scalar becomes one series without labels. */
export function readInstantAnswer(body: Buffer): Answer {
  const answer = vector.parse(JSON.parse(body.toString('utf8')));
  const { data } = answer;
  if (data.resultType === 'scalar') return { series: [single({}, data.result)], ...remarks(answer, false) };
  const series = data.result.flatMap(({ metric, value }) => (value ? [single(metric, value)] : []));
  return { series, ...remarks(answer, series.length < data.result.length) };
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

import { group } from 'd3-array';
import type { Watched } from '../../analysis/watch/index.js';
import type { Config } from '../../config/schema.js';
import type { Watch } from '../../config/watches.js';
import type { SymptomKind } from '../../model/anomaly.js';
import { AliasTable } from '../../model/identity/aliases.js';
import { identify } from '../../model/identity/identify.js';
import type { Limits } from '../collect/attempt.js';
import type { CollectDeps } from '../collect/deps.js';
import { OutOfTime } from '../collect/metrics/source/errors.js';
import { ServiceNames } from '../collect/scope/service-names.js';
import { detectPacks } from '../collect/metrics/packs/detect.js';
import { queryFor } from '../collect/metrics/packs/binding.js';
import { readSeries, type Question } from '../collect/metrics/series-reading.js';
import { partFor, partsOf, patienceFor, servicesCovered } from '../collect/metrics/source/parts.js';
import type { AnswerSeries, MetricsSource, RangeWindow } from '../collect/metrics/source/source.js';
import { packsInUse } from '../collect/scope/topology.js';
import { rateWindowFor, sampleInterval, spansFor } from '../collect/scope/window.js';

/** One series that a watch judges. */
export interface WatchedSeries {
  /** Tells the series of one watch apart: its labels in order. */
  key: string;
  labels: Record<string, string>;
  service: string;
  namespace?: string;
  cluster?: string;
  symptom: SymptomKind;
  /** For people: `error ratio of checkout`. */
  name: string;
  /** What gives the series again. */
  query: string;
  watched: Watched;
}

export type WatchDeps = Pick<CollectDeps, 'source' | 'packs' | 'config'>;

const DAY_SECONDS = 86_400;
/** One watch is for one thing and its kin; more series than this are a query gone wrong. */
export const MOST_SERIES = 200;

/**
 * The series of a watch within a window. Throws a `SourceError` when the source does not answer, and
 * `TooManySeries` when a query gives more than anybody means to watch.
 */
export async function readWatched(
  deps: WatchDeps,
  watch: Watch,
  window: RangeWindow,
  limits: Limits,
): Promise<WatchedSeries[]> {
  const { of } = watch;
  if (of.type === 'signal') return readSignal(deps, { ...watch, of }, window, limits);
  const symptom = watch.symptom ?? 'other';
  const describe = (labels: Record<string, string>): Omit<WatchedSeries, 'watched' | 'query'> => {
    const { name, namespace, cluster } = ownerOf(labels, deps.config);
    const service = of.service ?? name ?? watch.name;
    const place = { ...(namespace !== null && { namespace }), ...(cluster !== null && { cluster }) };
    return { key: keyOf(labels), labels, service, ...place, symptom, name: `${watch.name} of ${service}` };
  };

  if (of.type === 'query') {
    const pulled = await pull(deps.source, of.query, watch, window, limits);
    return pulled.map((one) => ({
      ...describe(one.labels),
      query: of.query,
      watched: { ...one, weights: null, unit: '' },
    }));
  }
  const [bad, total] = await Promise.all([
    pull(deps.source, of.bad, watch, window, limits),
    pull(deps.source, of.total, watch, window, limits),
  ]);
  return total.map((all) => {
    // Where nothing bad was counted, nothing bad happened.
    const wrong =
      bad.find((one) => keyOf(one.labels) === keyOf(all.labels)) ?? (bad.length === 1 ? bad[0] : undefined);
    return {
      ...describe(all.labels),
      query: `(${of.bad}) / (${of.total})`,
      watched: {
        times: all.times,
        values: ratio(wrong?.values ?? null, all.values),
        weights: all.values,
        earlier: all.earlier.map((day, index) => ratio(wrong?.earlier[index] ?? null, day)),
        unit: '1',
      },
    };
  });
}

/** A query that gives so many series that it cannot be meant. */
export class TooManySeries extends Error {
  override readonly name = 'TooManySeries';
}

/** A golden signal as the packs know it; the first pack that has it is believed, as in a diagnosis. */
async function readSignal(
  { source, packs, config }: WatchDeps,
  watch: Watch & { of: { type: 'signal' } },
  window: RangeWindow,
  given: Limits,
): Promise<WatchedSeries[]> {
  const { service, signal: kind } = watch.of;
  const limits = patienceFor(partsOf(source).length, given);
  const lately = { start: window.end - config.diagnosis.baselineSeconds, end: window.end };
  const { bindings } = await detectPacks(source, packs, {
    ...limits,
    use: config.packs.use,
    window: lately,
  });
  const { interval } = await sampleInterval(source, packs, bindings, window.end, limits);
  const spans = spansFor(config.diagnosis, rateWindowFor(interval, window.step));
  const questions = packsInUse(packs, bindings).flatMap(({ pack, binding }) =>
    pack.signals
      .filter((spec) => spec.family === 'golden' && spec.perspective === 'server' && spec.of === 'service')
      .map((spec) => ({ pack, binding, spec })),
  );
  const services = new ServiceNames([service]);
  const ask = async (question: Question) => {
    const part = partFor(source, question.binding);
    if (servicesCovered(part, [service]).length === 0) return null;
    const query = queryFor(question.spec, question.pack, question.binding, [service], spans);
    const days = await pullDays(part, query, watch, window, limits);
    const [now, ...earlier] = days.map(
      (answer) => readSeries(question, answer, { source: part.name, spans, services, hosts: new Set() })[0],
    );
    return now ? { now, earlier: earlier.flatMap((day) => (day ? [day.values] : [])) } : null;
  };
  const watched: WatchedSeries[] = [];
  // Sources that cover the same measure the same; of each cluster that is covered by itself, the service is another.
  for (const alike of group(questions, ({ binding }) => clusterOf(partFor(source, binding))).values()) {
    for (const question of alike.filter(({ spec }) => spec.signal === kind)) {
      const found = await ask(question);
      if (!found) continue;
      const { now, earlier } = found;
      const weights = kind === 'errors' ? await trafficOf(alike, question, ask) : null;
      const cluster = clusterOf(partFor(source, question.binding));
      const place = cluster === '' ? {} : { cluster };
      const labels = { service, ...place };
      watched.push({
        key: keyOf(labels),
        labels,
        service,
        ...place,
        symptom: watch.symptom ?? kind,
        name: `${now.name} of ${service}${cluster === '' ? '' : ` in ${cluster}`}`,
        query: now.query,
        watched: { times: now.times, values: now.values, weights, earlier, unit: now.unit },
      });
      break;
    }
  }
  return watched;
}

/** The one cluster that one of several sources covers; empty where it covers more, or does not say. */
function clusterOf({ covers }: MetricsSource): string {
  return covers?.clusters.length === 1 ? covers.clusters[0]! : '';
}

/** How many requests stand behind each ratio, from the same pack. */
async function trafficOf(
  questions: readonly Question[],
  errors: Question,
  ask: (question: Question) => Promise<{ now: { values: Float64Array } } | null>,
): Promise<Float64Array | null> {
  const traffic = questions.find(
    ({ pack, binding, spec }) =>
      pack === errors.pack && binding.source === errors.binding.source && spec.signal === 'traffic',
  );
  return traffic ? ((await ask(traffic))?.now.values ?? null) : null;
}

interface Pulled {
  labels: Record<string, string>;
  times: Float64Array;
  values: Float64Array;
  earlier: Float64Array[];
}

/** The series of a query, each with what it was on the earlier days that the method asks for. */
async function pull(
  source: MetricsSource,
  query: string,
  watch: Watch,
  window: RangeWindow,
  limits: Limits,
): Promise<Pulled[]> {
  const [now = [], ...days] = await pullDays(source, query, watch, window, limits);
  if (now.length > MOST_SERIES) {
    throw new TooManySeries(
      `watch ${watch.name}: its query gives ${now.length} series, at most ${MOST_SERIES} can be watched; sum by fewer labels`,
    );
  }
  const byDay = days.map((day) => new Map(day.map((series) => [keyOf(series.labels), series.values])));
  return now.map(({ labels, times, values }) => {
    const own = withoutName(labels);
    return { labels: own, times, values, earlier: byDay.flatMap((day) => day.get(keyOf(own)) ?? []) };
  });
}

/**
 * The answers of today and of each earlier day, on the same number of points. Earlier days that there is no time for
 * are left out: the watch compares with those that were read.
 */
async function pullDays(
  source: MetricsSource,
  query: string,
  { method }: Watch,
  window: RangeWindow,
  limits: Limits,
): Promise<AnswerSeries[][]> {
  const days = method.type === 'seasonal' ? [0, ...method.days] : [0];
  const answers: AnswerSeries[][] = [];
  for (const day of days) {
    const back = day * DAY_SECONDS;
    try {
      const { series } = await source.range(
        query,
        { ...window, start: window.start - back, end: window.end - back },
        limits,
      );
      answers.push(series);
    } catch (error) {
      if (day === 0 || !(error instanceof OutOfTime)) throw error;
    }
  }
  return answers;
}

function ratio(bad: Float64Array | null, total: Float64Array): Float64Array {
  return total.map((all, index) => {
    if (!(all > 0)) return NaN;
    const wrong = bad?.[index] ?? 0;
    return Number.isNaN(wrong) ? 0 : wrong / all;
  });
}

/** The metric's own name is no label of the series. */
function withoutName(labels: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).filter(([name]) => name !== '__name__'));
}

/** `service=checkout,zone=a`; empty for a series without labels. */
export function keyOf(labels: Record<string, string>): string {
  return Object.entries(withoutName(labels))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join(',');
}

/** Whom a series is about; no name when its labels only hint at one. */
function ownerOf(
  labels: Record<string, string>,
  { services, webhook }: Config,
): { name: string | undefined; namespace: string | null; cluster: string | null } {
  const { name, how, written, namespace, cluster } = identify(labels, webhook);
  const isKnown = how !== 'hint' && how !== 'none';
  const alias = new AliasTable(services.aliases).nameFor(written ?? '');
  return { name: isKnown ? (alias ?? name) : undefined, namespace, cluster };
}

import { greatest, min } from 'd3-array';
import type { Config } from '../../../config/schema.js';
import type { Binding } from '../../../model/reading.js';
import type { Scope } from '../../../model/incident.js';
import type { Spans } from '../metrics/packs/binding.js';
import type { Pack } from '../metrics/packs/schema.js';
import type { Limits } from '../attempt.js';
import { gapOf } from '../gaps.js';
import type { MetricsSource } from '../metrics/source/source.js';
import type { Gap } from '../../../model/gap.js';

type DiagnosisConfig = Config['diagnosis'];

/** Points that a series should have: enough to see an onset, few enough to pull for hundreds of services. */
const WANTED_POINTS = 300;

/** Steps that people use, seconds. */
const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600];

/** A rate over less than this is mostly noise at a few requests per second. */
const SHORTEST_RATE_WINDOW = 20;

/** Scrapes that a rate covers, so that one that is missed leaves no hole. */
const SCRAPES_PER_RATE = 4;

/** Less than that is the jitter of scrapes. */
const MUCH_FINER = 1.5;

/** What OpenTelemetry's SDKs export at, when the source says nothing of its own interval. */
const UNKNOWN_INTERVAL = 60;

/**
 * Seconds between two samples of what the source holds, from how many there are: of targets (`up`), or of a metric
 * of a pack where nothing is scraped. Where it cannot be read it is taken as a minute, and that is a gap. Of several
 * sources with packs in use the longest interval counts: all are read on one grid.
 */
export async function sampleInterval(
  source: MetricsSource,
  packs: readonly Pack[],
  bindings: readonly Binding[],
  time: number,
  limits: Limits,
): Promise<{ interval: number; gaps: Gap[] }> {
  if (!source.parts) return intervalAt(source, packs, bindings, time, limits);
  const inUse = source.parts
    .map((part) => ({ part, own: bindings.filter((binding) => binding.source === part.name) }))
    .filter(({ own }) => own.length > 0);
  const read = await Promise.all(
    inUse.map(async ({ part, own }) => ({ part, ...(await intervalAt(part, packs, own, time, limits)) })),
  );
  const slowest = greatest(read, ({ interval }) => interval);
  if (!slowest) return { interval: UNKNOWN_INTERVAL, gaps: [] };
  const finer = read.filter(({ interval }) => MUCH_FINER * interval <= slowest.interval);
  const reason = `samples of ${slowest.part.name} are ${slowest.interval} s apart, and all sources are read on one grid`;
  const coarse = finer.map(({ part, interval }) => ({
    source: part.name,
    what: `times finer than ${slowest.interval} s, though its samples are ${interval} s apart`,
    reason,
  }));
  return { interval: slowest.interval, gaps: [...read.flatMap(({ gaps }) => gaps), ...coarse] };
}

async function intervalAt(
  source: MetricsSource,
  packs: readonly Pack[],
  bindings: readonly Binding[],
  time: number,
  limits: Limits,
): Promise<{ interval: number; gaps: Gap[] }> {
  const own = packs.find(({ name }) => name === bindings[0]?.pack)?.detect;
  const metrics = ['up', own?.all[0] ?? own?.any[0]].filter((metric) => metric !== undefined);
  const gaps: Gap[] = [];
  const intervalWithin = async (metric: string, span: number): Promise<number> => {
    try {
      const query = `${span} / quantile(0.5, count_over_time(${metric}[${span}s]))`;
      const { series } = await source.instant(query, time, limits);
      return series[0]?.values[0] ?? NaN;
    } catch (error) {
      const what = `the interval of samples, taken as ${UNKNOWN_INTERVAL} s`;
      gaps.push(gapOf(error, limits, source.name, what));
      return NaN;
    }
  };
  for (const metric of metrics) {
    // A source younger than five minutes has too few samples for the longer span, a slow one for the shorter.
    const intervals = await Promise.all([60, 300].map((span) => intervalWithin(metric, span)));
    const shortest = min(intervals);
    if (shortest !== undefined && Number.isFinite(shortest)) {
      return { interval: Math.max(1, Math.round(shortest)), gaps: [] };
    }
  }
  return { interval: UNKNOWN_INTERVAL, gaps };
}

/** Distance of samples to ask for: the configured one, or the shortest round one that gives not too many. */
export function stepFor(config: DiagnosisConfig, interval: number): number {
  if (config.stepSeconds !== undefined) return config.stepSeconds;
  const least = Math.max(interval, (config.baselineSeconds + config.afterSeconds) / WANTED_POINTS);
  return STEPS.find((step) => step >= least) ?? Math.ceil(least);
}

/** Range of rates: bears a missed scrape, and leaves no sample between two steps unseen. */
export function rateWindowFor(interval: number, step: number): number {
  return Math.max(SHORTEST_RATE_WINDOW, SCRAPES_PER_RATE * interval, step + interval);
}

/** The window of an investigation: from the baseline before the anomaly until now, or until enough after it. */
export function windowFor(
  config: DiagnosisConfig,
  anomalyTime: number,
  now: number,
  step: number,
): Scope['window'] {
  const end = Math.floor(Math.max(anomalyTime, Math.min(now, anomalyTime + config.afterSeconds)));
  const length = Math.ceil((end - anomalyTime + config.baselineSeconds) / step) * step;
  return { start: end - length, end, stepSeconds: step };
}

/**
 * The spans of a diagnosis's queries. They follow from the configuration alone, not from how much time has passed:
 * a later investigation asks the same queries.
 */
export function spansFor(config: DiagnosisConfig, rateWindow: number): Spans {
  const { baselineSeconds, afterSeconds } = config;
  return {
    window: Math.ceil(rateWindow),
    lookback: Math.ceil(baselineSeconds),
    // From anywhere between the anomaly and the end of the window this leads into the baseline.
    before: Math.ceil(baselineSeconds / 2 + Math.min(afterSeconds, 0.4 * baselineSeconds)),
    since: Math.ceil(afterSeconds + 120),
  };
}

/** The spans of a scope that was planned. */
export function spansOf(scope: Scope, config: DiagnosisConfig): Spans {
  const { stepSeconds } = scope.window;
  return spansFor(config, scope.reading?.rateWindowSeconds ?? rateWindowFor(stepSeconds, stepSeconds));
}

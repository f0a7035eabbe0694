import type { Covers } from '../../../../config/metrics.js';
import type { Change } from '../../../../model/change.js';

/**
 * A place that answers PromQL. Every method throws a `SourceError` (errors.ts) or, when `signal` was aborted,
 * the signal's reason. Times are unix seconds.
 */
export interface MetricsSource {
  /** Name in reports and gaps, as configured. */
  readonly name: string;

  /** The sources that it stands for; left out by one that is asked itself. */
  readonly parts?: readonly MetricsSource[];

  /** The part of the estate that it has metrics of; left out where it may have any. */
  readonly covers?: Covers;

  /** One sample per series at `time`. */
  instant(query: string, time: number, options?: AskOptions): Promise<Answer>;

  /** Samples on the grid start, start + step, ... end; all series of the answer share one `times`. */
  range(query: string, window: RangeWindow, options?: AskOptions): Promise<Answer>;

  /** Metric names within the window that one of the patterns (RE2, of a whole name) fits: read off an index. */
  metricNames(patterns: readonly string[], options?: NamesOptions): Promise<Set<string>>;

  /** Types of metrics (`counter`, `gauge`, `histogram` ...) as far as the source knows them; a recording knows none. */
  metricTypes?(options?: AskOptions): Promise<Map<string, string>>;

  /** Version and kind of product; throws when the source cannot be used. */
  health(options?: AskOptions): Promise<Health>;

  /** Changes that a recording carries; other sources have none. */
  changes?(): Change[];

  /** Lets go of connections. */
  close(): void;
}

export interface AskOptions {
  signal?: AbortSignal;
  /** Seconds; the source's own timeout when left out. */
  timeoutSeconds?: number;
  /** Throws `PartialAnswer` instead of giving what is there: for conclusions from what is absent. */
  complete?: boolean;
}

export interface NamesOptions extends AskOptions {
  window?: { start: number; end: number };
}

export interface RangeWindow {
  start: number;
  end: number;
  /** Seconds. */
  step: number;
}

export interface Health {
  version: string;
  /** `Prometheus`, `Grafana Mimir`, ...; `Prometheus-compatible` when the source does not say. */
  product: string;
  /** How it takes queries; GET when it refuses POST. Absent where queries are not sent. */
  queryMethod?: 'POST' | 'GET';
}

export interface AnswerSeries {
  labels: Record<string, string>;
  times: Float64Array;
  /** NaN where there is no sample. */
  values: Float64Array;
  /** Name of the source that gave it, where several were asked. */
  source?: string;
}

export interface Answer {
  series: AnswerSeries[];
  /** What the source said about its own answer: data may be partial or doubtful. */
  warnings: string[];
  /** The source says that data are missing. */
  partial: boolean;
}

/** How many grid points a window has. */
export function gridSize({ start, end, step }: RangeWindow): number {
  return Math.floor((end - start) / step + 1e-9) + 1;
}

/** The grid of a window. */
export function gridOf(window: RangeWindow): Float64Array {
  return Float64Array.from({ length: gridSize(window) }, (_, i) => window.start + i * window.step);
}

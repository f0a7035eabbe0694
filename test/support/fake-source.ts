import type { Change } from '../../model/change.js';
import {
  gridOf,
  type Answer,
  type AskOptions,
  type Health,
  type MetricsSource,
  type RangeWindow,
} from '../../activities/collect/metrics/source/source.js';

/** Labels of a series with its value at a time. */
export type FakeSeries = [labels: Record<string, string>, valueAt: number | ((time: number) => number)];

export interface FakeOptions {
  names?: string[];
  /** What a query gives; may throw. Called for instant and range queries alike. */
  answer?: (query: string) => FakeSeries[] | Partial<Answer> | undefined;
  changes?: Change[];
}

/** A source that answers by a function, and remembers what it was asked. */
export class FakeSource implements MetricsSource {
  readonly name = 'fake';
  readonly asked: { query: string; window: RangeWindow | null; time: number; options: AskOptions }[] = [];

  constructor(private readonly options: FakeOptions) {}

  instant(query: string, time: number, options: AskOptions = {}): Promise<Answer> {
    this.asked.push({ query, window: null, time, options });
    return this.answer(query, Float64Array.of(time), options);
  }

  range(query: string, window: RangeWindow, options: AskOptions = {}): Promise<Answer> {
    this.asked.push({ query, window, time: window.end, options });
    return this.answer(query, gridOf(window), options);
  }

  metricNames(candidates: readonly string[]): Promise<Set<string>> {
    const isAsked = (name: string): boolean =>
      candidates.some((one) => new RegExp(`^(?:${one})$`).test(name));
    return Promise.resolve(new Set(this.options.names?.filter(isAsked)));
  }

  health(): Promise<Health> {
    return Promise.resolve({ product: 'Fake', version: '1' });
  }

  changes(): Change[] {
    return this.options.changes ?? [];
  }

  close(): void {
    // Nothing is open.
  }

  private async answer(query: string, times: Float64Array, options: AskOptions): Promise<Answer> {
    await Promise.resolve();
    options.signal?.throwIfAborted();
    const given = this.options.answer?.(query) ?? [];
    if (!Array.isArray(given)) return { series: [], warnings: [], partial: false, ...given };
    const series = given.map(([labels, valueAt]) => ({
      labels,
      times,
      values: times.map((time) => (typeof valueAt === 'number' ? valueAt : valueAt(time))),
    }));
    return { series, warnings: [], partial: false };
  }
}

import { readFile } from 'node:fs/promises';
import type { RecordingSourceConfig } from '../../../../config/metrics.js';
import type { Change } from '../../../../model/change.js';
import { NotRecorded, NotASource } from './errors.js';
import { recordedQuery, unpackRecording, type RecordedRange, type Recording } from './recording-format.js';
import {
  gridOf,
  type Answer,
  type AskOptions,
  type Health,
  type MetricsSource,
  type NamesOptions,
  type RangeWindow,
} from './source.js';

/**
 * Plays a recording as if its incident happened at another time. It answers the queries that were recorded, for any
 * window and step; what lies outside the recording has no samples, as has what lies ahead of `now`.
 */
export class RecordingSource implements MetricsSource {
  /** Seconds from the recording's time to the time at which it is played. */
  private readonly shift: number;

  constructor(
    readonly name: string,
    private readonly file: string,
    private readonly recording: Recording,
    playAt: number | undefined,
  ) {
    this.shift = playAt === undefined ? 0 : playAt - recording.alertTime;
  }

  /** @throws NotASource when the file is missing or no recording */
  static async open(config: RecordingSourceConfig): Promise<RecordingSource> {
    try {
      const recording = await unpackRecording(await readFile(config.file));
      return new RecordingSource(config.name, config.file, recording, config.playAt);
    } catch (error) {
      const reason = error instanceof Error ? error.message : 'it cannot be read';
      throw new NotASource({ operation: 'open recording', endpoint: config.file }, reason);
    }
  }

  /** When the recorded alert begins, in the time at which it is played. */
  get alertTime(): number {
    return this.recording.alertTime + this.shift;
  }

  instant(query: string, time: number, options: AskOptions = {}): Promise<Answer> {
    return this.answer(options, () => {
      const takes = this.find(this.recording.instant, query, 'instant query');
      const wanted = time - this.shift;
      const nearest = takes.reduce((a, b) => (Math.abs(b.time - wanted) < Math.abs(a.time - wanted) ? b : a));
      return nearest.series.map(({ labels, value }) => ({
        labels,
        times: Float64Array.of(time),
        values: Float64Array.of(value ?? NaN),
      }));
    });
  }

  range(query: string, window: RangeWindow, options: AskOptions = {}): Promise<Answer> {
    return this.answer(options, () => {
      const recorded = this.find(this.recording.range, query, 'range query');
      const times = gridOf(window);
      const rows = rowsFor(times, recorded, this.shift);
      return recorded.series
        .map(({ labels, values }) => ({ labels, times, values: rows.map((row) => values[row] ?? NaN) }))
        .filter(({ values }) => !values.every(Number.isNaN));
    });
  }

  metricNames(candidates: readonly string[], options: NamesOptions = {}): Promise<Set<string>> {
    options.signal?.throwIfAborted();
    const asked = new RegExp(`^(?:${candidates.join('|')})$`);
    return Promise.resolve(new Set(this.recording.names.filter((name) => asked.test(name))));
  }

  health(): Promise<Health> {
    const { product, version } = this.recording.source;
    return Promise.resolve({ product: `recording of ${product}`, version });
  }

  changes(): Change[] {
    return this.recording.changes.map((change) => ({ ...change, time: change.time + this.shift }));
  }

  close(): void {
    // A recording holds no connection.
  }

  private answer(options: AskOptions, read: () => Answer['series']): Promise<Answer> {
    return new Promise((resolve) => {
      options.signal?.throwIfAborted();
      resolve({ series: read(), warnings: [], partial: false });
    });
  }

  private find<T>(queries: Record<string, T>, query: string, operation: string): T {
    const text = recordedQuery(query);
    if (Object.hasOwn(queries, text)) return queries[text]!;
    throw new NotRecorded({ operation, endpoint: this.file }, `the recording was not asked: ${text}`);
  }
}

/** For each wanted time the nearest recorded row within half a step, or -1. */
function rowsFor(times: Float64Array, { start, step, size }: RecordedRange, shift: number): Float64Array {
  return times.map((time) => {
    const row = Math.round((time - shift - start) / step);
    return row >= 0 && row < size ? row : -1;
  });
}

import type { Change } from '../../../../model/change.js';
import { packRecording, recordedQuery, type Recording } from './recording-format.js';
import {
  gridSize,
  type Answer,
  type AskOptions,
  type Health,
  type MetricsSource,
  type NamesOptions,
  type RangeWindow,
} from './source.js';

/** Digits that are kept: more than any verdict needs, and half the size of all. */
const SIGNIFICANT_DIGITS = 7;

/**
 * Passes questions on to a source and writes down what it answers. A range query that is asked twice is kept with the
 * longer window, so that a later investigation has all that an earlier one had.
 */
export class RecordingWriter implements MetricsSource {
  readonly name: string;
  private readonly ranges: Recording['range'] = {};
  private readonly instants: Recording['instant'] = {};
  private readonly names = new Set<string>();

  constructor(private readonly source: MetricsSource) {
    this.name = source.name;
  }

  async instant(query: string, time: number, options?: AskOptions): Promise<Answer> {
    const answer = await this.source.instant(query, time, options);
    const series = answer.series.map(({ labels, values }) => ({ labels, value: rounded(values[0] ?? NaN) }));
    (this.instants[recordedQuery(query)] ??= []).push({ time, series });
    return answer;
  }

  async range(query: string, window: RangeWindow, options?: AskOptions): Promise<Answer> {
    const answer = await this.source.range(query, window, options);
    const text = recordedQuery(query);
    const size = gridSize(window);
    const { start, step } = window;
    const known = this.ranges[text];
    // One window for each query: the latest, which is the incident's, and of those the longest.
    const isLater = !known || start >= known.start + known.size * known.step;
    const isLonger = !known || (size * step >= known.size * known.step && start + size * step > known.start);
    if (isLater || isLonger) {
      const series = answer.series.map(({ labels, values }) => ({
        labels,
        values: [...values].map(rounded),
      }));
      this.ranges[text] = { start, step, size, series };
    }
    return answer;
  }

  async metricNames(candidates: readonly string[], options?: NamesOptions): Promise<Set<string>> {
    const names = await this.source.metricNames(candidates, options);
    for (const name of names) this.names.add(name);
    return names;
  }

  health(options?: AskOptions): Promise<Health> {
    return this.source.health(options);
  }

  close(): void {
    this.source.close();
  }

  /** All that was asked so far, as the content of a recording's file. */
  async file(about: { about: string; alertTime: number; changes: Change[] }): Promise<Buffer> {
    const source = await this.source.health();
    const sortedNames = [...this.names].sort();
    return packRecording({
      format: 'faultline-recording/1',
      ...about,
      recordedAt: Math.round(Date.now() / 1000),
      source,
      range: this.ranges,
      instant: this.instants,
      names: sortedNames,
    });
  }
}

/** Wraps a source so that all that is asked of it can be written to a recording (`file`). */
export function recordingOf(source: MetricsSource): RecordingWriter {
  return new RecordingWriter(source);
}

/** JSON has no infinities: a division by nothing is as good as no sample. */
function rounded(value: number): number | null {
  return Number.isFinite(value) ? Number(value.toPrecision(SIGNIFICANT_DIGITS)) : null;
}

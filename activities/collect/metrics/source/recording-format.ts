import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { z } from 'zod';
import { unixSeconds } from '../../../../model/anomaly.js';
import { change } from '../../../../model/change.js';

/*
 * A recording: all that was asked of a source about one incident, with the answers. gzip over JSON, so that it can be
 * read without this program. Times are unix seconds; null stands for no sample.
 */

const labels = z.record(z.string(), z.string());
const sample = z.number().nullable();

const recordedRange = z.object({
  start: unixSeconds,
  step: z.number().positive(),
  size: z.number().int().nonnegative(),
  series: z.array(z.object({ labels, values: z.array(sample) })),
});

const recordedInstant = z.object({ time: unixSeconds, series: z.array(z.object({ labels, value: sample })) });

export const recording = z.object({
  format: z.literal('faultline-recording/1'),
  /** What is seen here, for people. */
  about: z.string(),
  recordedAt: unixSeconds,
  /** When the alert began; playing a recording at another time moves this moment there. */
  alertTime: unixSeconds,
  /** Name and version of the source that was recorded. */
  source: z.object({ product: z.string(), version: z.string() }),
  /** By query text, white space condensed. */
  range: z.record(z.string(), recordedRange),
  instant: z.record(z.string(), z.array(recordedInstant)),
  /** Metric names that the source had, of those that were asked for. */
  names: z.array(z.string()),
  changes: z.array(change),
});
export type Recording = z.infer<typeof recording>;
export type RecordedRange = z.infer<typeof recordedRange>;

/** Two queries are the same when they differ in white space alone. */
export function recordedQuery(query: string): string {
  return query.trim().replace(/\s+/g, ' ');
}

export async function packRecording(content: Recording): Promise<Buffer> {
  return promisify(gzip)(JSON.stringify(recording.parse(content)), { level: 9 });
}

/** @throws an Error that says in what the file is no recording */
export async function unpackRecording(file: Buffer): Promise<Recording> {
  const text = (await promisify(gunzip)(file)).toString('utf8');
  const parsed = recording.safeParse(JSON.parse(text));
  if (!parsed.success) throw new Error(`not a recording of format 1: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

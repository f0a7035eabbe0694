import { z } from 'zod';
import { unixSeconds } from './anomaly.js';

/**
 * Where one watched series stands between two looks at it. Nothing is firing while `startedAt` is null.
 */
export const episodeState = z.object({
  /** Since when it has been bad without a break; null while it is well. */
  badSince: unixSeconds.nullable(),
  /** Since when it has been well again, while its episode is not over yet. */
  wellSince: unixSeconds.nullable(),
  /** Start of the episode that was raised. */
  startedAt: unixSeconds.nullable(),
  /** End of the episode before, before which no other began. */
  endedAt: unixSeconds.nullable(),
  /** When it was last known how it is. */
  seenAt: unixSeconds,
});
export type EpisodeState = z.infer<typeof episodeState>;

/** What a watch remembers from one run of its schedule to the next: by the labels of a series, where it stands. */
export const watchMemory = z.object({ series: z.record(z.string(), episodeState) });
export type WatchMemory = z.infer<typeof watchMemory>;

/** What one run of a watch came to. */
export interface WatchRound {
  memory: WatchMemory;
  /** For people, a line for each series that is not well. */
  lines: string[];
  watched: number;
  /** Anomalies that began and ended with this run. */
  fired: number;
  cleared: number;
}

import { surveyEstate } from '../../activities/collect/scope/survey.js';
import { loadPacks } from '../../activities/collect/metrics/packs/load.js';
import { openSource } from '../../activities/collect/metrics/source/open.js';
import { readWatched } from '../../activities/watch/read-watched.js';
import type { LoadedConfig } from '../../config/load.js';
import type { MetricsDeps } from './metrics.js';

/** What a watch reads must have been there within this time. */
const LATELY_SECONDS = 300;
const WATCH_TIMEOUT_MS = 10_000;

/** A person waits for it. */
const SURVEY_TIMEOUT_MS = 20_000;

/**
 * The configured source and packs, as a worker would use them for an alert of now.
 * @throws when a pack or the source's file cannot be read
 */
export async function openMetrics({ config }: LoadedConfig): Promise<MetricsDeps> {
  const packs = await loadPacks(config.packs.files);
  return {
    source: await openSource(config.metrics),
    survey: (source) => {
      const signal = AbortSignal.timeout(SURVEY_TIMEOUT_MS);
      return surveyEstate({ source, packs, config }, Math.floor(Date.now() / 1000), { signal });
    },
    watchedSeries: async (source, watch) => {
      const end = Math.floor(Date.now() / 1000);
      const window = { start: end - LATELY_SECONDS, end, step: 15 };
      const signal = AbortSignal.timeout(WATCH_TIMEOUT_MS);
      return (await readWatched({ source, packs, config }, watch, window, { signal })).length;
    },
  };
}

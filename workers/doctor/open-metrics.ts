import { detectPacks } from '../../activities/collect/metrics/packs/detect.js';
import { loadPacks } from '../../activities/collect/metrics/packs/load.js';
import { openSource } from '../../activities/collect/metrics/source/open.js';
import { readWatched } from '../../activities/watch/read-watched.js';
import type { LoadedConfig } from '../../config/load.js';
import type { SignalKind } from '../../model/series.js';
import type { MetricsDeps } from './metrics.js';

/** What a watch reads must have been there within this time. */
const LATELY_SECONDS = 300;
const WATCH_TIMEOUT_MS = 10_000;

/** What tells of requests; whether targets are up (`availability`) is known of everything that is scraped. */
const REQUEST_SIGNALS: ReadonlySet<SignalKind> = new Set(['latency', 'errors', 'traffic']);

/**
 * The configured source and packs, as a worker would use them for an alert of now.
 * @throws when a pack or the source's file cannot be read
 */
export async function openMetrics({ config }: LoadedConfig): Promise<MetricsDeps> {
  const packs = await loadPacks(config.packs.files);
  return {
    source: await openSource(config.metrics),
    matchingPacks: async (source) => {
      const now = Date.now() / 1000;
      const window = { start: now - config.diagnosis.baselineSeconds, end: now };
      const limits = { signal: new AbortController().signal, canRetry: () => true };
      const { bindings } = await detectPacks(source, packs, { ...limits, use: config.packs.use, window });
      const names = new Set(bindings.map(({ pack }) => pack));
      return packs
        .filter(({ name }) => names.has(name))
        .map(({ name, signals }) => ({
          name,
          readsRequests: signals.some(
            ({ family, signal }) => family === 'golden' && REQUEST_SIGNALS.has(signal),
          ),
        }));
    },
    watchedSeries: async (source, watch) => {
      const end = Math.floor(Date.now() / 1000);
      const window = { start: end - LATELY_SECONDS, end, step: 15 };
      const signal = AbortSignal.timeout(WATCH_TIMEOUT_MS);
      return (await readWatched({ source, packs, config }, watch, window, { signal })).length;
    },
  };
}

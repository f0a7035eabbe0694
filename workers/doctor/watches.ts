import type { Watch } from '../../config/watches.js';
import { failed, ok, reasonOf, warning, type Finding, type Told } from './finding.js';
import type { MetricsDeps } from './metrics.js';

/** Whether what the watches read is there. */
export async function examineWatches(
  watches: readonly Watch[],
  { source, watchedSeries }: MetricsDeps,
): Promise<Finding[]> {
  return Promise.all(
    watches.map(async (watch, index): Promise<Finding> => {
      const state = await seen(() => watchedSeries(source, watch), `watches[${index}].of`);
      return { area: 'watches', subject: `watch '${watch.name}'`, ...state };
    }),
  );
}

async function seen(count: () => Promise<number>, setting: string): Promise<Told> {
  try {
    const series = await count();
    if (series > 0) return ok(`reads ${series} series`);
    return warning('reads no series', `check ${setting}, and that the source has these metrics`);
  } catch (error) {
    return failed(reasonOf(error), `check ${setting}`);
  }
}

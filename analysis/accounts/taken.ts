import type { SignalKind } from '../../model/series.js';
import type { CallGraph } from '../graph/call-graph.js';
import type { Baseline } from '../series/baseline.js';
import type { Grid } from '../series/grid.js';
import { ACCOUNTS } from '../weights.js';
import { during, spreadOfMeans, type Moments } from './losses.js';

/** Resources that add up over services: who takes more of them is asked in cores and bytes. */
export const TAKEN = ['cpu', 'memory', 'disk'] as const satisfies readonly SignalKind[];
export type Taken = (typeof TAKEN)[number];

/**
 * For each resource, the share of each service in all that was taken more than before; small where that is little
 * beside what the whole system uses. Only series of one unit are compared: the one that most services have.
 */
export function takenOf(
  baselines: Baseline[],
  graph: CallGraph,
  grid: Grid,
  moments: Moments,
): Map<Taken, Float64Array> {
  return new Map(
    TAKEN.map((signal) => {
      const ofSignal = baselines.filter(
        ({ series }) => series.signal === signal && series.subject.kind === 'service' && series.unit !== '1',
      );
      const counts = new Map<string, number>();
      for (const { series } of ofSignal) {
        const name = `${series.name} ${series.unit}`;
        counts.set(name, (counts.get(name) ?? 0) + 1);
      }
      const [most] = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
      const rises = new Float64Array(graph.names.length);
      let use = 0;
      for (const level of ofSignal) {
        const { series, centre } = level;
        if (most === undefined || `${series.name} ${series.unit}` !== most[0]) continue;
        const index =
          series.subject.kind === 'service' ? graph.indexOf.get(series.subject.service) : undefined;
        const after = during(level, moments);
        if (index === undefined || after === null) continue;
        use += Math.max(0, centre);
        const rise = after - centre;
        const isReal =
          level.baselineEnd > 0 &&
          rise > ACCOUNTS.leastRise * centre &&
          rise > ACCOUNTS.realTaken * spreadOfMeans(level, moments.bins.length, grid);
        if (isReal) rises[index] = Math.max(rises[index]!, rise);
      }
      const total = rises.reduce((sum, one) => sum + one, 0);
      const matters = total <= 0 ? 0 : Math.min(1, total / (ACCOUNTS.materialTaken * Math.max(use, 1e-12)));
      return [signal, rises.map((one) => (total <= 0 ? 0 : (matters * one) / total))];
    }),
  );
}

import { quantity } from '../../model/wording.js';
import type { Facts } from '../facts.js';
import type { Grid } from '../series/grid.js';
import type { Baseline } from '../series/baseline.js';
import { RANK } from '../weights.js';
import { finding, type Finding } from './finding.js';

/**
 * Processes that died of memory: it grew and grew, and then the process was gone or another stood in its place. It
 * is measured against the calm, since memory fills up before it hurts. The CPU that was burned on the way is the
 * search for free memory.
 */
export function exhaustionEvidence({ input, graph, baselines, grid }: Facts): Finding[] {
  const restarted = new Set(
    input.changes
      .filter(({ kind, time }) => kind === 'restart' && time >= grid.start + grid.incidentStart * grid.width)
      .map(({ service }) => service),
  );
  return baselines.flatMap((level) => {
    const { series } = level;
    if (series.signal !== 'memory' || series.subject.kind !== 'service') return [];
    const name = series.subject.service;
    const service = graph.indexOf.get(name);
    const peak = peakBeforeEnd(level, grid, restarted.has(name));
    if (service === undefined || peak === null) return [];
    const weight = RANK.exhausted;
    return [
      finding(service, {
        observation: `end of a process of ${name}`,
        kind: 'resource',
        weight,
        series,
        statement: `${series.name} of ${name} rose from ${quantity(level.centre, series.unit)} to ${quantity(peak, series.unit)} until its process ended.`,
        kinds: [
          ['memory', 2 * weight],
          ['cpu', -weight],
          ['dependency-down', -weight],
        ],
      }),
    ];
  });
}

/** The highest value that a metric of the watch climbed to before it ended or fell back; null when it did not. */
function peakBeforeEnd(
  { deviations, centre, scale }: Baseline,
  grid: Grid,
  restarted: boolean,
): number | null {
  for (let bin = grid.incidentStart; bin < grid.bins - 1; bin += 1) {
    const height = deviations[bin]! * scale;
    if (!(deviations[bin]! >= RANK.exhaustedSigmas && height >= RANK.exhaustedGrowth * centre)) continue;
    const next = deviations[bin + 1]!;
    const climbed = deviations[bin - 1]! < deviations[bin]! || deviations[bin - 2]! < deviations[bin]!;
    const ended = Number.isNaN(next) || (restarted && next < deviations[bin]! / 2);
    if (climbed && ended && comesBackOrIsGone(deviations, bin + 1)) return centre + height;
  }
  return null;
}

/** A gap after which the metric stands lower, or none after all: one sample that was missed is no end. */
function comesBackOrIsGone(deviations: Float64Array, from: number): boolean {
  const after = deviations.subarray(from).find((deviation) => !Number.isNaN(deviation));
  return after === undefined || after < deviations[from - 1]! * RANK.fallenBack;
}

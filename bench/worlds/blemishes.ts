import type { Column } from './monitor.js';
import type { Random } from './random.js';

/** What monitoring gets wrong: samples that are missing or late, and a metric that always says 0. */
export function blemish(random: Random, columns: Column[]): void {
  const lost = random.pick([0, 0.002, 0.01, 0.03]);
  for (const { values } of columns)
    for (let row = 0; row < values.length; row += 1) if (random.chance(lost)) values[row] = NaN;
  const entities = [...new Set(columns.map(({ entity }) => entity))];
  if (random.chance(0.3)) {
    // A slow exporter: what it says belongs to the sample before.
    const late = new Set(random.some(entities, random.whole(1, 3)));
    for (const { entity, values } of columns) if (late.has(entity)) values.copyWithin(1, 0);
  }
  if (random.chance(0.3)) {
    const behind = new Set(random.some(entities, random.whole(1, 4)));
    for (const { entity, values } of columns) if (behind.has(entity)) values[values.length - 1] = NaN;
  }
  const dull = columns.filter(({ metric }) => /disk|mem|error/u.test(metric));
  if (dull.length > 0 && random.chance(0.5)) random.pick(dull).values.fill(0);
}

import type { Random } from './random.js';

/**
 * Load from outside as a factor on that of the busiest hour, by tick: part of the wave of a day, a first-order autoregression around
 * it, and small bursts. `growth` is what it gains from `from` to the end.
 */
export function drawLoad(
  random: Random,
  ticks: number,
  tickSeconds: number,
  growth: { from: number; factor: number } | null = null,
): Float64Array {
  const day = 86400;
  const phase = random.between(0, day);
  const depth = random.between(0.1, 0.4);
  const memory = Math.exp(-tickSeconds / random.logBetween(30, 300));
  const spread = random.between(0.02, 0.1);
  const wave = (tick: number): number =>
    1 + depth * Math.sin((2 * Math.PI * (phase + tick * tickSeconds)) / day);
  // Systems are provisioned for their busiest hour, so that is the unit.
  let peak = 0;
  for (let tick = 0; tick < ticks; tick += 1) peak = Math.max(peak, wave(tick));
  const level = 1 / peak;
  const burstsPerTick = tickSeconds / random.logBetween(300, 3000);
  const load = new Float64Array(ticks);
  let noise = 0;
  let burst = 0;
  for (let tick = 0; tick < ticks; tick += 1) {
    noise = memory * noise + Math.sqrt(1 - memory ** 2) * spread * random.normal();
    burst *= Math.exp(-tickSeconds / 20);
    if (random.chance(burstsPerTick)) burst += random.between(0.1, 0.4);
    const grown =
      growth === null || tick < growth.from
        ? 0
        : (growth.factor * (tick - growth.from)) / (ticks - growth.from);
    load[tick] = Math.max(0.05, level * wave(tick) * (1 + noise + burst) * (1 + grown));
  }
  return load;
}

/** A seeded source of chance. The same seed gives the same numbers on every machine. */
export interface Random {
  /** In [0, 1). */
  next(): number;
  between(from: number, to: number): number;
  /** Both ends included. */
  whole(from: number, to: number): number;
  /** Even on a logarithmic scale. */
  logBetween(from: number, to: number): number;
  chance(probability: number): boolean;
  pick<T>(from: readonly T[]): T;
  /** `count` different ones, or all when there are fewer. */
  some<T>(from: readonly T[], count: number): T[];
  /** Standard normal. */
  normal(): number;
  /** Of median 1. */
  logNormal(sigma: number): number;
  /** Exponential with mean 1: the wait for the next arrival of a Poisson process of rate 1. */
  exponential(): number;
  poisson(mean: number): number;
  /** Seed of a source of its own. */
  seed(): number;
  /** A source of its own, so that drawing more here does not change what is drawn there. */
  fork(): Random;
}

/** Mulberry32 behind every number; the normal deviates are by Box and Muller (1958), both of each pair used. */
export function randomOf(seed: number): Random {
  let state = (Math.imul(seed, 0x9e3779b1) ^ 0x5bd1e995) >>> 0;
  let spare: number | null = null;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const normal = (): number => {
    if (spare !== null) {
      const value = spare;
      spare = null;
      return value;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - next()));
    const angle = 2 * Math.PI * next();
    spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };
  const whole = (from: number, to: number): number => from + Math.floor(next() * (to - from + 1));
  const poisson = (mean: number): number => {
    if (mean > 50) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal()));
    const floor = Math.exp(-mean);
    let count = 0;
    for (let product = next(); product > floor; product *= next()) count += 1;
    return count;
  };
  const some = <T>(from: readonly T[], count: number): T[] => {
    const left = [...from];
    const taken: T[] = [];
    while (taken.length < count && left.length > 0) taken.push(...left.splice(whole(0, left.length - 1), 1));
    return taken;
  };
  const drawSeed = (): number => Math.floor(next() * 2 ** 32);
  return {
    next,
    between: (from, to) => from + (to - from) * next(),
    whole,
    logBetween: (from, to) => from * (to / from) ** next(),
    chance: (probability) => next() < probability,
    pick: (from) => from[whole(0, from.length - 1)]!,
    some,
    normal,
    logNormal: (sigma) => Math.exp(sigma * normal()),
    exponential: () => -Math.log(1 - next()),
    poisson,
    seed: drawSeed,
    fork: () => randomOf(drawSeed()),
  };
}

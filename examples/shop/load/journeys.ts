import { setTimeout as sleep } from 'node:timers/promises';

export interface Step {
  method: 'GET' | 'POST';
  path: string;
}

const list: Step = { method: 'GET', path: '/products' };
const product: Step = { method: 'GET', path: '/products/7' };
const addToCart: Step = { method: 'POST', path: '/cart' };
const checkout: Step = { method: 'POST', path: '/checkout' };

/** What customers do, and how often (shares sum to 1). */
export const JOURNEYS = [
  { name: 'browse', share: 0.6, steps: [list, product] },
  { name: 'cart', share: 0.25, steps: [product, addToCart] },
  { name: 'checkout', share: 0.15, steps: [product, addToCart, checkout] },
];

/** Mean requests of a journey that goes through. */
export const REQUESTS_PER_JOURNEY = JOURNEYS.reduce((sum, { share, steps }) => sum + share * steps.length, 0);

export function pickJourney(random: () => number): Step[] {
  let left = random();
  const picked = JOURNEYS.find(({ share }) => (left -= share) < 0) ?? JOURNEYS[0]!;
  return picked.steps;
}

/** Numbers in [0, 1) that depend on the seed alone: a linear congruential generator (Knuth's MMIX constants). */
export function seededRandom(seed: number): () => number {
  let state = BigInt.asUintN(64, BigInt(seed));
  return () => {
    state = BigInt.asUintN(64, state * 6364136223846793005n + 1442695040888963407n);
    return Number(state >> 11n) / 2 ** 53;
  };
}

const TICK_MS = 20;
/** Share of a gap between two arrivals by which it may be shorter or longer. */
const JITTER = 0.4;

/** Yields, every few milliseconds, how many arrivals are due at `rate()` per second, with mild jitter. */
export async function* arrivals(rate: () => number, random: () => number): AsyncGenerator<number> {
  let clock = performance.now();
  let budget = 0;
  let threshold = 1;
  for (;;) {
    await sleep(TICK_MS);
    const now = performance.now();
    budget += ((now - clock) / 1000) * rate();
    clock = now;
    let due = 0;
    while (budget >= threshold) {
      budget -= threshold;
      threshold = 1 + JITTER * (2 * random() - 1);
      due++;
    }
    yield due;
  }
}

import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'tarn';
import type { Operation } from '../topology.js';

/** Requests that may wait for a slot before more are turned away. */
const LONGEST_LINE = 60;
/** Spread of the waiting part of the work: a lognormal with this sigma, so that a few are slow. */
const WAIT_SIGMA = 0.35;

/** Uses the CPU for so many milliseconds. */
export function burn(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end) Math.sqrt(end);
}

const gaussian = (): number =>
  Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());

/** The own work of a service: a few slots, a line before them, and no more than that. */
export class Workbench {
  private readonly slots: Pool<object>;

  constructor(slots: number) {
    this.slots = new Pool<object>({
      min: slots,
      max: slots,
      acquireTimeoutMillis: 10_000,
      create: () => Promise.resolve({}),
      destroy: () => undefined,
    });
  }

  /** @returns false when the line is too long and the request must be turned away. */
  async work({ cpuMs, waitMs }: Operation['work']): Promise<boolean> {
    if (this.slots.numPendingAcquires() >= LONGEST_LINE) return false;
    const slot = await this.slots.acquire().promise;
    try {
      burn(cpuMs);
      await sleep(waitMs * Math.exp(WAIT_SIGMA * gaussian()));
      return true;
    } finally {
      this.slots.release(slot);
    }
  }
}

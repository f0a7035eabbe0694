import type { World } from './topology.js';

/** What the world carries from one tick to the next. By service, but for `failures` and `volume`: by call. */
export interface State {
  /** Requests per second, smoothed. */
  arrivals: Float64Array;
  /** Processor seconds per second that requests ask for, smoothed, and those not yet done. */
  work: Float64Array;
  backlog: Float64Array;
  /** Seconds that a request holds a worker, and the pool of its callee connections, smoothed. */
  hold: Float64Array;
  poolHold: Float64Array;
  /** Requests that wait for a worker and for a connection beyond what chance explains. */
  queued: Float64Array;
  poolQueued: Float64Array;
  disk: Float64Array;
  cache: Float64Array;
  failures: Float64Array;
  volume: Float64Array;
}

export function freshState(world: World): State {
  const list = (length: number): Float64Array => new Float64Array(length);
  const services = world.services.length;
  const state: State = {
    arrivals: list(services),
    work: list(services),
    backlog: list(services),
    hold: list(services),
    poolHold: list(services),
    queued: list(services),
    poolQueued: list(services),
    disk: list(services),
    cache: list(services),
    failures: list(world.calls.length),
    volume: list(world.calls.length),
  };
  for (const { index, cpuTime, ioTime } of world.services) {
    state.arrivals[index] = world.rate * world.weight * world.visits[index]!;
    state.work[index] = state.arrivals[index] * cpuTime;
    state.hold[index] = cpuTime + ioTime;
  }
  return state;
}

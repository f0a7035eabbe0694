/**
 * What bends the world in one tick: faults and nuisances write it, the engine reads it. Each list is by service.
 */
export interface Effects {
  /** Cores that something else in the container burns. */
  hog: Float64Array;
  /** Cores burnt beyond the limit of the container, at the cost of the host. */
  hostHog: Float64Array;
  /** Share of the host's cores that something unseen burns. */
  stranger: Float64Array;
  /** Factor on the processor time of a request. */
  slow: Float64Array;
  /** Seconds that a request sleeps. */
  sleep: Float64Array;
  /** Seconds that each message out of the container is held back. */
  delay: Float64Array;
  /** Share of the packets out of the container that is lost. */
  loss: Float64Array;
  /** Chance that a request fails by itself. */
  failing: Float64Array;
  down: Uint8Array;
  /** Factors on workers, on connections to stores, and on how often stores are called. */
  workers: Float64Array;
  pool: Float64Array;
  repeats: Float64Array;
  /** Sockets and threads that are open and do nothing. */
  leaked: Float64Array;
  /** Bytes more than usual. */
  memory: Float64Array;
  /** Share of the time that the disk is busy with something else. */
  disk: Float64Array;
  /** The longest that the service waits for its callees, seconds. */
  patience: Float64Array;
  /** Factor on the load from outside. */
  load: number;
}

export function quiet(services: number): Effects {
  const list = (value: number): Float64Array => new Float64Array(services).fill(value);
  return {
    hog: list(0),
    hostHog: list(0),
    stranger: list(0),
    slow: list(1),
    sleep: list(0),
    delay: list(0),
    loss: list(0),
    failing: list(0),
    down: new Uint8Array(services),
    workers: list(1),
    pool: list(1),
    repeats: list(1),
    leaked: list(0),
    memory: list(0),
    disk: list(0),
    patience: list(Infinity),
    load: 1,
  };
}

/** Back to `quiet`, without making it anew. */
export function hush(effects: Effects): void {
  for (const list of [
    effects.hog,
    effects.hostHog,
    effects.stranger,
    effects.sleep,
    effects.delay,
    effects.loss,
    effects.failing,
    effects.down,
    effects.leaked,
    effects.memory,
    effects.disk,
  ])
    list.fill(0);
  for (const list of [effects.slow, effects.workers, effects.pool, effects.repeats]) list.fill(1);
  effects.patience.fill(Infinity);
  effects.load = 1;
}

/** Writes what happens at `time`, seconds since the world began. */
export type Influence = (effects: Effects, time: number) => void;

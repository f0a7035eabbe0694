import type { Random } from './random.js';
import { drawNames } from './names.js';

export type ServiceKind = 'front' | 'service' | 'store' | 'external';

/** A service, or what stands for one: a store, a provider outside. Times in seconds, memory in bytes. */
export interface Service {
  index: number;
  name: string;
  kind: ServiceKind;
  layer: number;
  host: number;
  /** Processor time of a request, median, and its spread. */
  cpuTime: number;
  sigma: number;
  /** Time of a request that waits for a disk, or for the answer of a machine outside. */
  ioTime: number;
  /** Cores that the container may use. */
  cpuLimit: number;
  idleCpu: number;
  /** Requests that are served at once; the others queue. */
  workers: number;
  /** Connections to the stores below, shared by all requests. */
  pool: number;
  memoryBase: number;
  memoryLimit: number;
  errorRate: number;
  calls: Call[];
}

/** A way from a caller to a callee. */
export interface Call {
  /** Position among all calls of the world. */
  edge: number;
  from: number;
  to: number;
  /** Chance that a request of each type makes this call. */
  shares: number[];
  /** Calls of equal step are made at once, others one after another. */
  step: number;
  times: number;
  timeout: number;
  retries: number;
  /** The caller lives without the answer. */
  fallback: boolean;
  breaker: boolean;
  packets: number;
}

/** A system: who calls whom, on which hosts, with which means. */
export interface World {
  services: Service[];
  calls: Call[];
  front: Service;
  /** How requests divide into types. */
  types: number[];
  hosts: number;
  hostCores: number;
  /** Seconds there and back between any two. */
  roundTrip: number;
  /** Requests per second from outside on a mean day, as simulated. */
  rate: number;
  /** Requests that each simulated one stands for. */
  weight: number;
  /** Visits of each service by a request of mean type. */
  visits: number[];
}

export interface Scale {
  rate: number;
  weight: number;
  /** Most visits that a request may make in all. */
  visits: number;
  external: boolean;
}

/** Draws a system of a front, layers of services and what they keep their data in. */
export function drawWorld(random: Random, scale: Scale): World {
  const size = Math.round(random.logBetween(6, 40));
  const layers = Math.min(size - 3, random.whole(size < 10 ? 1 : 2, size < 14 ? 3 : 4));
  const stores = Math.max(1, Math.round(size * random.between(0.15, 0.35)));
  const external = scale.external ? random.whole(1, 2) : 0;
  const total = size + external;
  const names = drawNames(random, { services: size - 1 - stores, stores, external });
  const hosts = Math.max(2, Math.round(size / random.between(3, 6)));
  const services = names.map(({ name, kind }, index) => {
    const middle = size - 1 - stores;
    const layer =
      kind === 'front'
        ? 0
        : kind === 'service'
          ? 1 + Math.floor(((index - 1) * layers) / middle)
          : layers + 1;
    return drawService(random, { index, name, kind, layer, host: random.whole(0, hosts - 1) });
  });
  const types = normalised(Array.from({ length: random.whole(2, 5) }, () => random.logBetween(0.1, 1)));
  const calls = drawCalls(random, services.slice(0, total), types.length);
  const world: World = {
    services,
    calls,
    front: services[0]!,
    types,
    hosts,
    hostCores: 0,
    roundTrip: random.logBetween(0.0002, 0.002),
    rate: scale.rate,
    weight: scale.weight,
    visits: [],
  };
  world.visits = visitsOf(world);
  thin(world, scale.visits);
  provision(random, world);
  return world;
}

function drawService(
  random: Random,
  given: Pick<Service, 'index' | 'name' | 'kind' | 'layer' | 'host'>,
): Service {
  const store = given.kind === 'store';
  return {
    ...given,
    cpuTime: store ? random.logBetween(0.0005, 0.004) : random.logBetween(0.001, 0.02),
    sigma: random.between(0.15, 0.6),
    ioTime:
      given.kind === 'external'
        ? random.logBetween(0.03, 0.25)
        : store
          ? random.logBetween(0.0005, 0.008)
          : random.chance(0.3)
            ? random.logBetween(0.0003, 0.004)
            : 0,
    cpuLimit: 1,
    idleCpu: random.logBetween(0.002, 0.03),
    workers: 8,
    pool: 8,
    memoryBase: random.logBetween(3e7, store ? 2e9 : 6e8),
    memoryLimit: 0,
    errorRate: random.chance(0.4) ? 0 : random.logBetween(1e-5, 4e-3),
    calls: [],
  };
}

/** Every service is called by somebody of a layer above; some by several. */
function drawCalls(random: Random, services: Service[], types: number): Call[] {
  const calls: Call[] = [];
  const connect = (from: Service, to: Service): void => {
    if (from === to || from.calls.some((call) => call.to === to.index)) return;
    const data = to.kind === 'store';
    const call: Call = {
      edge: calls.length,
      from: from.index,
      to: to.index,
      shares: Array.from({ length: types }, (): number => (random.chance(0.6) ? random.between(0.3, 1) : 0)),
      step: from.calls.length,
      times: data ? random.pick([1, 1, 1, 2, 3]) : 1,
      timeout: to.kind === 'external' ? random.between(1, 5) : random.pick([0.5, 1, 1, 2, 3, 5]),
      retries: random.pick([0, 0, 1, 2]),
      fallback: random.chance(data ? 0.05 : 0.15),
      breaker: random.chance(0.2),
      packets: random.whole(1, 6),
    };
    // A rare endpoint.
    if (!call.shares.some((share) => share > 0))
      call.shares[random.whole(0, types - 1)] = random.pick([0.1, 1]);
    // Not the first call, on which others may depend: made along with the one before.
    if (from.calls.length > 0 && random.chance(0.3)) call.step = from.calls.at(-1)!.step;
    calls.push(call);
    from.calls.push(call);
  };
  const callersOf = (service: Service): Service[] => {
    const above = services.filter(
      ({ kind, layer }) => (kind === 'front' || kind === 'service') && layer < service.layer,
    );
    const near = above.filter(({ layer }) => layer === service.layer - 1);
    return near.length > 0 && random.chance(0.8) ? near : above;
  };
  for (const service of services.slice(1)) {
    const many = service.kind === 'store' ? random.pick([1, 1, 2, 3]) : random.pick([1, 1, 1, 2, 3]);
    for (const caller of random.some(callersOf(service), many)) connect(caller, service);
  }
  return calls;
}

/** Mean visits of each service by one request from outside, without retries. */
function visitsOf({ services, types }: World): number[] {
  const visits = services.map(() => 0);
  types.forEach((portion, type) => {
    const ofType = services.map(() => 0);
    ofType[0] = portion;
    // Calls lead from a layer to one below, and services stand in the order of their layers.
    for (const service of services)
      for (const call of service.calls)
        ofType[call.to] = ofType[call.to]! + ofType[service.index]! * call.shares[type]! * call.times;
    ofType.forEach((count, index) => (visits[index] = visits[index]! + count));
  });
  return visits;
}

/** Takes calls of the busiest ways away until a request makes no more visits than asked. */
function thin(world: World, most: number): void {
  for (let round = 0; round < 60; round += 1) {
    const sum = world.visits.reduce((total, count) => total + count, 0);
    if (sum <= most) return;
    for (const call of world.calls) {
      if (world.visits[call.to]! < 1.2) continue;
      call.times = 1;
      call.shares = call.shares.map((share) => share * 0.8);
    }
    world.visits = visitsOf(world);
  }
}

/** Gives every service the means for its usual load, with more or less to spare. */
function provision(random: Random, world: World): void {
  const latency: number[] = [];
  const demands = Array.from({ length: world.hosts }, () => 0);
  for (const service of [...world.services].reverse()) {
    const { index, calls } = service;
    const own = service.cpuTime * 1.4 + service.ioTime;
    const below = calls.reduce(
      (sum, { to, shares, times }) => sum + meanOf(shares) * times * (latency[to]! + world.roundTrip),
      0,
    );
    latency[index] = own + below;
    const arrivals = world.rate * world.weight * world.visits[index]!;
    service.cpuLimit = Math.max(0.1, (arrivals * service.cpuTime * 1.1) / random.between(0.12, 0.6));
    service.workers = Math.max(4, Math.ceil((arrivals * latency[index]) / random.between(0.05, 0.4)));
    const stored = calls.filter(({ to }) => world.services[to]!.kind === 'store');
    const held = stored.reduce(
      (sum, { to, shares, times }) => sum + meanOf(shares) * times * latency[to]!,
      0,
    );
    service.pool = Math.max(3, Math.ceil((arrivals * held) / random.between(0.05, 0.4)));
    service.memoryLimit = service.memoryBase * random.between(1.6, 4);
    if (service.kind !== 'external')
      demands[service.host] = demands[service.host]! + arrivals * service.cpuTime * 1.1 + service.idleCpu;
  }
  world.hostCores = Math.max(1, Math.max(...demands) / random.between(0.35, 0.7));
}

function normalised(values: number[]): number[] {
  const sum = values.reduce((total, value) => total + value, 0);
  return values.map((value) => value / sum);
}

function meanOf(values: number[]): number {
  return values.reduce((total, value) => total + value, 0) / values.length;
}

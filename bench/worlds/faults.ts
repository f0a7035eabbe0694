import type { Influence } from './effects.js';
import type { Random } from './random.js';
import type { Service, World } from './topology.js';

/** What a fault type does, and to whom. */
export interface FaultType {
  name: string;
  at(service: Service, world: World): boolean;
  /** `severity` from 0 (faint) to 1; `strength` rises from 0 to 1 with the onset and `since` is in seconds. */
  make(random: Random, service: Service, severity: number, world: World): Bend;
  /** Who counts as the culprit, when it is not the service alone. */
  culprits?(service: Service, world: World): Service[];
}
type Bend = (effects: Parameters<Influence>[0], strength: number, since: number) => void;

export interface Fault {
  type: string;
  service: Service;
  /** Any of them is a right answer; none where all suffer alike. */
  culprits: Service[];
  /** Seconds since the world began. */
  onset: number;
  severity: number;
  rampSeconds: number;
  influence: Influence;
}

const runs = ({ kind }: Service): boolean => kind !== 'external';
const code = ({ kind }: Service): boolean => kind === 'front' || kind === 'service';
const callsStores = ({ kind, calls }: Service, { services }: World): boolean =>
  kind !== 'store' && calls.some(({ to }) => services[to]!.kind === 'store');
/** Between the ends on a logarithmic scale. */
const graded = (severity: number, faint: number, clear: number): number =>
  faint * (clear / faint) ** severity;

export const FAULT_TYPES: FaultType[] = [
  {
    // Competes with the service for the quota of its container, which throttles both.
    name: 'cpu-hog',
    at: runs,
    make: (_, { index, cpuLimit }, severity) => {
      const cores = cpuLimit * graded(severity, 0.6, 4);
      return (effects, strength) => (effects.hog[index] = effects.hog[index]! + cores * strength);
    },
  },
  {
    // Grows to the limit, slows the service down by collecting garbage, is killed, starts again.
    name: 'memory-leak',
    at: runs,
    make: (random, { index, memoryBase, memoryLimit, cpuLimit }, severity) => {
      const room = memoryLimit - memoryBase * 1.15;
      const secondsToFull = 1 / graded(severity, 1 / 240, 1 / 30);
      const restart = random.between(5, 30);
      return (effects, _, since) => {
        const within = since % (secondsToFull + restart);
        const full = within / secondsToFull;
        if (full >= 1) effects.down[index] = 1;
        else {
          effects.memory[index] = effects.memory[index]! + room * full;
          effects.hog[index] = effects.hog[index]! + cpuLimit * 3 * Math.max(0, full - 0.75);
        }
      };
    },
  },
  {
    // Leaves no page cache and little heap: more collections, more reads from disk, some swapping.
    name: 'memory-hog',
    at: runs,
    make: (random, { index, memoryBase, memoryLimit, cpuLimit }, severity) => {
      const share = random.between(0.85, 0.97);
      const slower = graded(severity, 1.5, 12) - 1;
      return (effects, strength) => {
        effects.memory[index] =
          effects.memory[index]! + strength * Math.max(0, share * memoryLimit - memoryBase * 1.1);
        effects.slow[index] = effects.slow[index]! * (1 + 0.5 * slower * strength);
        effects.hog[index] = effects.hog[index]! + cpuLimit * 0.2 * strength;
        effects.sleep[index] = effects.sleep[index]! + 0.004 * slower * strength;
        effects.disk[index] = effects.disk[index]! + 0.3 * strength;
      };
    },
  },
  {
    name: 'disk-stress',
    at: (service) => runs(service) && service.ioTime > 0,
    make: (_, { index }, severity) => {
      const busy = 1 - 1 / graded(severity, 4, 100);
      return (effects, strength) => (effects.disk[index] = effects.disk[index]! + busy * strength);
    },
  },
  {
    name: 'network-delay',
    at: runs,
    make: (_, { index }, severity) => {
      const seconds = graded(severity, 0.01, 0.6);
      return (effects, strength) => (effects.delay[index] = effects.delay[index]! + seconds * strength);
    },
  },
  {
    name: 'packet-loss',
    at: runs,
    make: (_, { index }, severity) => {
      const share = graded(severity, 0.01, 0.3);
      return (effects, strength) => (effects.loss[index] = effects.loss[index]! + share * strength);
    },
  },
  {
    // Connections to the stores that are never given back: requests wait for one of the few left.
    name: 'connection-pool-exhaustion',
    at: callsStores,
    make: (_, { index, pool }, severity) => {
      const left = graded(severity, 0.25, 0.02);
      return (effects, strength) => {
        effects.pool[index] = effects.pool[index]! * (1 - (1 - left) * strength);
        effects.leaked[index] = effects.leaked[index]! + pool * (1 - left) * strength;
      };
    },
  },
  {
    // Threads that hang, with their sockets: fewer are left to serve, and the accept queue fills.
    name: 'thread-and-socket-exhaustion',
    at: code,
    make: (_, { index, workers }, severity) => {
      const left = graded(severity, 0.25, 0.02);
      return (effects, strength) => {
        effects.workers[index] = effects.workers[index]! * (1 - (1 - left) * strength);
        effects.leaked[index] = effects.leaked[index]! + workers * (1 - left) * strength;
      };
    },
  },
  {
    // Killed for good, or up again for some seconds and down again.
    name: 'service-down',
    at: (service) => runs(service) && service.kind !== 'front',
    make: (random, { index }, severity) => {
      const loops = severity < 0.5;
      const up = random.between(5, 40);
      const down = random.between(10, 60);
      return (effects, _, since) => {
        if (!loops || since % (up + down) < down) effects.down[index] = 1;
      };
    },
  },
  {
    name: 'code-bug',
    at: code,
    make: (_, { index }, severity) => {
      const share = graded(severity, 0.01, 0.6);
      return (effects, strength) => (effects.failing[index] = effects.failing[index]! + share * strength);
    },
  },
  {
    // More work for the same answer, or a store asked once per row.
    name: 'slow-code',
    at: code,
    make: (random, { index, calls }, severity) => {
      const factor = graded(severity, 1.6, 12);
      const repeats = calls.length > 0 && random.chance(0.35);
      return (effects, strength) => {
        const list = repeats ? effects.repeats : effects.slow;
        list[index] = list[index]! * (1 + (factor - 1) * strength);
      };
    },
  },
  {
    // Too few workers, or no patience with callees.
    name: 'bad-config',
    at: (service) => code(service) && service.calls.length > 0,
    make: (random, { index }, severity) => {
      const impatient = random.chance(0.5);
      const left = graded(severity, 0.3, 0.03);
      const patience = graded(severity, 0.1, 0.004);
      return (effects) => {
        if (impatient) effects.patience[index] = patience;
        else effects.workers[index] = effects.workers[index]! * left;
      };
    },
  },
  {
    name: 'traffic-surge',
    at: ({ kind }) => kind === 'front',
    make: (_, __, severity) => {
      const more = graded(severity, 0.8, 5);
      return (effects, strength) => (effects.load *= 1 + more * strength);
    },
  },
  {
    // A tenant without a limit takes the host from its neighbours.
    name: 'noisy-neighbour',
    at: (service, { services }) =>
      code(service) &&
      service.kind !== 'front' &&
      services.some(
        ({ index, host, kind }) => index !== service.index && host === service.host && kind !== 'external',
      ),
    make: (_, { index }, severity) => {
      const hosts = graded(severity, 0.6, 4);
      return (effects, strength) => (effects.hostHog[index] = effects.hostHog[index]! + hosts * strength);
    },
  },
  {
    name: 'external-provider-slow',
    at: ({ kind }) => kind === 'external',
    make: (_, { index }, severity) => {
      const factor = graded(severity, 1.8, 20);
      return (effects, strength) =>
        (effects.slow[index] = effects.slow[index]! * (1 + (factor - 1) * strength));
    },
  },
  {
    name: 'external-provider-failing',
    at: ({ kind }) => kind === 'external',
    make: (_, { index }, severity) => {
      const share = graded(severity, 0.02, 0.8);
      return (effects, strength) => (effects.failing[index] = effects.failing[index]! + share * strength);
    },
  },
];

/**
 * Memory that grows from the onset on, and is felt when most of it is gone: after more than half of the time that is
 * seen.
 */
export function slowLeak(afterSeconds: number): FaultType {
  const secondsToFull = 0.9 * afterSeconds;
  return {
    name: 'memory-leak',
    at: code,
    make: (_, { index, memoryBase, memoryLimit, cpuLimit }) => {
      const room = memoryLimit - memoryBase * 1.15;
      return (effects, __, since) => {
        const full = Math.min(1, since / secondsToFull);
        effects.memory[index] = effects.memory[index]! + room * full;
        effects.hog[index] = effects.hog[index]! + cpuLimit * 10 * Math.max(0, full - 0.6);
      };
    },
  };
}

/** Something that nobody measures takes the processors of a host, or of all hosts. */
const starved = (name: string, hostsOf: (service: Service, world: World) => number[]): FaultType => ({
  name,
  at: code,
  make: (_, service, severity, world) => {
    const share = graded(severity, 0.8, 4);
    const ones = hostsOf(service, world).flatMap(
      (host) => world.services.find((one) => one.host === host && runs(one)) ?? [],
    );
    return (effects, strength) => {
      for (const { index } of ones) effects.stranger[index] = effects.stranger[index]! + share * strength;
    };
  },
  culprits: (service, world) => {
    const hosts = hostsOf(service, world);
    return hosts.length === 1 ? world.services.filter((one) => one.host === hosts[0] && runs(one)) : [];
  },
});
export const CPU_STARVED = {
  host: starved('host-starved', ({ host }) => [host]),
  all: starved('all-hosts-starved', (_, { hosts }) => Array.from({ length: hosts }, (__, host) => host)),
};

/** Draws a fault of that type at a service of that world that can have it; null when there is none. */
export function drawFault(
  random: Random,
  world: World,
  type: FaultType,
  onset: number,
  isCulprit: (service: Service, world: World) => boolean = () => true,
): Fault | null {
  const candidates = world.services.filter(
    (service) => type.at(service, world) && world.visits[service.index]! > 0.02 && isCulprit(service, world),
  );
  if (candidates.length === 0) return null;
  const service = random.pick(candidates);
  const severity = random.next();
  const rampSeconds = random.chance(0.3) ? random.between(20, 120) : 0;
  const bend = type.make(random, service, severity, world);
  return {
    type: type.name,
    service,
    culprits: type.culprits?.(service, world) ?? [service],
    onset,
    severity,
    rampSeconds,
    influence: (effects, time) => {
      const since = time - onset;
      if (since < 0) return;
      bend(effects, rampSeconds === 0 ? 1 : Math.min(1, since / rampSeconds), since);
    },
  };
}

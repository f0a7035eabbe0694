import type { Influence } from './effects.js';
import type { Random } from './random.js';
import type { World } from './topology.js';

/** Harmless things that go on in every system, before the fault and during it. */
export function drawNuisances(random: Random, world: World, onset: number, seconds: number): Influence {
  const inside = world.services.filter(({ kind }) => kind !== 'external');
  const several: Influence[] = [];
  const atSome = (most: number, make: (index: number) => Influence): void => {
    for (const { index } of random.some(inside, random.whole(1, most))) several.push(make(index));
  };
  atSome(2, (index) => cronJob(random, world, index));
  atSome(2, (index) => jitter(random, index, seconds));
  atSome(3, (index) => memoryDrift(random, world, index));
  if (random.chance(0.6)) several.push(blip(random, random.pick(inside.slice(1)).index, onset));
  return (effects, time) => {
    for (const influence of several) influence(effects, time);
  };
}

/** Burns a part of the container's cores for some seconds every so often. */
function cronJob(random: Random, world: World, index: number): Influence {
  const period = random.pick([60, 120, 300, 600, 900]);
  const length = random.between(3, 0.2 * period);
  const offset = random.between(0, period);
  const cores = world.services[index]!.cpuLimit * random.between(0.1, 0.4);
  return (effects, time) => {
    if ((time + offset) % period < length) effects.hog[index] = effects.hog[index]! + cores;
  };
}

/** Short spells of slow work, as of garbage collection or a cold cache. Drawn ahead, so that time may be run again. */
function jitter(random: Random, index: number, seconds: number): Influence {
  const every = random.between(20, 120);
  const factor = random.between(1.2, 2.5);
  const slow = new Uint8Array(Math.ceil(seconds) + 1);
  for (let at = every * random.exponential(); at < seconds; at += every * random.exponential())
    slow.fill(1, Math.floor(at), Math.floor(at + random.between(1, 6)));
  return (effects, time) => {
    if (slow[Math.floor(time)] === 1) effects.slow[index] = effects.slow[index]! * factor;
  };
}

/** Memory that grows slowly for hours, and is no leak that would matter. */
function memoryDrift(random: Random, world: World, index: number): Influence {
  const perSecond = (world.services[index]!.memoryBase * random.between(0.02, 0.2)) / 3600;
  return (effects, time) => {
    effects.memory[index] =
      effects.memory[index]! + Math.min(perSecond * time, 0.4 * world.services[index]!.memoryBase);
  };
}

/** Another service stumbles some minutes before, and recovers. */
function blip(random: Random, index: number, onset: number): Influence {
  const from = onset - random.between(150, 600);
  const to = from + random.between(15, 60);
  const factor = random.between(2, 5);
  return (effects, time) => {
    if (time >= from && time < to) effects.slow[index] = effects.slow[index]! * factor;
  };
}

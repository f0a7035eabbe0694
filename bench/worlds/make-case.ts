import { blemish } from './blemishes.js';
import type { Influence } from './effects.js';
import type { Commit } from './commits.js';
import { drawFault, FAULT_TYPES, type Fault, type FaultType } from './faults.js';
import { answersOf, isCalm, isFelt, symptomsOf, type Symptoms } from './felt.js';
import { drawLoad } from './load.js';
import { metricOf, observe, watchedServices, type Column } from './monitor.js';
import { drawNuisances } from './nuisances.js';
import type { Random } from './random.js';
import { joined, newRecording, type Recording } from './record.js';
import { simulate, type Run } from './simulate.js';
import { freshState } from './state.js';
import { PLAIN, type Situation } from './situations.js';
import { drawStyle, type Style, type StyleName } from './styles.js';
import { drawWorld, type Service, type World } from './topology.js';

/** All that there is to know of a case, before it is written. Times in unix seconds. */
export interface WorldCase {
  id: string;
  style: Style;
  world: World;
  recording: Recording;
  begin: number;
  onset: number;
  anomalyTime: number;
  alertService: Service;
  alertMetric: string | null;
  /** Null in a healthy case. */
  fault: Fault | null;
  /** Any of them is a right answer; none in a healthy case, and where all suffer alike. */
  culprits: Service[];
  situation: string;
  /** What was released; null where nobody tells. */
  commits: Commit[] | null;
  /** The guilty one of them. */
  guilty: string | null;
  columns: Column[];
  /** Names of caller and callee; null when nobody documented them. */
  graph: [string, string][] | null;
}

const TRACED_SECONDS = 180;
const SPANS_OF_A_CASE = 12_000;
/** Faults that are tried in a world before another world is drawn. */
const TRIES = 8;

/** What a case is to be. */
export interface Wanted {
  id: string;
  style: StyleName;
  /** Name of a fault type; null: healthy. */
  fault: string | null;
  /** @default plain */
  situation?: Situation;
}

/** Draws a case of that style with that type of fault in that situation. The same chance gives the same case. */
export function makeCase(random: Random, wanted: Wanted): WorldCase {
  for (;;) {
    const made = tryCase(random.fork(), wanted);
    if (made !== null) return made;
  }
}

function faultTypeOf(wanted: Wanted, style: Style): FaultType | null {
  if (wanted.fault === null) return null;
  const type = wanted.situation?.fault?.(style) ?? FAULT_TYPES.find(({ name }) => name === wanted.fault);
  if (!type) throw new RangeError(`there is no fault "${wanted.fault}"`);
  return type;
}

function tryCase(random: Random, wanted: Wanted): WorldCase | null {
  const situation = wanted.situation ?? PLAIN;
  const style = drawStyle(random, wanted.style);
  situation.bend?.(random, style);
  const type = faultTypeOf(wanted, style);
  if (type?.name.startsWith('external') === true) style.scale.external = true;
  const world = drawWorld(random, style.scale);
  const { tickSeconds } = style;
  const ticks =
    Math.ceil((style.calmSeconds + style.afterSeconds) / style.stepSeconds) *
    (style.stepSeconds / tickSeconds);
  const onsetTick = Math.ceil(style.calmSeconds / tickSeconds);
  const onset = onsetTick * tickSeconds;
  const nuisances = drawNuisances(random, world, onset, ticks * tickSeconds);
  const growth = type === null ? { from: onsetTick, factor: random.between(0.1, 0.4) } : null;
  const load = drawLoad(random, ticks, tickSeconds, growth);
  const state = freshState(world);
  const recordingFrom = (from: number): Recording =>
    newRecording(
      { services: world.services.length, edges: world.calls.length, hosts: world.hosts },
      { ticks, tickSeconds, from, perSample: style.stepSeconds / tickSeconds },
    );
  const tracedShare = Math.min(
    1,
    SPANS_OF_A_CASE / (TRACED_SECONDS * 2 * world.rate * 2 * style.scale.visits),
  );
  const traced = (tick: number): number =>
    style.traces && Math.abs(tick * tickSeconds - onset) < TRACED_SECONDS ? tracedShare : 0;
  const run = (
    from: number,
    to: number,
    more: Influence[],
    given: Pick<Run, 'state' | 'recording'>,
  ): void => {
    simulate({
      world,
      load,
      influences: [nuisances, ...more],
      random: random.fork(),
      from,
      to,
      traced,
      ...given,
    });
  };
  const calm = recordingFrom(0);
  run(0, onsetTick, [], { state, recording: calm });
  if (!isCalm(calm, onsetTick)) return null;
  // What would have been: an effect is what the fault adds to it, not what the nuisances do.
  const without = recordingFrom(onsetTick);
  run(onsetTick, ticks, [], { state: structuredClone(state), recording: without });
  const innocent = symptomsOf(answersOf(0, calm, without), onsetTick);

  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const fault = type && drawFault(random, world, type, onset, situation.isCulprit);
    if (type !== null && fault === null) return null;
    const after = recordingFrom(onsetTick);
    run(onsetTick, ticks, fault === null ? [] : [fault.influence], {
      state: structuredClone(state),
      recording: after,
    });
    const front = symptomsOf(answersOf(0, calm, after), onsetTick);
    if (fault !== null && (!isFelt(front) || front.size < 2 * innocent.size + 0.1)) continue;
    const recording = joined(calm, after);
    const item = finish(random, { id: wanted.id, style, world, recording, fault, onsetTick, front });
    item.situation = situation.name;
    situation.finish?.(random, item);
    return item;
  }
  return null;
}

function finish(
  random: Random,
  given: Pick<WorldCase, 'id' | 'style' | 'world' | 'recording' | 'fault'> & {
    onsetTick: number;
    front: Symptoms;
  },
): WorldCase {
  const { style, world, recording, onsetTick, front, fault } = given;
  const begin = 1_700_000_000 + random.whole(0, 600_000) * 60;
  const onset = begin + onsetTick * style.tickSeconds;
  const watched = watchedServices(random, world, style);
  const columns = observe(world, style, watched, recording);
  blemish(random, columns);
  const [alertService, symptoms] = drawAlert(random, watched, recording, onsetTick, front);
  const delay = Math.min(random.between(0, 180), style.afterSeconds * 0.5);
  const late = random.chance(0.1)
    ? -style.stepSeconds
    : Math.max(delay, random.chance(0.5) ? 0 : Math.min(style.stepSeconds, style.afterSeconds * 0.5));
  return {
    id: given.id,
    style,
    world,
    recording,
    fault,
    culprits: fault?.culprits ?? [],
    situation: PLAIN.name,
    commits: null,
    guilty: null,
    begin,
    onset,
    anomalyTime: Math.round(onset + late),
    alertService,
    alertMetric: random.chance(0.2) ? null : metricOf(style, symptomNamed(random, symptoms)),
    columns,
    graph: drawGraph(random, world),
  };
}

/** At the front as a rule, else at another watched service that suffers. */
function drawAlert(
  random: Random,
  watched: Service[],
  recording: Recording,
  onsetTick: number,
  front: Symptoms,
): [Service, Symptoms] {
  const others = watched
    .filter(({ kind, index }) => index !== 0 && kind === 'service')
    .map((service): [Service, Symptoms] => [
      service,
      symptomsOf(answersOf(service.index, recording), onsetTick),
    ])
    .filter(([, symptoms]) => isFelt(symptoms));
  return others.length === 0 || random.chance(0.7) ? [watched[0]!, front] : random.pick(others);
}

function symptomNamed(random: Random, { latency, errors }: Symptoms): 'latency' | 'errors' {
  if (latency && errors) return random.pick(['latency', 'errors']);
  return errors ? 'errors' : 'latency';
}

/** Documentation of the calls: right, with gaps, with mistakes or not there. */
function drawGraph(random: Random, { services, calls }: World): [string, string][] | null {
  const right = calls.map(({ from, to }): [string, string] => [services[from]!.name, services[to]!.name]);
  const luck = random.next();
  if (luck < 0.5) return right;
  if (luck < 0.7) return right.filter(() => random.chance(0.75));
  if (luck >= 0.8) return null;
  const inside = services.filter(({ kind }) => kind !== 'external');
  const wrong = Array.from({ length: Math.ceil(right.length * 0.15) }, (): [string, string] => {
    const [a, b] = random.some(inside, 2);
    return [a!.name, b!.name];
  });
  return [...right.filter(() => random.chance(0.95)), ...wrong];
}

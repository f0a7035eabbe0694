import { hush, quiet, type Effects, type Influence } from './effects.js';
import { meanWait, retransmissionDelay, sharingSlowdown } from './queues.js';
import type { Random } from './random.js';
import type { Recording } from './record.js';
import type { State } from './state.js';
import type { Call, Service, World } from './topology.js';

/** A request that is refused waits this long at most for a worker, seconds. */
const LONGEST_QUEUE = 10;
/** Seconds over which the smoothed values forget, and sampled requests from outside that they rest on at least. */
const MEMORY_SECONDS = 3;
const MEMORY_REQUESTS = 60;
const CFS_PERIOD = 0.1;
const REQUEST_BYTES = 1500;

export interface Run {
  world: World;
  state: State;
  /** Factor on the mean load, by tick. */
  load: Float64Array;
  influences: Influence[];
  random: Random;
  from: number;
  to: number;
  recording: Recording;
  /** Share of the requests from outside that leave a trace, by tick. */
  traced: (tick: number) => number;
}

/** Lets requests run through the world from tick `from` to before `to`; changes the state and the recording. */
export function simulate(run: Run): void {
  const engine = new Engine(run);
  for (let tick = run.from; tick < run.to; tick += 1) engine.tick(tick);
}

class Engine {
  private readonly services: Service[];
  private readonly effects: Effects;
  private readonly slowdown: Float64Array;
  private readonly wait: Float64Array;
  private readonly poolWait: Float64Array;
  private readonly throttled: Float64Array;
  private readonly ioSlowdown: Float64Array;
  /** Of this tick. */
  private readonly arrived: Float64Array;
  private readonly worked: Float64Array;
  private readonly held: Float64Array;
  private readonly pooled: Float64Array;
  private readonly diskBusy: Float64Array;
  private readonly done: Float64Array;
  private readonly edgeCalls: Float64Array;
  private readonly edgeFailures: Float64Array;
  private readonly hostUse: Float64Array;
  private type = 0;
  private tracing = false;
  private trace = 0;
  /** Outcome of the request or call that was served last. */
  private ok = true;

  constructor(private readonly run: Run) {
    this.services = run.world.services;
    const list = (): Float64Array => new Float64Array(this.services.length);
    this.effects = quiet(this.services.length);
    this.slowdown = list();
    this.wait = list();
    this.poolWait = list();
    this.throttled = list();
    this.ioSlowdown = list();
    this.arrived = list();
    this.worked = list();
    this.held = list();
    this.pooled = list();
    this.diskBusy = list();
    this.done = list();
    this.edgeCalls = new Float64Array(run.world.calls.length);
    this.edgeFailures = new Float64Array(run.world.calls.length);
    this.hostUse = new Float64Array(run.world.hosts);
  }

  tick(tick: number): void {
    const { world, load, influences, random, recording } = this.run;
    const seconds = recording.tickSeconds;
    const begin = tick * seconds;
    hush(this.effects);
    for (const influence of influences) influence(this.effects, begin);
    this.prepare(seconds);
    for (const list of [this.arrived, this.worked, this.held, this.pooled, this.diskBusy, this.done])
      list.fill(0);
    this.edgeCalls.fill(0);
    this.edgeFailures.fill(0);

    const count = random.poisson(world.rate * load[tick]! * this.effects.load * seconds);
    const traced = this.run.traced(tick);
    for (let request = 0; request < count; request += 1) {
      this.type = this.drawType();
      this.tracing = traced > 0 && random.chance(traced);
      this.serve(0, begin + random.next() * seconds, -1);
      if (this.tracing) this.trace += 1;
    }
    this.settle(tick, seconds);
  }

  private drawType(): number {
    let left = this.run.random.next();
    const { types } = this.run.world;
    for (let type = 0; type < types.length; type += 1) {
      left -= types[type]!;
      if (left < 0) return type;
    }
    return types.length - 1;
  }

  /** Works out how crowded everything is, from what was asked of it in the ticks before. */
  private prepare(seconds: number): void {
    const { world, state } = this.run;
    const { effects } = this;
    this.hostUse.fill(0);
    for (const { index, host, cpuLimit, idleCpu, kind } of this.services) {
      if (kind === 'external') continue;
      const inside = Math.min(cpuLimit, state.work[index]! + idleCpu + effects.hog[index]!);
      const foreign = effects.hostHog[index]! + effects.stranger[index]!;
      this.hostUse[host] = this.hostUse[host]! + inside + foreign * world.hostCores;
    }
    for (const service of this.services) {
      const { index, host, cpuLimit, kind } = service;
      const hostUse = kind === 'external' ? 0 : this.hostUse[host]! / world.hostCores;
      const share = Math.min(1, 1 / Math.max(hostUse, 1e-9));
      // The quota goes to whoever asks, in proportion; the service asks for its work and what piled up.
      const asked = state.work[index]! + state.backlog[index]! / seconds;
      const hog = effects.hog[index]!;
      const hogTakes = Math.min(
        hog,
        Math.max(cpuLimit - asked, (cpuLimit * hog) / Math.max(hog + asked, 1e-9)),
      );
      const capacity = Math.max(0.02 * cpuLimit, cpuLimit * share - hogTakes);
      const use = kind === 'external' ? 0 : state.work[index]! / capacity;
      const before = state.backlog[index]!;
      state.backlog[index] =
        kind === 'external'
          ? 0
          : Math.min(before + (state.work[index]! - capacity) * seconds, LONGEST_QUEUE * capacity);
      if (state.backlog[index] < 0 || effects.down[index]! === 1) state.backlog[index] = 0;
      const crowd = 1 + 2 * Math.max(0, Math.min(hostUse, 1) - 0.75);
      this.slowdown[index] = sharingSlowdown(use) * crowd;
      // A quota that is used up stops the container for the rest of the period (CFS bandwidth control).
      const used = kind === 'external' ? 0 : (state.work[index]! + hog) / cpuLimit;
      this.throttled[index] = Math.max(0, Math.min(1, (used - 0.85) / 0.5));
      const workers = Math.max(1, service.workers * effects.workers[index]!);
      this.wait[index] =
        state.backlog[index] / capacity +
        this.line(state.queued, index, workers, state.hold[index]!, seconds);
      const pool = Math.max(0.5, service.pool * effects.pool[index]!);
      this.poolWait[index] = this.line(state.poolQueued, index, pool, state.poolHold[index]!, seconds);
      this.ioSlowdown[index] =
        1 / (1 - Math.min(0.99, effects.disk[index]! + state.disk[index]! * (1 - effects.disk[index]!)));
    }
  }

  /** Mean seconds in line for one of `servers`, and how the line grows when they are too few. */
  private line(queued: Float64Array, index: number, servers: number, hold: number, seconds: number): number {
    const arrivals = this.run.state.arrivals[index]!;
    const use = (arrivals * hold) / servers;
    const rate = servers / Math.max(hold, 1e-6);
    queued[index] = Math.min(Math.max(0, queued[index]! + (arrivals - rate) * seconds), LONGEST_QUEUE * rate);
    return meanWait(use, Math.max(1, servers)) * hold + queued[index] / rate;
  }

  /** Serves a request that arrives at `at`; answers how long it took and leaves the outcome in `ok`. */
  private serve(index: number, at: number, parent: number): number {
    const { random, world } = this.run;
    const { effects } = this;
    const service = this.services[index]!;
    if (effects.down[index]! === 1) {
      // Nobody listens: refused at once.
      this.ok = false;
      return 0.0005;
    }
    this.arrived[index] = this.arrived[index]! + world.weight;
    const span =
      this.tracing && service.kind !== 'external' && service.kind !== 'store'
        ? this.openSpan(index, index, at, parent)
        : parent;
    const wait = this.wait[index]! > 0 ? this.wait[index]! * (0.5 + 0.5 * random.exponential()) : 0;
    let clock = wait;
    let ok = wait < LONGEST_QUEUE * 0.9;
    if (ok) {
      const cpu = service.cpuTime * random.logNormal(service.sigma) * effects.slow[index]!;
      this.worked[index] = this.worked[index]! + cpu * world.weight;
      clock += cpu * this.slowdown[index]! + effects.sleep[index]!;
      if (
        this.throttled[index]! > 0 &&
        random.chance(this.throttled[index]! * Math.min(1, 0.3 + cpu / CFS_PERIOD))
      )
        clock += CFS_PERIOD * this.throttled[index]! * random.next();
      if (service.ioTime > 0) {
        const io = service.ioTime * random.logNormal(0.5);
        this.diskBusy[index] = this.diskBusy[index]! + io * world.weight * 0.1;
        clock += service.kind === 'external' ? io * effects.slow[index]! : io * this.ioSlowdown[index]!;
      }
      if (random.chance(service.errorRate + effects.failing[index]!)) ok = false;
    }
    if (ok && service.calls.length > 0) {
      clock = this.callAll(service, at, clock, span);
      ok = this.ok;
    }
    this.record(index, at + clock, clock, ok, clock - wait);
    if (span !== parent) this.run.recording.spans.duration[span] = clock;
    this.ok = ok;
    return clock;
  }

  private callAll(service: Service, at: number, start: number, span: number): number {
    const { random } = this.run;
    const { calls, index } = service;
    let clock = start;
    let failed = false;
    for (let first = 0; first < calls.length && !failed;) {
      const { step } = calls[first]!;
      let longest = 0;
      for (; first < calls.length && calls[first]!.step === step; first += 1) {
        const call = calls[first]!;
        if (!random.chance(call.shares[this.type]!)) continue;
        const stored = this.services[call.to]!.kind === 'store';
        const times = Math.max(1, Math.round(call.times * this.effects.repeats[index]!));
        let took = 0;
        for (let time = 0; time < times; time += 1) {
          if (stored && this.poolWait[index]! > 0) {
            took += this.poolWait[index]! * random.exponential();
            if (took > 5) {
              this.ok = false;
              failed = true;
              break;
            }
          }
          const one = this.call(call, at + clock + took, span);
          if (stored) this.pooled[index] = this.pooled[index]! + one * this.run.world.weight;
          took += one;
          if (!this.ok) {
            failed ||= !call.fallback;
            break;
          }
        }
        longest = Math.max(longest, took);
      }
      clock += longest;
    }
    this.ok = !failed;
    return clock;
  }

  /** A call with its retries as the caller sees it. */
  private call(call: Call, at: number, span: number): number {
    const { random, state } = this.run;
    const { effects } = this;
    const patience = Math.min(call.timeout, effects.patience[call.from]!);
    let total = 0;
    for (let attempt = 0; attempt <= call.retries; attempt += 1) {
      if (
        call.breaker &&
        state.volume[call.edge]! > 1 &&
        state.failures[call.edge]! > 0.5 &&
        random.chance(0.9)
      ) {
        this.ok = false;
        this.recordCall(call, at + total, 0.0002, false);
        // What was never sent says nothing about the callee.
        this.edgeCalls[call.edge]! -= 1;
        this.edgeFailures[call.edge]! -= 1;
        return total + 0.0002;
      }
      if (attempt > 0) total += random.between(0.02, 0.1) * attempt;
      const begin = at + total;
      const opened = this.tracing ? this.openSpan(call.from, call.to, begin, span) : span;
      const there = this.message(call.from, 1 + (call.packets >> 1));
      let took = there + this.serve(call.to, begin + there, opened);
      took += this.message(call.to, call.packets);
      if (took > patience) {
        took = patience;
        this.ok = false;
      }
      if (this.tracing) this.run.recording.spans.duration[opened] = took;
      this.recordCall(call, begin + took, took, this.ok);
      total += took;
      if (this.ok) return total;
    }
    return total;
  }

  /** Seconds of one message out of the container of `from`. */
  private message(from: number, packets: number): number {
    const { random, world } = this.run;
    const way = (world.roundTrip / 2) * random.logNormal(0.3) + this.effects.delay[from]!;
    const loss = this.effects.loss[from]!;
    return loss > 0 ? way + retransmissionDelay(random, packets, loss, world.roundTrip) : way;
  }

  private openSpan(service: number, callee: number, start: number, parent: number): number {
    const { spans } = this.run.recording;
    spans.trace.push(this.trace);
    spans.parent.push(parent);
    spans.service.push(service);
    spans.callee.push(callee);
    spans.start.push(start);
    spans.duration.push(0);
    return spans.trace.length - 1;
  }

  private record(index: number, end: number, took: number, ok: boolean, held: number): void {
    const { recording, world } = this.run;
    this.held[index] = this.held[index]! + held * world.weight;
    this.done[index] = this.done[index]! + world.weight;
    const tick = Math.min(recording.ticks - 1, Math.floor(end / recording.tickSeconds));
    const { requests, errors, busySeconds } = recording.service;
    requests[index]![tick]! += world.weight;
    if (!ok) errors[index]![tick]! += world.weight;
    busySeconds[index]![tick]! += took * world.weight;
    recording.serverLatency[index]![Math.floor(tick / recording.perSample)]!.push(took);
  }

  private recordCall(call: Call, end: number, took: number, ok: boolean): void {
    const { recording, world } = this.run;
    this.edgeCalls[call.edge]! += 1;
    if (!ok) this.edgeFailures[call.edge]! += 1;
    const tick = Math.min(recording.ticks - 1, Math.floor(end / recording.tickSeconds));
    const { requests, errors, busySeconds } = recording.edge;
    requests[call.edge]![tick]! += world.weight;
    if (!ok) errors[call.edge]![tick]! += world.weight;
    busySeconds[call.edge]![tick]! += took * world.weight;
    // Histograms of clients count what failed too.
    recording.clientLatency[call.edge]![Math.floor(tick / recording.perSample)]!.push(took);
    recording.service.outSeconds[call.from]![tick]! += took * world.weight;
    if (this.effects.down[call.to]! === 1) return;
    recording.service.sent[call.from]![tick]! += REQUEST_BYTES * world.weight;
    recording.service.received[call.to]![tick]! += REQUEST_BYTES * world.weight;
    if (!ok) return;
    recording.service.sent[call.to]![tick]! += REQUEST_BYTES * call.packets * world.weight;
    recording.service.received[call.from]![tick]! += REQUEST_BYTES * call.packets * world.weight;
  }

  /** Closes the tick: resources, and the smoothed values that the next one starts from. */
  private settle(tick: number, seconds: number): void {
    const { state, recording, random, world } = this.run;
    const { effects } = this;
    const fresh = 1 - Math.exp(-seconds / Math.max(MEMORY_SECONDS, MEMORY_REQUESTS / world.rate));
    const blend = (list: Float64Array, index: number, value: number): void => {
      list[index] = list[index]! + fresh * (value - list[index]!);
    };
    for (const service of this.services) {
      const { index, host, cpuLimit, idleCpu, memoryBase, memoryLimit } = service;
      const down = effects.down[index]! === 1;
      blend(state.arrivals, index, this.arrived[index]! / seconds);
      blend(state.work, index, this.worked[index]! / seconds);
      if (this.done[index]! > 0) {
        blend(state.hold, index, this.held[index]! / this.done[index]!);
        blend(state.poolHold, index, this.pooled[index]! / this.done[index]!);
      }
      const diskBusy = Math.min(0.6, this.diskBusy[index]! / seconds);
      blend(state.disk, index, diskBusy);
      // Caches and garbage grow with the work done, until they are dropped.
      state.cache[index] =
        state.cache[index]! + (0.00002 + 0.00001 * Math.min(50, this.arrived[index]! / seconds)) * seconds;
      if (state.cache[index] > 0.12 || down) state.cache[index] = 0;
      const use =
        this.worked[index]! / seconds + state.backlog[index]! / seconds + idleCpu * random.logNormal(0.2);
      const cpu =
        Math.min(cpuLimit, use + effects.hog[index]!) + effects.hostHog[index]! * world.hostCores * 0.9;
      const inFlight = state.arrivals[index]! * state.hold[index]!;
      const memory = Math.min(
        memoryLimit,
        memoryBase * (1 + state.cache[index] + 0.002 * random.normal()) +
          inFlight * 2e5 +
          effects.memory[index]!,
      );
      const s = recording.service;
      s.down[index]![tick] = down ? 1 : 0;
      s.cpu[index]![tick] = down ? 0 : cpu;
      s.memory[index]![tick] = down ? 0 : memory;
      s.disk[index]![tick] = down
        ? 0
        : Math.min(
            1,
            0.002 * random.logNormal(0.5) + diskBusy + effects.disk[index]! * random.between(0.9, 1.1),
          );
      s.leaked[index]![tick] = effects.leaked[index]!;
      if (service.kind !== 'external')
        recording.hostCpu[host]![tick]! += (down ? 0 : cpu / world.hostCores) + effects.stranger[index]!;
    }
    for (const list of recording.hostCpu) list[tick] = Math.min(1, list[tick]!);
    for (const { edge } of world.calls) {
      blend(state.volume, edge, this.edgeCalls[edge]! / seconds);
      // While few calls go out the breaker lets some try, which tell when the callee is back.
      if (this.edgeCalls[edge]! > 0)
        blend(state.failures, edge, this.edgeFailures[edge]! / this.edgeCalls[edge]!);
    }
  }
}

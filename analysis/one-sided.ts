import type { SignalKind } from '../model/series.js';
import { quietness, type ServiceFacts } from './service-facts.js';
import type { CallGraph } from './graph/call-graph.js';
import { isGolden } from './series/onset.js';
import type { Baseline } from './series/baseline.js';
import type { Deviation } from './series/deviation.js';
import type { Vanished } from './vanished.js';
import { RANK } from './weights.js';

/** Share of a move, 0..1, that is held for the doing of the caller that measured it. */
export type Doubt = (move: Deviation) => number;

/**
 * Calls are measured by the caller. When they go wrong while the callee sees nothing of it, and its other callers
 * neither, the trouble is the caller's: a deadline that is too short, an event loop that is too busy to read the
 * answer. When there are no others, failures may be either's; slowness is more likely the network's before the
 * callee. A callee that does not measure itself, or went silent, is given no such benefit.
 */
export function doubtsOf(
  baselines: Baseline[],
  services: ServiceFacts[],
  vanished: Map<number, Vanished>,
  graph: CallGraph,
): Doubt {
  const own = new Set<string>();
  const callers = new Map<string, Set<string>>();
  for (const { series } of baselines) {
    const { subject, signal, perspective } = series;
    if (!isGolden(signal)) continue;
    if (subject.kind === 'service' && perspective === 'server') own.add(keyOf(subject.service, signal));
    if (subject.kind === 'edge') {
      const key = keyOf(subject.callee, signal);
      callers.set(key, (callers.get(key) ?? new Set()).add(subject.caller));
    }
  }
  const known = new Map<string, Witnesses>();
  return ({ series: { subject, signal }, strength }) => {
    const callee = subject.kind === 'edge' ? graph.indexOf.get(subject.callee) : undefined;
    if (subject.kind !== 'edge' || callee === undefined || vanished.has(callee)) return 0;
    const key = keyOf(subject.callee, signal);
    const witnesses = known.get(key) ?? witnessesOf(services[callee]!, signal);
    known.set(key, witnesses);
    if (!own.has(key) || witnesses.itself) return 0;
    // Calls that are given up have been seen; those that never arrive leave the callee with less to do.
    const lost = isFailure(signal) ? Math.min(1, quietness(services[callee]!.quieter) / RANK.lostCalls) : 0;
    // That others do not see what is hardly to be seen says little.
    const { leastStrength, clearStrength } = RANK;
    const clear =
      (1 - lost) * Math.min(1, Math.max(0, (strength - leastStrength) / (clearStrength - leastStrength)));
    if (callers.get(key)!.size === 1) return isFailure(signal) ? RANK.eithers * clear : 0;
    const others = witnesses.callers.size - (witnesses.callers.has(subject.caller) ? 1 : 0);
    return others > 0 ? 0 : RANK.callersOwn * clear;
  };
}

/** Who sees that calls to a service go wrong in one way: the service itself, and which of its callers. */
interface Witnesses {
  itself: boolean;
  callers: Set<string>;
}

function witnessesOf({ symptoms }: ServiceFacts, signal: SignalKind): Witnesses {
  const witnesses: Witnesses = { itself: false, callers: new Set() };
  for (const { series, strength } of symptoms) {
    if (strength < RANK.leastStrength || isFailure(series.signal) !== isFailure(signal)) continue;
    if (series.subject.kind === 'service') witnesses.itself = true;
    if (series.subject.kind === 'edge') witnesses.callers.add(series.subject.caller);
  }
  return witnesses;
}

function isFailure(signal: SignalKind): boolean {
  return signal !== 'latency';
}

function keyOf(service: string, signal: SignalKind): string {
  return `${isFailure(signal) ? 'failures' : 'latency'} ${service}`;
}

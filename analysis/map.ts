import type { Diagnosis, ServiceMap } from '../model/diagnosis.js';
import type { SignalKind } from '../model/series.js';
import { badness } from './evidence/finding.js';
import type { Facts } from './facts.js';
import { isGolden } from './series/onset.js';
import { LIMITS } from './limits.js';
import { RANK } from './weights.js';

type Concluded = Pick<Diagnosis, 'anomaly' | 'verdict' | 'propagation' | 'blastRadius'>;

/**
 * The part of the call graph that an incident is about: who is in its story, then their neighbours as far as there
 * is room, and the calls among them. Null where no call is known.
 */
export function mapOf(facts: Facts, concluded: Concluded): ServiceMap | null {
  const { graph, input } = facts;
  if (!graph.known) return null;
  const central = inTheStory(concluded).flatMap((name) => graph.indexOf.get(name) ?? []);
  const shown = new Set(central.slice(0, LIMITS.mapServices));
  for (const service of central) {
    for (const neighbour of [...graph.callers[service]!, ...graph.callees[service]!]) {
      if (shown.size < LIMITS.mapServices) shown.add(neighbour);
    }
  }
  const hostOf = new Map(input.graph.placements.map(({ service, host }) => [service, host]));
  const worse = worseCalls(facts);
  const traffic = callTraffic(facts);
  const calls = [...shown].flatMap((caller) =>
    graph.callees[caller]!.filter((callee) => shown.has(callee)).map((callee) => {
      const names = { caller: graph.names[caller]!, callee: graph.names[callee]! };
      const key = keyOf(names.caller, names.callee);
      return { ...names, traffic: traffic.get(key) ?? null, worse: [...(worse.get(key) ?? [])].sort() };
    }),
  );
  return {
    services: [...shown].map((service) => {
      const name = graph.names[service]!;
      const measured = [...facts.services[service]!.seen].some(
        (signal) => isGolden(signal) || signal === 'traffic',
      );
      return { name, external: graph.external.has(service), measured, host: hostOf.get(name) ?? null };
    }),
    calls: calls.slice(0, LIMITS.mapCalls),
    leftOut: graph.names.length - shown.size,
  };
}

/** Cause, alerting service, the way between them, then whoever else suffers. */
function inTheStory({ anomaly, verdict, propagation, blastRadius }: Concluded): string[] {
  const way = propagation.flatMap(({ from, to }) => [from, to]);
  const cause = verdict.service === null ? [] : [verdict.service];
  return [...new Set([...cause, anomaly.service, ...way, ...blastRadius])];
}

/** By call, its signals that got worse. */
function worseCalls({ moves }: Facts): Map<string, Set<SignalKind>> {
  const worse = new Map<string, Set<SignalKind>>();
  for (const move of moves) {
    const { subject, signal } = move.series;
    if (subject.kind !== 'edge' || !isGolden(signal)) continue;
    if (badness(move) === 0 || move.strength < RANK.leastStrength) continue;
    const key = keyOf(subject.caller, subject.callee);
    worse.set(key, (worse.get(key) ?? new Set()).add(signal));
  }
  return worse;
}

/** By call, how much of it there is while all is calm, in the unit of its metric. */
function callTraffic({ baselines }: Facts): Map<string, number> {
  const traffic = new Map<string, number>();
  for (const { series, centre } of baselines) {
    if (series.subject.kind !== 'edge' || series.signal !== 'traffic') continue;
    const key = keyOf(series.subject.caller, series.subject.callee);
    traffic.set(key, Math.max(traffic.get(key) ?? 0, centre));
  }
  return traffic;
}

function keyOf(caller: string, callee: string): string {
  return JSON.stringify([caller, callee]);
}

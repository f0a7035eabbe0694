import { quantity, wholePercent } from '../../model/wording.js';
import type { Facts } from '../facts.js';
import { loudestSymptom } from '../service-facts.js';
import type { SlowPart, TraceFacts } from '../traces/read.js';
import { RANK } from '../weights.js';
import { finding, type Finding } from './finding.js';

/** What traces say: where the extra time was spent, which calls stopped, whose spans failed. */
export function traceEvidence(facts: Facts): Finding[] {
  const { traces } = facts;
  if (traces === null) return [];
  return [
    ...timeEvidence(facts),
    ...waitEvidence(facts),
    ...pathEvidence(facts),
    ...endEvidence(facts),
    ...failureEvidence(facts),
    ...beginningEvidence(facts),
  ];
}

interface Spent {
  excess: number;
  clarity: number;
  worst: SlowPart;
}

/** Time within services and time between them; time between belongs to whichever end has more of it. */
function timeEvidence({ traces, graph }: Facts): Finding[] {
  const slow = traces!.slow;
  const total = slow.reduce((sum, { excess }) => sum + excess, 0);
  if (total <= 0) return [];
  // A little more here and there makes no request slow.
  const matters = Math.min(1, total / Math.max(1e-9, traces!.rootSeconds - total));
  const within = new Map<string, Spent>();
  const between = new Map<string, Spent>();
  const add = (map: typeof within, service: string, part: SlowPart, weight: number): void => {
    const entry = map.get(service) ?? { excess: 0, clarity: 0, worst: part };
    entry.excess += part.excess * weight;
    entry.clarity = Math.max(entry.clarity, clarityOf(part) * weight);
    if (part.excess > entry.worst.excess) entry.worst = part;
    map.set(service, entry);
  };
  for (const part of slow) {
    if (part.callee === null) add(within, part.service, part, 1);
    else {
      add(between, part.callee, part, 1);
      add(between, part.service, part, RANK.callersShare * slowCallees(traces!, part.service));
    }
  }
  const findings: Finding[] = [];
  for (const [name, { excess, clarity, worst }] of within) {
    const service = graph.indexOf.get(name);
    if (service === undefined) continue;
    const weight = RANK.traceOwn * (excess / total) * clarity * matters;
    findings.push(
      finding(service, {
        observation: `own time of ${name} in traces`,
        kind: 'trace',
        weight,
        statement: `${wholePercent(excess / total)} of the extra time in traces was spent within ${name}: ${worst.operation} took ${quantity(worst.before, 's')}, then ${quantity(worst.after, 's')} of its own.`,
        kinds: [
          ['cpu', weight * 0.2],
          ['code-change', weight * 0.3],
        ],
      }),
    );
  }
  for (const [name, { excess, clarity, worst }] of between) {
    const service = graph.indexOf.get(name);
    if (service === undefined) continue;
    const weight = RANK.traceTime * Math.min(1, excess / total) * clarity * matters;
    findings.push(
      finding(service, {
        observation: `time on the way to and from ${name} in traces`,
        kind: 'trace',
        weight,
        statement: `${wholePercent(Math.min(1, excess / total))} of the extra time in traces was spent on the way to or from ${name}: a call from ${worst.service} to ${worst.callee ?? name} waited ${quantity(worst.before, 's')}, then ${quantity(worst.after, 's')}.`,
        kinds: [['network', weight * 0.6]],
      }),
    );
  }
  return findings;
}

/**
 * A single slow call among several is rather the callee's: the caller answers for it as far as its other calls are
 * slow too, 0..1.
 */
function slowCallees({ slow, callees }: TraceFacts, caller: string): number {
  const slowOnes = slow.filter(({ service, callee }) => service === caller && callee !== null).length;
  return slowOnes / Math.max(slowOnes, callees.get(caller) ?? 1);
}

/** A service whose extra time was spent waiting for one of its callees is excused for its own slowness. */
function waitEvidence({ traces, graph, services }: Facts): Finding[] {
  const callers = new Map<string, SlowPart[]>();
  for (const part of traces!.slow) {
    const parts = callers.get(part.service) ?? [];
    parts.push(part);
    callers.set(part.service, parts);
  }
  return [...callers].flatMap(([name, parts]) => {
    const service = graph.indexOf.get(name);
    const own = service === undefined ? undefined : services[service];
    const worst = parts.filter(({ callee }) => callee !== null).sort((a, b) => b.excess - a.excess)[0];
    if (service === undefined || own === undefined || worst === undefined) return [];
    if (loudestSymptom(own)?.series.signal !== 'latency') return [];
    const total = parts.reduce((sum, { excess }) => sum + excess, 0);
    const waited = (worst.excess / total) * (1 - slowCallees(traces!, name));
    return [
      finding(service, {
        observation: `callees of ${name}`,
        kind: 'contradiction',
        stance: 'against',
        weight: RANK.symptom * Math.min(own.loudness, RANK.loudest) * waited * clarityOf(worst),
        statement: `In traces, ${wholePercent(worst.excess / total)} of its extra time was spent on the way to and from ${worst.callee!}, while its other calls took as long as before.`,
      }),
    ];
  });
}

/** Both far from the noise and a multiple of what it was. */
function clarityOf({ before, after, decades }: SlowPart): number {
  const doublings = before > 0 ? Math.log2(after / before) : RANK.clearGrowth;
  return Math.min(1, decades / RANK.clearDecades) * Math.min(1, doublings / RANK.clearGrowth);
}

function loud(sigmas: number): number {
  return Math.min(1, Math.log2(1 + sigmas) / RANK.clearTrace);
}

/** Calls and steps that stopped (or began) within the runs of an operation. */
function pathEvidence(facts: Facts): Finding[] {
  const { traces, graph } = facts;
  const byService = new Map<string, { weight: number; worst: (typeof traces & object)['paths'][number] }>();
  for (const path of traces!.paths) {
    const change = Math.abs(path.after - path.before) / Math.max(path.before, path.after);
    if (change < RANK.leastPathChange) continue;
    // An answer that never came is the callee's doing; a step that was not taken is the service's own.
    const weight =
      change * loud(Math.abs(path.sigmas)) * (1 - brokenOffBy(facts, path.service, path.operation));
    const entry = byService.get(path.service);
    if (entry === undefined || weight > entry.weight) byService.set(path.service, { weight, worst: path });
  }
  return [...byService].flatMap(([name, { weight, worst }]) => {
    const service = graph.indexOf.get(name);
    if (service === undefined) return [];
    const what = worst.callee === name ? worst.step : `${worst.callee} ${worst.step}`;
    return [
      finding(service, {
        observation: `paths through ${name} in traces`,
        kind: 'trace',
        weight: RANK.tracePath * weight,
        statement: `${worst.operation} of ${name} reached ${what} ${quantity(worst.before, '')} times per run before, ${quantity(worst.after, '')} times now.`,
        kinds: [['code-change', 2.5 * RANK.tracePath * weight]],
      }),
    ];
  });
}

/** Share of the runs of a service (or of one operation) that break off at a call to another service. */
export function brokenOffBy({ traces }: Pick<Facts, 'traces'>, service: string, operation?: string): number {
  const ends = traces?.ends.filter(
    (end) =>
      end.service === service &&
      end.callee !== null &&
      end.callee !== service &&
      (operation === undefined || end.operation === operation),
  );
  return Math.max(0, ...(ends ?? []).map(({ before, after }) => after - before));
}

/** Runs that now end with a call to the same service: it is what they break off at. */
function endEvidence({ traces, graph }: Facts): Finding[] {
  return traces!.ends.flatMap(({ service, operation, callee, before, after }) => {
    const blamed = graph.indexOf.get(callee ?? service);
    if (blamed === undefined) return [];
    // Who breaks off by itself at somebody else only passes it on.
    const passedOn = callee === null ? 0 : brokenOffBy({ traces }, callee);
    const weight = RANK.traceLast * (after - before) * (1 - passedOn);
    const how = callee === null ? 'call nobody' : `end with a call to ${callee}`;
    return [
      finding(blamed, {
        observation: `where runs of ${operation} end`,
        kind: 'trace',
        weight,
        statement: `${wholePercent(after)} of the runs of ${operation} of ${service} now ${how} (before: ${wholePercent(before)}).`,
        kinds: [['code-change', weight]],
      }),
    ];
  });
}

/** Spans that failed although nothing below them did. */
function failureEvidence({ traces, graph }: Facts): Finding[] {
  const total = traces!.failed.reduce(
    (sum, { after, before, count }) => sum + (after > before ? count : 0),
    0,
  );
  return traces!.failed.flatMap(({ service: name, before, after, count }) => {
    const service = graph.indexOf.get(name);
    if (service === undefined || after <= before || total === 0) return [];
    const weight = RANK.traceFailed * (count / total) * Math.min(1, (after - before) / 0.1);
    return [
      finding(service, {
        observation: `failed spans of ${name}`,
        kind: 'trace',
        weight,
        statement: `${wholePercent(after)} of the sampled spans of ${name} failed with nothing below them failing (before: ${wholePercent(before)}).`,
        kinds: [['code-change', weight * 0.5]],
      }),
    ];
  });
}

/** Where failing requests began to fail, when they do so more often than before. */
function beginningEvidence({ traces, graph }: Facts): Finding[] {
  return traces!.beginnings.flatMap(({ service: name, operation, count, of, rise }) => {
    const service = graph.indexOf.get(name);
    if (service === undefined || rise <= 0) return [];
    const weight = RANK.traceFailed * (count / of) * rise;
    return [
      finding(service, {
        // The same failures as those of its spans, seen in other traces.
        observation: `failed spans of ${name}`,
        kind: 'trace',
        weight,
        statement: `${count} of ${of} failing traces began to fail in ${name}, most of them at ${operation}.`,
        kinds: [['code-change', weight * 0.5]],
      }),
    ];
  });
}

import { listOf, quantity } from '../../model/wording.js';
import type { Facts } from '../facts.js';
import { failingShare, quietness, type ServiceFacts } from '../service-facts.js';
import type { Deviation } from '../series/deviation.js';
import { RANK } from '../weights.js';
import { insideWeight } from './accounts.js';
import { brokenOffBy } from './trace.js';
import { finding, type Finding } from './finding.js';
import { describe } from './symptoms.js';

/** What went silent: services that no longer report, and calls that are no longer made. */
export function silenceEvidence(facts: Facts): Finding[] {
  return [...vanishedEvidence(facts), ...goneEvidence(facts), ...unaskedEvidence(facts)];
}

/** Processes, replicas or targets of a service that are no longer there, by the count of who runs or scrapes them. */
function goneEvidence({ graph, services, vanished }: Facts): Finding[] {
  return services.flatMap(({ symptoms }, service) => {
    if (vanished.has(service)) return [];
    const fewer = symptoms.find(
      ({ series: { signal, perspective, worse }, sign, before, after, strength }) =>
        signal === 'availability' &&
        perspective === 'self' &&
        worse !== 'up' &&
        sign === -1 &&
        strength >= RANK.leastStrength &&
        before > 0 &&
        1 - after / before >= RANK.fewerProcesses,
    );
    if (fewer === undefined) return [];
    const name = graph.names[service]!;
    const weight = RANK.silence * (1 - fewer.after / fewer.before);
    return [
      finding(service, {
        observation: `reports of ${name}`,
        kind: 'silence',
        weight,
        statement: `${describe(fewer, name)}.`,
        move: fewer,
        kinds: [['dependency-down', 2 * weight]],
      }),
    ];
  });
}

/** A service whose metrics end when the incident begins, while those of others go on, is down. */
function vanishedEvidence({ graph, vanished, traffic, alerting }: Facts): Finding[] {
  const front = traffic[alerting] ?? null;
  return [...vanished].map(([service, { all, gone }]) => {
    const name = graph.names[service]!;
    // Whom one request in a hundred needs, few miss.
    const calls = traffic[service] ?? null;
    const asked = calls === null || front === null || front <= 0 ? 1 : calls / front;
    const weight = RANK.vanished * Math.min(1, asked / RANK.missedFrom);
    return finding(service, {
      observation: `reports of ${name}`,
      kind: 'silence',
      weight,
      statement: `${gone.length} of ${all} metrics of ${name} end at the onset: ${listOf(gone)}.`,
      kinds: [['dependency-down', weight]],
    });
  });
}

/**
 * Work that stopped: a service that is asked as often as before but no longer asks those behind it fails early.
 */
function unaskedEvidence(facts: Facts): Finding[] {
  const { graph, services } = facts;
  return services.flatMap((own, service) => {
    const name = graph.names[service]!;
    const ownLoss = own.traffic?.sign === -1 ? quietness(own.traffic) : 0;
    // Only those that nobody else calls: others may be quiet for other reasons.
    const only = graph.callees[service]!.filter((callee) => graph.callers[callee]!.length === 1);
    const quiet = only
      .filter((callee) => !isRefused(services[callee]!))
      .flatMap((callee) => {
        const { quieter } = services[callee]!;
        return quieter === null ? [] : [{ callee, quieter, loss: quietness(quieter) - ownLoss }];
      })
      .filter(({ loss }) => loss >= RANK.leastLoss)
      .sort((a, b) => b.loss - a.loss);
    const first = quiet[0];
    if (first === undefined) return [];
    // Half of the calls gone is a change of habits, all of them gone is a wall.
    const wall =
      ((RANK.silence * (first.loss - RANK.leastLoss)) / (1 - RANK.leastLoss)) *
      (1 - brokenOffBy(facts, name));
    // Who fails before it asks takes several calls along; one alone that fell silent is rather gone itself.
    const alone = quiet.length > 1 ? 0 : only.length > 1 ? 1 : RANK.onlyCallee;
    const gone = alone * beyondReach(facts, service, first.callee, first.loss);
    const weight = wall * (1 - gone);
    const { unit } = first.quieter.series;
    return [
      ...(gone > 0 ? unreachable(facts, service, first.callee, first.quieter, gone) : []),
      finding(service, {
        observation: `calls that ${name} no longer makes`,
        kind: 'silence',
        weight,
        statement: `${listOf(quiet.map(({ callee }) => graph.names[callee]!))}, which only ${name} calls, lost ${quiet.length === 1 ? 'its' : 'their'} traffic (${first.quieter.series.name} ${quantity(first.quieter.before, unit)} to ${quantity(first.quieter.after, unit)}) while ${name} itself gets as many requests as before.`,
        move: first.quieter,
        kinds: [['code-change', weight]],
      }),
    ];
  });
}

/**
 * How far a callee is gone rather than no longer asked, 0..1. Who fails before it asks fails as often as the callee
 * lost calls; a callee that lost more than that does not answer those who do ask, and then its caller fails about as
 * often as it needs it. Nothing can be said of a caller that does not fail.
 */
function beyondReach({ services, traffic }: Facts, caller: number, callee: number, loss: number): number {
  const failing = failingShare(services[caller]!);
  const [theirs, mine] = [traffic[callee] ?? null, traffic[caller] ?? null];
  if (failing === 0 || theirs === null || mine === null || mine <= 0) return 0;
  const needed = Math.min(1, theirs / mine) * loss;
  const alike = Math.min(failing / needed, needed / failing);
  const beyond = Math.max(0, loss - failing) / loss;
  // Whom one request in a hundred needs, few miss.
  return Math.min(1, beyond / RANK.lostCalls) * alike * Math.min(1, needed / RANK.missedFrom);
}

function unreachable(
  facts: Facts,
  caller: number,
  callee: number,
  quieter: Deviation,
  gone: number,
): Finding[] {
  const { graph, services } = facts;
  const suffering = Math.min(services[caller]!.loudness, RANK.loudest) * RANK.symptom;
  const name = graph.names[callee]!;
  const statement = `${name} lost more calls than ${graph.names[caller]!}, its only caller, reports as failed.`;
  return [
    finding(callee, {
      observation: `reports of ${name}`,
      kind: 'silence',
      weight: RANK.silence * gone,
      statement,
      move: quieter,
      kinds: [['dependency-down', RANK.silence * gone]],
    }),
    finding(caller, {
      observation: `callees of ${graph.names[caller]!}`,
      kind: 'contradiction',
      stance: 'against',
      weight: RANK.explained * gone * (suffering + insideWeight(facts, caller, 'requests')),
      statement,
      move: quieter,
    }),
  ];
}

/** It is still called, but the calls fail on the way. */
function isRefused({ symptoms }: ServiceFacts): boolean {
  return symptoms.some(
    ({ series, strength }) =>
      series.subject.kind === 'edge' && series.signal !== 'latency' && strength >= RANK.leastStrength,
  );
}

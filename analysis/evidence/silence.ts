import { listOf, quantity } from '../../model/wording.js';
import type { Facts } from '../facts.js';
import { failingShare, quietness, seesFailures, type ServiceFacts } from '../service-facts.js';
import type { Deviation } from '../series/deviation.js';
import { RANK } from '../weights.js';
import { insideWeight } from './accounts.js';
import { brokenOffBy } from './trace.js';
import { finding, type Finding } from './finding.js';
import { describe } from './symptoms.js';

/** What went silent: services that no longer report, and calls that are no longer made. */
export function silenceEvidence(facts: Facts): Finding[] {
  return [
    ...vanishedEvidence(facts),
    ...goneEvidence(facts),
    ...unaskedEvidence(facts),
    ...unreachedEvidence(facts),
  ];
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
    // Who fails before it asks takes several calls along; one that fell more silent than the others is rather gone
    // itself, and its caller did not come to what it asks after it.
    const apart = Math.min(1, (first.loss - (quiet[1]?.loss ?? 0)) / RANK.lostCalls);
    const alone = quiet.length > 1 ? apart : only.length > 1 ? 1 : RANK.onlyCallee;
    const gone = alone * beyondReach(facts, service, first.callee, first.loss);
    const weight = wall * (1 - gone);
    const { unit } = first.quieter.series;
    return [
      ...(gone > 0
        ? unreachable(facts, [service], { callee: first.callee, quieter: first.quieter, gone })
        : []),
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

/** A caller fails where it lost this share of its requests. */
const FAILS_FROM = 0.01;

/**
 * A service that several callers need and that is gone: they fail together, as many requests as it lost, while they are
 * asked as often as before. That several failed by themselves at once would be a coincidence. Who is gone sees none of
 * it.
 */
function unreachedEvidence(facts: Facts): Finding[] {
  const { graph, services, traffic } = facts;
  return services.flatMap(({ quieter }, service) => {
    const callers = graph.callers[service]!;
    const rate = traffic[service] ?? 0;
    if (callers.length < 2 || quieter === null || rate <= 0 || seesFailures(services[service]!)) return [];
    const failing = callers.filter((caller) => failingShare(services[caller]!) >= FAILS_FROM);
    const askedLess = callers.map((caller) => {
      const move = services[caller]!.traffic;
      return move?.sign === -1 ? quietness(move) : 0;
    });
    const loss = quietness(quieter) - Math.min(...askedLess);
    if (failing.length < 2 || loss <= 0) return [];
    const failed = failing.reduce(
      (sum, caller) => sum + failingShare(services[caller]!) * (traffic[caller] ?? 0),
      0,
    );
    const alike = Math.min(1, failed / (loss * rate), (loss * rate) / Math.max(1e-9, failed));
    const gone = alike * Math.min(1, loss / RANK.lostCalls) * (failing.length / callers.length);
    return unreachable(facts, failing, { callee: service, quieter, gone });
  });
}

/** Speaks for a callee that is gone, and against those who fail because of it. */
function unreachable(
  facts: Facts,
  callers: number[],
  { callee, quieter, gone }: { callee: number; quieter: Deviation; gone: number },
): Finding[] {
  const { graph, services } = facts;
  const name = graph.names[callee]!;
  const [only, ...others] = callers.map((caller) => graph.names[caller]!);
  const statement =
    others.length === 0
      ? `${name} lost more calls than ${only!}, its only caller, reports as failed.`
      : `${name} lost about as many calls as ${listOf([only!, ...others])} report as failed.`;
  return [
    finding(callee, {
      // Not a state that changed: who is not asked any more loses its calls as well.
      observation: `calls that ${name} lost`,
      kind: 'silence',
      weight: RANK.silence * gone,
      statement,
      move: quieter,
      kinds: [['dependency-down', RANK.silence * gone]],
    }),
    ...callers.map((caller) => {
      const suffering = Math.min(services[caller]!.loudness, RANK.loudest) * RANK.symptom;
      return finding(caller, {
        observation: `callees of ${graph.names[caller]!}`,
        kind: 'contradiction',
        stance: 'against',
        weight: RANK.explained * gone * (suffering + insideWeight(facts, caller, 'requests')),
        statement,
        move: quieter,
      });
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

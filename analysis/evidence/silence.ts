import { quietness, type Facts, type ServiceFacts } from '../facts.js';
import { amount, list } from '../text.js';
import { RANK } from '../weights.js';
import { brokenOffBy } from './trace.js';
import { finding, type Finding } from './finding.js';

/** What went silent: services that no longer report, and calls that are no longer made. */
export function silenceEvidence(facts: Facts): Finding[] {
  return [...vanishedEvidence(facts), ...unaskedEvidence(facts)];
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
      statement: `${gone.length} of ${all} metrics of ${name} end when it begins: ${list(gone)}.`,
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
    const quiet = graph.callees[service]!.filter(
      (callee) => graph.callers[callee]!.length === 1 && !isRefused(services[callee]!),
    )
      .flatMap((callee) => {
        const { quieter } = services[callee]!;
        return quieter === null ? [] : [{ callee, quieter, loss: quietness(quieter) - ownLoss }];
      })
      .filter(({ loss }) => loss >= RANK.leastLoss)
      .sort((a, b) => b.loss - a.loss);
    const first = quiet[0];
    if (first === undefined) return [];
    // Half of the calls gone is a change of habits, all of them gone is a wall.
    const weight =
      ((RANK.silence * (first.loss - RANK.leastLoss)) / (1 - RANK.leastLoss)) *
      (1 - brokenOffBy(facts, name));
    const { unit } = first.quieter.series;
    return [
      finding(service, {
        observation: `calls that ${name} no longer makes`,
        kind: 'silence',
        weight,
        statement: `${list(quiet.map(({ callee }) => graph.names[callee]!))}, which only ${name} calls, went quiet (${first.quieter.series.name} ${amount(first.quieter.before, unit)} to ${amount(first.quieter.after, unit)}) while ${name} itself is asked as before.`,
        move: first.quieter,
        kinds: [['code-change', weight]],
      }),
    ];
  });
}

/** It is still called, but the calls fail on the way. */
function isRefused({ symptoms }: ServiceFacts): boolean {
  return symptoms.some(
    ({ series, strength }) =>
      series.subject.kind === 'edge' && series.signal !== 'latency' && strength >= RANK.leastStrength,
  );
}

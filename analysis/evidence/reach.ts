import type { Facts } from '../facts.js';
import { hopsFrom } from '../graph/call-graph.js';
import { list, share } from '../text.js';
import { RANK } from '../weights.js';
import { finding, type Finding } from './finding.js';

/**
 * How much of what hurts is on the way from a suspect to its callers, and whether the alert is: a cause explains
 * the symptoms of those who call it, directly or not. Only for suspects with evidence of their own, since each
 * needs a walk through the graph.
 */
export function reachEvidence(facts: Facts, suspects: number[]): Finding[] {
  const { graph, services, alerting } = facts;
  const hurt = services
    .map(({ loudness }, service) => ({ service, loudness: Math.min(loudness, RANK.clearStrength) }))
    .filter(({ loudness }) => loudness >= RANK.leastStrength);
  const total = hurt.reduce((sum, { loudness }) => sum + loudness, 0);
  if (!graph.known || total === 0) return [];
  return suspects.flatMap((service) => {
    const name = graph.names[service]!;
    const hops = hopsFrom(service, graph.callers);
    const reached = hurt.filter((other) => hops[other.service]! >= 0);
    const covered = reached.reduce((sum, { loudness }) => sum + loudness, 0) / total;
    const callers = reached
      .filter((other) => other.service !== service)
      .map((other) => graph.names[other.service]!);
    const findings: Finding[] = [];
    if (covered > 0) {
      findings.push(
        finding(service, {
          observation: `reach of ${name}`,
          kind: 'explains-callers',
          weight: RANK.reach * covered,
          statement:
            callers.length > 0
              ? `Its callers suffer as they would: ${list(callers)} (${share(covered)} of all symptoms).`
              : `Its own symptoms are ${share(covered)} of all.`,
        }),
      );
    }
    if (hops[alerting]! < 0 && services[alerting]!.loudness >= RANK.leastStrength) {
      findings.push(
        finding(service, {
          observation: `way from ${name} to the alert`,
          kind: 'topology',
          stance: 'against',
          weight: RANK.unreachable,
          statement: `${graph.names[alerting]!} does not call ${name}, directly or through others.`,
        }),
      );
    }
    return findings;
  });
}

import { listOf, wholePercent } from '../../model/wording.js';
import type { Facts } from '../facts.js';
import { ancestorsAmong } from '../graph/ancestors.js';
import { hopsFrom, reachableFrom } from '../graph/call-graph.js';
import { LIMITS } from '../limits.js';
import { RANK } from '../weights.js';
import { finding, type Finding } from './finding.js';

/**
 * How much of what hurts is on the way from a suspect to its callers, and whether the alert is: a cause explains
 * the symptoms of those who call it, directly or not. Only for suspects with evidence of their own.
 */
export function reachEvidence(facts: Facts, found: Finding[]): Finding[] {
  const { graph, services, alerting } = facts;
  const hurt = services
    .map(({ loudness }, service) => ({ service, loudness: Math.min(loudness, RANK.clearStrength) }))
    .filter(({ loudness }) => loudness >= RANK.leastStrength)
    .sort((a, b) => b.loudness - a.loudness || a.service - b.service)
    .slice(0, LIMITS.sufferers)
    .sort((a, b) => a.service - b.service);
  const total = hurt.reduce((sum, { loudness }) => sum + loudness, 0);
  if (!graph.known || total === 0) return [];
  const ancestors = ancestorsAmong(
    hurt.map(({ service }) => service),
    graph.callers,
  );
  const suspects = [...new Set(found.map(({ service }) => service))];
  // Load travels along the calls: who passes on more of it need not be called by the one that suffers.
  const surging = found.filter(({ evidence }) => evidence.kind === 'load').map(({ service }) => service);
  const borne = new Set(
    surging.filter((service) => reachableFrom([service], graph.callees)[alerting] === true),
  );
  const fromAlert =
    services[alerting]!.loudness >= RANK.leastStrength ? hopsFrom(alerting, graph.callees) : null;
  const isStranger = strangers(facts);
  const speaksFor = new Float64Array(graph.names.length);
  for (const { service, evidence } of found)
    if (evidence.stance === 'for') speaksFor[service] = speaksFor[service]! + evidence.weight;
  return suspects.flatMap((service) => {
    const name = graph.names[service]!;
    const { loudness, callers, first } = suffering(ancestors(service), service);
    const covered = loudness / total;
    const findings: Finding[] = [];
    if (covered > 0 && (callers > 0 || service === alerting)) {
      findings.push(
        finding(service, {
          observation: `reach of ${name}`,
          kind: 'explains-callers',
          weight: RANK.reach * covered,
          statement:
            callers > 0
              ? covered >= ALL
                ? `All affected services are upstream of ${name}: ${listOf(first, NAMED, callers)}.`
                : `Services upstream of ${name} have ${wholePercent(covered)} of all symptoms: ${listOf(first, NAMED, callers)}.`
              : `Its own symptoms are ${wholePercent(covered)} of all symptoms.`,
        }),
      );
    }
    if (fromAlert !== null && fromAlert[service]! < 0 && !borne.has(service)) {
      findings.push(
        finding(service, {
          observation: `way from ${name} to the alert`,
          kind: 'topology',
          stance: 'against',
          weight: Math.max(RANK.unreachable, isStranger(service) ? RANK.stranger * speaksFor[service]! : 0),
          statement: `${graph.names[alerting]!} does not call ${name}, directly or through others.`,
        }),
      );
    }
    return findings;
  });

  /** The sum over all whose bit is set, and who of them calls the suspect; the first few by name. */
  function suffering(
    bits: Uint32Array,
    suspect: number,
  ): { loudness: number; callers: number; first: string[] } {
    let loudness = 0;
    let callers = 0;
    const first: string[] = [];
    for (let word = 0; word < bits.length; word += 1) {
      for (let left = bits[word]!; left !== 0; left &= left - 1) {
        const other = hurt[word * 32 + 31 - Math.clz32(left & -left)]!;
        loudness += other.loudness;
        if (other.service === suspect) continue;
        callers += 1;
        if (first.length < NAMED) first.push(graph.names[other.service]!);
      }
    }
    return { loudness, callers, first };
  }
}

/** The calls of so many of the services are known where a service without any is told to be another matter. */
const MOSTLY_KNOWN = 0.6;

/** Whom no known call touches, while nearly everybody's are known, and who shares no host with anybody that suffers. */
function strangers({ graph, services }: Facts): (service: number) => boolean {
  const isAlone = (service: number): boolean =>
    graph.callers[service]!.length === 0 && graph.callees[service]!.length === 0;
  const apart = graph.names.filter((_, service) => isAlone(service)).length;
  if (apart > (1 - MOSTLY_KNOWN) * graph.names.length) return () => false;
  const shares = (service: number): boolean =>
    [...graph.hosts.values()].some(
      (tenants) =>
        tenants.includes(service) &&
        tenants.some((other) => !isAlone(other) && services[other]!.loudness >= RANK.leastStrength),
    );
  return (service) => isAlone(service) && !shares(service);
}

/** From this share of the symptoms on it is all of them. */
const ALL = 0.995;
/** Callers that are named; the others are counted. */
const NAMED = 3;

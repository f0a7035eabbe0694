import type { CheckResult } from '../../model/check.js';
import { faultKind, type FaultKind } from '../../model/diagnosis.js';
import type { Facts } from '../facts.js';
import { kindOfResource } from '../fault-kind.js';
import { FAULT_TYPE_WORDS } from '../../model/wording.js';
import { RANK } from '../weights.js';
import { finding, type Finding } from './finding.js';

/**
 * What diagnostic checks saw. A failed one speaks for the service and for its kind of fault. A passed one only
 * speaks against its kind: no check is made of those who are not suspected, so to be checked must not count
 * against anybody. The exception is a check that denies the very observation that `found` suspects the service
 * for. One that could not run is evidence of nothing.
 */
export function checkEvidence({ input, graph }: Facts, found: Finding[]): Finding[] {
  const failed = input.checks.flatMap(({ check, service: name, outcome, statement, speaksFor }) => {
    const service = graph.indexOf.get(name);
    if (service === undefined || outcome !== 'failed') return [];
    const kind = faultKind.safeParse(speaksFor);
    return [
      finding(service, {
        observation: `check ${check} of ${name}`,
        kind: 'check',
        weight: RANK.checkFailed,
        statement: `Check ${check} of ${name} failed: ${statement}`,
        kinds: kind.success ? [[kind.data, RANK.checkFailed]] : [],
      }),
    ];
  });
  const passed = input.checks
    .filter(({ outcome }) => outcome === 'passed')
    .flatMap(({ service: name }) => graph.indexOf.get(name) ?? [])
    .flatMap((service) => denials(service, graph.names[service]!, input.checks, found));
  return [...failed, ...passed];
}

/** A kind of fault that a service does not have, by the checks of it that passed. */
export interface Absent {
  kind: FaultKind;
  /** What the checks saw, in words. */
  why: string;
}

/** Kinds of fault for which a check of the service passed and none failed, in the order of the checks. */
export function absentKinds(name: string, checks: readonly CheckResult[]): Absent[] {
  const ofService = checks.filter(({ service }) => service === name);
  const failed = new Set(ofService.flatMap((one) => (one.outcome === 'failed' ? [one.speaksFor] : [])));
  const words = new Map<FaultKind, Set<string>>();
  for (const { outcome, speaksFor, statement } of ofService) {
    const kind = faultKind.safeParse(speaksFor);
    if (outcome !== 'passed' || !kind.success || failed.has(kind.data)) continue;
    words.set(kind.data, (words.get(kind.data) ?? new Set()).add(statement));
  }
  return [...words].map(([kind, statements]) => ({ kind, why: [...statements].join('; ') }));
}

function denials(service: number, name: string, checks: CheckResult[], found: Finding[]): Finding[] {
  const reason = found
    .filter((one) => one.service === service && one.evidence.stance === 'for')
    .reduce<Finding | null>((a, b) => (a !== null && a.evidence.weight >= b.evidence.weight ? a : b), null);
  const suspected = reason && kindSuspected(reason);
  return absentKinds(name, checks).map(({ kind, why }) =>
    finding(service, {
      observation: `no ${kind} at ${name}`,
      kind: 'contradiction',
      stance: 'against',
      weight: reason !== null && kind === suspected ? RANK.checkDenies * reason.evidence.weight : 0,
      statement: `Checks of ${name} rule out ${FAULT_TYPE_WORDS[kind]}: ${why}.`,
      kinds: [[kind, -RANK.checkPassed]],
    }),
  );
}

/** The kind of fault that a piece of evidence says by itself; null for mere suffering. */
function kindSuspected({ evidence, kinds }: Finding): FaultKind | null {
  if (evidence.kind === 'resource' && evidence.series) return kindOfResource(evidence.series.signal);
  return kinds[0]?.[0] ?? null;
}

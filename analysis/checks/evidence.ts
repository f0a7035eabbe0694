import type { CheckResult } from '../../model/check.js';
import { faultKind, type FaultKind } from '../../model/diagnosis.js';
import { FAULT_TYPE_WORDS } from '../../model/wording.js';
import { finding, type Finding } from '../evidence/finding.js';
import type { Facts } from '../facts.js';
import { faultKinds } from '../fault-kind.js';
import type { Ranked } from '../rank.js';
import { bayesFactorOfPassing, worthOfFailing, type CheckedBy } from './reliability.js';

/** Failed checks speak for their service and their kind of fault. One that could not run is evidence of nothing. */
export function failedChecks({ input, graph }: Facts): Finding[] {
  return input.checks.flatMap((result) => {
    const { check, service: name, outcome, statement, speaksFor } = result;
    const service = graph.indexOf.get(name);
    if (service === undefined || outcome !== 'failed') return [];
    const kind = faultKind.safeParse(speaksFor);
    const weight = worthOfFailing(askedBy(result), kind.success);
    return [
      finding(service, {
        observation: `check ${check} of ${name}`,
        kind: 'check',
        weight,
        statement: `Check ${check} of ${name} failed: ${statement}`,
        kinds: kind.success ? [[kind.data, weight]] : [],
      }),
    ];
  });
}

/**
 * Passed checks speak against their service as far as it is suspected for just that kind of fault: by the Bayes factor
 * of the passing, averaged over the kinds that it may be. One that nobody was suspected for changes next to nothing, so
 * that to be checked counts against nobody.
 */
export function passedChecks(facts: Facts, scored: readonly Ranked[]): Finding[] {
  const { input, graph } = facts;
  return scored
    .filter(
      ({ service, score }) => score > 0 && input.checks.some((one) => one.service === graph.names[service]),
    )
    .flatMap(({ service, kinds }) => {
      const name = graph.names[service]!;
      const believed = new Map(
        faultKinds(facts, service, kinds, null, []).map(({ kind, probability }) => [kind, probability]),
      );
      let left = 1;
      return absentKinds(name, input.checks).map(({ kind, why, factor }) => {
        const before = left;
        left -= (believed.get(kind) ?? 0) * (1 - factor);
        return finding(service, {
          observation: `no ${kind} at ${name}`,
          kind: 'check',
          stance: 'against',
          weight: Math.log(before / left),
          statement: `Checks of ${name} rule out ${FAULT_TYPE_WORDS[kind]}: ${why}.`,
        });
      });
    });
}

/** A kind of fault that a service does not have, by the checks of it that passed. */
export interface Absent {
  kind: FaultKind;
  /** By how much less likely it is than before, above 0 and below 1. */
  factor: number;
  /** What the checks saw, in words. */
  why: string;
}

/**
 * Kinds of fault for which a check of the service passed and none failed, in the order of the checks. Several checks of
 * one kind look at the same things: the one that sees most counts.
 */
export function absentKinds(name: string, checks: readonly CheckResult[]): Absent[] {
  const ofService = checks.filter(({ service }) => service === name);
  const failed = new Set(ofService.flatMap((one) => (one.outcome === 'failed' ? [one.speaksFor] : [])));
  const passed = new Map<FaultKind, { statements: Set<string>; factor: number }>();
  for (const result of ofService) {
    const kind = faultKind.safeParse(result.speaksFor);
    if (result.outcome !== 'passed' || !kind.success || failed.has(kind.data)) continue;
    const known = passed.get(kind.data) ?? { statements: new Set(), factor: 1 };
    known.statements.add(result.statement);
    known.factor = Math.min(known.factor, bayesFactorOfPassing(askedBy(result)));
    passed.set(kind.data, known);
  }
  return [...passed].map(([kind, { statements, factor }]) => ({
    kind,
    factor,
    why: [...statements].join('; '),
  }));
}

function askedBy({ query }: CheckResult): CheckedBy {
  return query === null ? 'probe' : 'query';
}

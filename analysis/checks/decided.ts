import type { DecidingCheck } from '../../model/diagnosis.js';
import type { Finding } from '../evidence/finding.js';
import type { Facts } from '../facts.js';
import { faultKinds } from '../fault-kind.js';
import { believed, scoresOf, type Doubts, type Ranked } from '../rank.js';
import { CHECK } from '../weights.js';
import { absentKinds } from './evidence.js';

/** Longer statements are cut: the checks themselves hold the whole. */
const LONGEST_STATEMENT = 400;

/**
 * The check that made the verdict what it is, found by leaving all checks out; null when that changes neither who leads
 * nor the kind of fault, nor much of the belief. It is the strongest failed check of the leader, else the strongest
 * passed one of the service that would lead.
 */
export function decidingCheck(
  facts: Facts,
  found: readonly Finding[],
  scored: readonly Ranked[],
  doubts: Doubts,
): DecidingCheck | null {
  const isOfChecks = ({ evidence }: Finding): boolean => evidence.kind === 'check';
  const ofChecks = found.filter(isOfChecks);
  if (ofChecks.length === 0) return null;
  const plain = scoresOf(
    facts,
    found.filter((one) => !isOfChecks(one)),
  );
  const [leader, would] = [scored[0]!, plain[0]!];
  const beliefIn = (ranked: readonly Ranked[], service: number): number =>
    believed([...ranked], doubts).find((one) => one.service === service)?.belief ?? 0;
  const same = plain.find(({ service }) => service === leader.service)!;
  const hasMoved =
    leader.service !== would.service ||
    kindOf(facts, leader, true) !== kindOf(facts, same, false) ||
    beliefIn(scored, leader.service) - beliefIn(plain, leader.service) >= CHECK.decides;
  if (!hasMoved) return null;
  const strongest = (service: number, stance: 'for' | 'against'): Finding | undefined =>
    ofChecks
      .filter((one) => one.service === service && one.evidence.stance === stance)
      .sort((a, b) => b.evidence.weight - a.evidence.weight)[0];
  const decisive = strongest(leader.service, 'for') ?? strongest(would.service, 'against');
  if (decisive === undefined) return null;
  const { statement } = decisive.evidence;
  return { service: facts.graph.names[decisive.service]!, statement: statement.slice(0, LONGEST_STATEMENT) };
}

function kindOf(facts: Facts, { service, kinds }: Ranked, isChecked: boolean): string {
  const absent = isChecked ? absentKinds(facts.graph.names[service]!, facts.input.checks) : [];
  return faultKinds(facts, service, kinds, null, absent)[0]!.kind;
}

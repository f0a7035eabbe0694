import { faultKind } from '../../model/diagnosis.js';
import type { Facts } from '../facts.js';
import { RANK } from '../weights.js';
import { finding, type Finding } from './finding.js';

/** What diagnostic checks saw. A check that could not run is evidence of nothing. */
export function checkEvidence({ input, graph }: Facts): Finding[] {
  return input.checks.flatMap(({ check, service: name, outcome, statement, speaksFor }) => {
    const service = graph.indexOf.get(name);
    if (service === undefined || outcome === 'could-not-run') return [];
    const failed = outcome === 'failed';
    const kind = faultKind.safeParse(speaksFor);
    const weight = failed ? RANK.checkFailed : RANK.checkPassed;
    return [
      finding(service, {
        observation: `check ${check} of ${name}`,
        kind: 'check',
        stance: failed ? 'for' : 'against',
        weight,
        statement: `Check ${check} of ${name} ${failed ? 'failed' : 'passed'}: ${statement}`,
        kinds: kind.success ? [[kind.data, failed ? weight : -weight]] : [],
      }),
    ];
  });
}

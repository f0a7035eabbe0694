import type { Diagnosis, Suspect } from '../../model/diagnosis.js';
import { LIMITS } from '../limits.js';

/**
 * The fewest leading suspects that hold most of the belief, and how much they hold: 'one of these two, 90 %'. What is
 * left is with others, or with nobody. `suspects` are ordered by belief; null where there is none.
 */
export function candidatesOf(suspects: readonly Suspect[]): Diagnosis['candidates'] {
  const services: string[] = [];
  let coverage = 0;
  const possible = suspects.filter(({ status }) => status !== 'ruled-out');
  for (const { service, confidence } of possible.slice(0, LIMITS.candidates)) {
    const isWorthNaming = services.length === 0 || confidence >= LIMITS.leastCandidate;
    if (coverage >= LIMITS.covered || !isWorthNaming) break;
    services.push(service);
    coverage += confidence;
  }
  return services.length === 0 ? null : { services, coverage: Math.min(1, coverage) };
}

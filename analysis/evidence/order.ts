import type { Facts } from '../facts.js';
import { RANK } from '../weights.js';
import { finding, type Finding } from './finding.js';

/** Who showed a symptom first, where the samples are fine enough to tell. */
export function orderEvidence(facts: Facts): Finding[] {
  const { graph, services } = facts;
  const onsets = services.flatMap((own, service) => {
    const clear = own.symptoms.filter(({ strength }) => strength >= RANK.orderStrength);
    if (clear.length === 0) return [];
    const first = clear.reduce((a, b) => (b.from < a.from ? b : a));
    return [{ service, first }];
  });
  if (onsets.length < 2) return [];
  const earliest = Math.min(...onsets.map(({ first }) => first.from));
  const latest = Math.max(...onsets.map(({ first }) => first.from));
  if (latest - earliest <= RANK.onsetSlackBins) return [];
  return onsets
    .filter(({ first }) => first.from <= earliest + RANK.onsetSlackBins)
    .map(({ service, first }) =>
      finding(service, {
        observation: `onset at ${graph.names[service]!}`,
        kind: 'earliest-onset',
        weight: RANK.earliest,
        statement: `${graph.names[service]!} was the first to show a symptom.`,
        move: first,
      }),
    );
}

import type { Evidence } from '../model/diagnosis.js';
import type { Facts } from './facts.js';
import type { Ranked } from './rank.js';
import { CALIBRATION, RANK, RULES } from './weights.js';

/** How sure one can be of a suspect with what could be seen, and what would have to be seen to be surer. */
export interface Sight {
  /** Belief above this would be blindness. */
  most: number;
  missing: string | null;
}

/** What a slow service shows that waits for nobody. */
const OF_ITS_OWN = new Set<Evidence['kind']>([
  'resource',
  'load',
  'change',
  'check',
  'shared-host',
  'silence',
  'trace',
  'log',
]);

/**
 * Scores only know what was seen. Two kinds of blindness leave a wrong suspect without a rival: nothing is known of
 * the calm, so that whatever is far from the middle looks strange; and the calls that a slow service makes are not
 * measured, so that a delay on the way to a callee looks like its own, as long as nothing but slowness speaks for it.
 */
export function sightOf({ levels, graph, services }: Facts, { service, evidence }: Ranked): Sight {
  const name = graph.names[service]!;
  if (levels.every(({ calmEnd }) => calmEnd === 0))
    return { most: CALIBRATION.mostWithoutCalm, missing: 'What was usual before' };
  const slow = evidence.find(({ kind }) => kind === 'local-symptom')?.series?.signal === 'latency';
  const own = evidence.some(
    ({ kind, stance, weight }) => stance === 'for' && OF_ITS_OWN.has(kind) && weight >= RULES.clearWeight,
  );
  const calls = graph.callees[service]!.length > 0 || !graph.known;
  // What it waits for it would see itself; what only its callers see happens before it is asked.
  const ownLatency = levels.some(
    ({ series: { subject, signal, perspective } }) =>
      subject.kind === 'service' &&
      subject.service === name &&
      signal === 'latency' &&
      perspective === 'server',
  );
  const waits =
    !ownLatency ||
    services[service]!.symptoms.some(
      ({ series, strength }) =>
        series.signal === 'latency' && series.perspective === 'server' && strength >= RANK.leastStrength,
    );
  const seesCalls = levels.some(
    ({ series: { subject, signal, perspective } }) =>
      subject.kind === 'edge' && subject.caller === name && signal === 'latency' && perspective === 'client',
  );
  return slow && waits && !own && calls && !seesCalls
    ? { most: CALIBRATION.mostBehindCalls, missing: `Latency of the calls that ${name} makes, by callee` }
    : { most: 1, missing: null };
}

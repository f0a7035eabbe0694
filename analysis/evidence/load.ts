import type { Facts } from '../facts.js';
import { amount } from '../text.js';
import { RANK } from '../weights.js';
import { finding, type Finding } from './finding.js';

/**
 * More work than usual that came in from outside: the traffic of a service that nobody calls, or of the alerting
 * one, rose by half and more. Only where somebody suffers: growth that all bear is no incident.
 */
export function loadEvidence({ graph, services, alerting }: Facts): Finding[] {
  if (!services.some(({ loudness }) => loudness >= RANK.surgeHurts)) return [];
  const rise = services.map(({ traffic }) =>
    traffic !== null &&
    traffic.sign === 1 &&
    traffic.weighed.before > 0 &&
    traffic.strength >= RANK.leastStrength
      ? Math.log2(traffic.weighed.after / traffic.weighed.before)
      : 0,
  );
  const surges = services.flatMap(({ traffic }, service) => {
    const doublings = rise[service]!;
    const atTheFront = graph.callers[service]!.length === 0 || service === alerting;
    if (traffic === null || doublings < RANK.surgeDoublings || !atTheFront) return [];
    // Retries of failed calls look like more work from outside, but not before anything failed.
    const hurt = services[service]!.symptoms.find(({ strength }) => strength >= RANK.surgeHurts);
    if (hurt !== undefined && hurt.from < traffic.from) return [];
    const name = graph.names[service]!;
    const weight = RANK.surge * Math.min(1, doublings);
    const { unit } = traffic.series;
    return [
      finding(service, {
        observation: `traffic of ${name}`,
        kind: 'load',
        weight,
        statement: `The traffic of ${name} rose from ${amount(traffic.before, unit)} to ${amount(traffic.after, unit)}, from outside.`,
        move: traffic,
        kinds: [['traffic-surge', weight * 2]],
      }),
    ];
  });
  return [...surges, ...borne(surges)];

  /** Suffering that comes with as much more traffic is the surge's doing. */
  function borne(found: Finding[]): Finding[] {
    const fronts = new Set(found.map(({ service }) => service));
    const most = Math.max(...[...fronts].map((service) => rise[service]!));
    return services.flatMap(({ loudness, symptoms }, service) => {
      const carried = Math.min(1, rise[service]! / most);
      if (fronts.size === 0 || fronts.has(service) || symptoms.length === 0 || carried < 0.5) return [];
      const name = graph.names[service]!;
      return [
        finding(service, {
          observation: `load on ${name}`,
          kind: 'contradiction',
          stance: 'against',
          weight: RANK.loadExplains * RANK.symptom * Math.min(loudness, RANK.loudest) * carried,
          statement: `${name} has to bear ${(2 ** rise[service]!).toFixed(1)} times its traffic.`,
        }),
      ];
    });
  }
}

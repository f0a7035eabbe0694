import { listOf } from '../../model/wording.js';
import type { Facts } from '../facts.js';
import { RANK } from '../weights.js';
import { finding, type Finding } from './finding.js';
import { describe } from './symptoms.js';

/**
 * Trouble of a host that several of its services suffer from. If one of them takes more of the host than before,
 * it is the noisy neighbour and the others are its victims; if none does, the host itself is in trouble.
 */
export function hostEvidence({ graph, hosts, services }: Facts): Finding[] {
  return [...hosts].flatMap(([host, moves]) => {
    const tenants = graph.hosts.get(host) ?? [];
    const move = moves.find(({ strength, sign }) => sign === 1 && strength >= RANK.hostStrength);
    const hurt = tenants.filter((tenant) => services[tenant]!.loudness >= RANK.leastStrength);
    if (move === undefined || hurt.length < 2) return [];
    const takers = tenants.filter((tenant) =>
      services[tenant]!.resources.some(
        ({ series, strength, sign }) =>
          sign === 1 && series.signal === move.series.signal && strength >= RANK.hostStrength,
      ),
    );
    const blamed = takers.length > 0 ? takers : hurt;
    const others = hurt.filter((tenant) => !blamed.includes(tenant)).map((tenant) => graph.names[tenant]!);
    return blamed.map((service) => {
      const name = graph.names[service]!;
      return finding(service, {
        observation: `host ${host}`,
        kind: 'shared-host',
        weight: RANK.host,
        statement:
          takers.length > 0
            ? `${describe(move, host)}, and ${name} uses more of it${others.length > 0 ? `; ${listOf(others)} on the same host are affected` : ''}.`
            : `${describe(move, host)}, and ${listOf(hurt.map((tenant) => graph.names[tenant]!))} on it are affected while none of them uses more.`,
        move,
        kinds: takers.length > 0 ? [] : [['host', RANK.host * 2]],
      });
    });
  });
}

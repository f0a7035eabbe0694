import type { CallEdge } from '../../../model/graph.js';

const DAMPING = 0.85;
const ENOUGH = 1e-10;
const AT_MOST = 200;

/**
 * Where a walk from callers to callees ends up that prefers anomalous callees and restarts at anomalous
 * services. `anomaly` is any non-negative score of each service; it is compressed, as MicroRCA's own
 * (correlations) is bounded. The ranks sum to 1.
 */
export function walkToCauses(
  edges: Pick<CallEdge, 'caller' | 'callee'>[],
  anomaly: Map<string, number>,
): Map<string, number> {
  const services = [...anomaly.keys()];
  const index = new Map(services.map((service, position) => [service, position]));
  const weight = services.map((service) => Math.log1p(anomaly.get(service)!));
  const total = weight.reduce((sum, value) => sum + value, 0);
  const restart = weight.map((value) => (total > 0 ? value / total : 1 / services.length));

  const callees = services.map((): { to: number; share: number }[] => []);
  for (const { caller, callee } of edges) {
    const from = index.get(caller);
    const to = index.get(callee);
    if (from !== undefined && to !== undefined && weight[to]! > 0)
      callees[from]!.push({ to, share: weight[to]! });
  }
  for (const list of callees) {
    const sum = list.reduce((all, { share }) => all + share, 0);
    for (const edge of list) edge.share /= sum;
  }

  let rank = restart;
  for (let round = 0; round < AT_MOST; round += 1) {
    // A service that calls nobody sends its visitors back to the restart.
    const stranded = rank.reduce((sum, value, at) => sum + (callees[at]!.length === 0 ? value : 0), 0);
    const next = restart.map((value) => value * (1 - DAMPING + DAMPING * stranded));
    rank.forEach((value, at) => {
      for (const { to, share } of callees[at]!) next[to]! += DAMPING * value * share;
    });
    const moved = next.reduce((sum, value, at) => sum + Math.abs(value - rank[at]!), 0);
    rank = next;
    if (moved < ENOUGH) break;
  }
  return new Map(services.map((service, at) => [service, rank[at]!]));
}

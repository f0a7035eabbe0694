import type { FaultKind } from '../../model/diagnosis.js';
import { wholePercent } from '../../model/wording.js';
import type { Facts } from '../facts.js';
import { reachableFrom } from '../graph/call-graph.js';
import { onsetOf } from '../propagation.js';
import type { ServiceFacts } from '../service-facts.js';
import { RANK, RULES } from '../weights.js';

/**
 * Why it cannot be told as confirmed that this service is where it began, however likely it is: between it and the
 * alert a hop is missing, calm or earlier than its cause, or it accounts for little of what the alerting service lost.
 * Null where nothing is missing.
 */
export function unproven(facts: Facts, cause: number, kind: FaultKind): string | null {
  const { graph, alerting } = facts;
  const [name, alert] = [graph.names[cause]!, graph.names[alerting]!];
  if (cause === alerting) return null;
  if (kind === 'traffic-surge') {
    // Load goes along the calls, and who sends more of it need not suffer.
    const linked =
      reachableFrom([cause], graph.callees)[alerting]! || reachableFrom([alerting], graph.callees)[cause]!;
    return linked ? null : `no known call leads from ${name} to ${alert}`;
  }
  if (!hasChain(facts, cause) && !(kind === 'host' && shareHost(facts, cause)))
    return `no chain of calls that all deviate, each no earlier than its cause, leads from ${name} to ${alert}`;
  const share = shareOfAlert(facts, cause);
  return share === null || share >= RULES.leastShare
    ? null
    : `${name} accounts for ${wholePercent(share)} of what ${alert} lost`;
}

/**
 * Whether a chain of calls leads from the alerting service down to the cause, on which everybody deviates and no callee
 * is later than its caller.
 */
function hasChain({ graph, services, alerting, grid }: Facts, cause: number): boolean {
  const slack = RULES.onsetSlack * grid.width;
  const seen = new Set([alerting]);
  const open = [alerting];
  for (let here = open.pop(); here !== undefined; here = open.pop()) {
    const began = onsetOf(services[here]!);
    for (const callee of graph.callees[here]!) {
      if (seen.has(callee)) continue;
      const theirs = onsetOf(services[callee]!);
      const isLater = theirs !== null && began !== null && theirs > began + slack;
      if (isLater) continue;
      // What tells that the cause changed its state is asked elsewhere: it may measure nothing that its callers feel.
      if (callee === cause) return true;
      if (!deviates(services[callee]!)) continue;
      seen.add(callee);
      open.push(callee);
    }
  }
  return false;
}

function deviates({ symptoms }: ServiceFacts): boolean {
  return symptoms.some(({ strength }) => strength >= RANK.leastStrength);
}

function shareHost({ graph, alerting }: Facts, cause: number): boolean {
  return [...graph.hosts.values()].some((tenants) => tenants.includes(cause) && tenants.includes(alerting));
}

/** Share of the alert's own loss that ends at the service; null where the alert or the service is not measured so. */
function shareOfAlert({ books, story, alerting }: Facts, service: number): number | null {
  const currency = story.signals.includes('latency') ? 'seconds' : 'requests';
  const accounts = books[currency]?.accounts;
  const own = accounts?.[service] ?? null;
  if (own === null || !own.isMeasured || (accounts?.[alerting]?.loss?.amount ?? 0) <= 0) return null;
  return Math.max(own.traced, Math.min(1, own.way));
}

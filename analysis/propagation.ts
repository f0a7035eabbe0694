import type { propagationStep } from '../model/diagnosis.js';
import type { z } from 'zod';
import type { Facts } from './facts.js';
import type { ServiceFacts } from './service-facts.js';
import { hopsFrom } from './graph/call-graph.js';
import { RANK } from './weights.js';

type Step = z.infer<typeof propagationStep>;

/**
 * How it spread from the cause to the alerting service: the shortest way against the calls, along the loudest
 * services where there are several. Empty when the alerting service is the cause or no way is known.
 */
export function propagationFrom(facts: Facts, cause: number): Step[] {
  const { graph, services, alerting } = facts;
  if (cause === alerting) return [];
  const hops = hopsFrom(alerting, graph.callees);
  if (hops[cause]! < 0) return sharedHostStep(facts, cause);
  const steps: Step[] = [];
  let here = cause;
  while (here !== alerting) {
    const next = graph.callers[here]!.filter((caller) => hops[caller]! === hops[here]! - 1).sort(
      (a, b) => services[b]!.loudness - services[a]!.loudness || a - b,
    )[0]!;
    steps.push({
      from: graph.names[here]!,
      to: graph.names[next]!,
      via: 'calls',
      lagSeconds: lag(services[here]!, services[next]!),
    });
    here = next;
  }
  return steps;
}

function sharedHostStep({ graph, alerting }: Facts, cause: number): Step[] {
  const together = [...graph.hosts.values()].some(
    (tenants) => tenants.includes(cause) && tenants.includes(alerting),
  );
  if (!together) return [];
  return [{ from: graph.names[cause]!, to: graph.names[alerting]!, via: 'host', lagSeconds: null }];
}

function lag(from: ServiceFacts, to: ServiceFacts): number | null {
  const start = onsetOf(from);
  const end = onsetOf(to);
  return start === null || end === null ? null : Math.max(0, end - start);
}

/** When a service first showed anything clear; null when it did not. Unix seconds. */
export function onsetOf({ symptoms, resources }: ServiceFacts): number | null {
  const clear = [...symptoms, ...resources].filter(({ strength }) => strength >= RANK.leastStrength);
  return clear.length === 0 ? null : Math.min(...clear.map(({ onset }) => onset));
}

import type { Facts } from '../facts.js';
import { ACCOUNTS } from '../weights.js';
import { balance, type Books } from './balance.js';
import type { CallGraph } from '../graph/call-graph.js';
import type { Baseline } from '../series/baseline.js';
import { takenOf, type Taken } from './taken.js';
import { during, isInFlight, lossesOf, ratesOf, type Currency, type Moments } from './losses.js';

type Seen = Pick<Facts, 'baselines' | 'graph' | 'grid' | 'begin' | 'alerting' | 'story'>;

/** The books of an incident; a currency in which nobody lost anything has none. */
export interface AllBooks {
  seconds: Books | null;
  requests: Books | null;
  taken: Map<Taken, Float64Array>;
}

/** Closes the books of both currencies; see `balance`. */
export function booksOf(facts: Seen): AllBooks {
  const { baselines, graph, grid, begin, alerting } = facts;
  if (begin === null) return { seconds: null, requests: null, taken: new Map() };
  const moments = momentsOf(facts, begin);
  const rates = ratesOf(baselines, graph, moments);
  const saturated = saturatedOf(baselines, graph, moments);
  const close = (currency: Currency): Books | null =>
    balance(
      lossesOf(baselines, graph, grid, { currency, begin, moments, rates }),
      rates,
      graph,
      alerting,
      saturated,
    );
  return {
    seconds: close('seconds'),
    requests: close('requests'),
    taken: takenOf(baselines, graph, grid, moments),
  };
}

/** Whose work in flight (open connections, threads, queues) grew to a multiple. */
function saturatedOf(baselines: Baseline[], graph: CallGraph, moments: Moments): boolean[] {
  const saturated = graph.names.map(() => false);
  for (const level of baselines) {
    const { subject } = level.series;
    if (subject.kind !== 'service' || !isInFlight(level.series)) continue;
    const index = graph.indexOf.get(subject.service);
    const after = during(level, moments);
    if (index === undefined || after === null || level.centre <= 0) continue;
    if (after >= ACCOUNTS.saturated * level.centre) saturated[index] = true;
  }
  return saturated;
}

/** The moments at which the alert's own symptom was bad, each by how bad; without one, all since it began. */
function momentsOf({ story, grid }: Seen, begin: number): Moments {
  const all = Array.from({ length: Math.max(0, grid.bins - begin) }, (_, index) => begin + index);
  const badness = all.map((bin) =>
    story.shape === null ? 1 : Math.max(0, story.shape[bin - story.from] ?? 0),
  );
  const bad = all.filter((_, index) => badness[index]! > 0);
  const bins = bad.length > 0 ? bad : all;
  const weights = bins.map((bin) => (bad.length > 0 ? badness[bin - begin]! : 1));
  const total = weights.reduce((sum, one) => sum + one, 0);
  return { bins, shares: weights.map((one) => one / total) };
}

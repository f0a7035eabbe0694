import { groups } from 'd3-array';
import {
  confidenceOf,
  type Confidence,
  type LeftOut,
  type ProposedRequests,
  type Recognised,
} from './recognise.js';
import type { ProposedSignal } from './signals.js';

/** A pack to be offered. */
export interface Draft {
  name: string;
  metrics: string[];
  detect: string;
  /** Label of services that packs do not look for by themselves. */
  serviceLabel: string | null;
  requests: ProposedRequests[];
  calls: ProposedRequests[];
  signals: ProposedSignal[];
  confidence: Confidence;
  reasons: string[];
  doubts: string[];
}

/**
 * Makes packs of what was recognised. Metrics of the same requests, such as a histogram of durations and a counter of
 * outcomes, become one; of two that tell the same the surer one is kept.
 */
export function draftsOf(recognised: readonly Recognised[]): { drafts: Draft[]; leftOut: LeftOut[] } {
  const leftOut: LeftOut[] = [];
  const drafts = groups(recognised, ({ stem, service, requests }) =>
    JSON.stringify([stem, service.label, requests?.callee]),
  ).flatMap(([, alike]) => {
    const { draft, rest } = join(alike);
    leftOut.push(...rest);
    return draft ?? [];
  });
  return { drafts: withOwnNames(drafts), leftOut };
}

function join(alike: readonly Recognised[]): { draft: Draft | null; rest: LeftOut[] } {
  const withRequests = alike.filter(({ requests, isFailures }) => requests && !isFailures);
  const timed = bestOf(withRequests.filter(({ requests }) => requests!.duration !== undefined));
  const told = bestOf(withRequests.filter(({ requests }) => requests!.outcomes !== undefined));
  const counted = bestOf(withRequests);
  const failures = alike.find(({ isFailures }) => isFailures);

  const count = timed?.requests!.outcomes ? timed : (told ?? timed ?? counted);
  const used = new Set<Recognised>();
  let requests: ProposedRequests | null = null;
  if (count) {
    const withFailures = count.requests!.outcomes === undefined ? failures : undefined;
    for (const one of [count, timed, withFailures]) if (one) used.add(one);
    const { duration, timedBy, unit } = timed?.requests ?? {};
    requests = {
      ...count.requests!,
      ...(duration !== undefined && { duration }),
      ...(timedBy && { timedBy }),
      ...(unit && { unit }),
      ...(withFailures && { outcomes: { count: withFailures.requests!.count } }),
    };
  }
  const signals = new Map<string, ProposedSignal>();
  for (const one of alike.filter(({ signals }) => signals.length > 0)) {
    const fresh = one.signals.filter(({ id }) => !signals.has(id) && !isTold(id, requests));
    if (fresh.length === 0) continue;
    used.add(one);
    for (const signal of fresh) signals.set(signal.id, signal);
  }
  const rest = alike
    .filter((one) => !used.has(one))
    .map(({ metric, isFailures }) => ({
      metric,
      why:
        isFailures && !count
          ? 'it counts failures, and no counter tells of how many'
          : `${[...used].map((one) => one.metric).join(', ')} tells the same`,
    }));
  if (used.size === 0) return { draft: null, rest };
  return { draft: draftFrom([...used], requests, [...signals.values()]), rest };
}

/** Whether the requests of a pack give this signal already. */
function isTold(id: string, requests: ProposedRequests | null): boolean {
  if (!requests) return false;
  if (id.startsWith('latency-')) return requests.duration !== undefined;
  return id === 'request-rate' || (id === 'error-ratio' && requests.outcomes !== undefined);
}

function bestOf(candidates: readonly Recognised[]): Recognised | undefined {
  return [...candidates].sort((a, b) => a.doubts.length - b.doubts.length)[0];
}

function draftFrom(
  used: readonly Recognised[],
  requests: ProposedRequests | null,
  signals: ProposedSignal[],
): Draft {
  const [first] = used as [Recognised];
  const worst = used.reduce((a, b) => (b.doubts.length > a.doubts.length ? b : a));
  const isCall = requests?.callee !== undefined;
  return {
    name: slugOf(first.stem || first.metric),
    metrics: used.map(({ metric }) => metric),
    detect: first.detect,
    serviceLabel: first.service.isUsual ? null : first.service.label,
    requests: requests && !isCall ? [requests] : [],
    calls: requests && isCall ? [requests] : [],
    signals,
    confidence: confidenceOf(worst),
    reasons: used.map(({ metric, reasons }) => `${metric}: ${reasons.join('; ')}`),
    doubts: used.flatMap(({ metric, doubts }) => doubts.map((doubt) => `${metric}: ${doubt}`)),
  };
}

/** Begins with a letter whatever the stem begins with, and is no name of a pack that comes with Faultline. */
function slugOf(text: string): string {
  return `house-${text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')}`;
}

/** Packs are known by their names: of several with one name each gets a number. */
function withOwnNames(drafts: readonly Draft[]): Draft[] {
  const seen = new Map<string, number>();
  return drafts.map((draft) => {
    const number = (seen.get(draft.name) ?? 0) + 1;
    seen.set(draft.name, number);
    return number === 1 ? draft : { ...draft, name: `${draft.name}-${number}` };
  });
}
